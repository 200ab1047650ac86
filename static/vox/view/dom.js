// @ts-check
// The few things the view does with elements. Text is always text: nothing here takes markup.

/**
 * @template {Element} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
export function byId(id, kind) {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`The page has no <${kind.name}> with the id "${id}".`);
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {string} className
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function element(tag, className, ...children) {
  const made = document.createElement(tag);
  made.className = className;
  made.append(...children);
  return made;
}

/**
 * @param {string} label
 * @param {string} className
 * @param {() => void} press
 */
export function button(label, className, press) {
  const made = element('button', className, label);
  made.type = 'button';
  made.addEventListener('click', press);
  return made;
}

const SVG = 'http://www.w3.org/2000/svg';

/**
 * @param {string} symbol id of one of the page's symbols
 * @param {string} className
 */
export function icon(symbol, className = 'icon') {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', className);
  svg.setAttribute('aria-hidden', 'true');
  svg.append(document.createElementNS(SVG, 'use'));
  setIcon(svg, symbol);
  return svg;
}

/**
 * @param {Element} svg
 * @param {string} symbol
 */
export function setIcon(svg, symbol) {
  svg.querySelector('use')?.setAttribute('href', `#${symbol}`);
}

/**
 * Set an element's text, and touch nothing when it is the same: live regions would speak again.
 * @param {Element} where
 * @param {string} text
 */
export function setText(where, text) {
  if (where.textContent !== text) where.textContent = text;
}
