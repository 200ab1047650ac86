// @ts-check
// Light, dark, or as the system has it; kept for the next visit (../early-theme.js reads it).

/** @typedef {'system' | 'light' | 'dark'} Theme */

/** @param {Iterable<HTMLInputElement>} radios one for each theme */
export function themeChoice(radios) {
  const chosen = document.documentElement.dataset.theme;
  const theme = chosen === 'light' || chosen === 'dark' ? chosen : 'system';
  const tints = [...document.querySelectorAll('meta')].filter(({ name }) => name === 'theme-color');
  const asSystem = tints.map(({ content }) => content);
  const tint = () => {
    const paper = getComputedStyle(document.body).backgroundColor;
    const { theme } = document.documentElement.dataset;
    tints.forEach((meta, i) => (meta.content = theme === undefined ? asSystem[i] : paper));
  };
  tint();
  for (const radio of radios) {
    radio.checked = radio.value === theme;
    radio.addEventListener('change', () => {
      choose(/** @type {Theme} */ (radio.value));
      tint();
    });
  }
}

/** @param {Theme} theme */
function choose(theme) {
  const root = document.documentElement;
  if (theme === 'system') delete root.dataset.theme;
  else root.dataset.theme = theme;
  try {
    if (theme === 'system') localStorage.removeItem('vox.theme');
    else localStorage.setItem('vox.theme', theme);
  } catch {
    // Storage is blocked: it lasts as long as the page.
  }
}
