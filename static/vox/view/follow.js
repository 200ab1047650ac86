// @ts-check
// The view follows new text while the reader is at the end, and stays put otherwise.

/** Pixels from the end that still count as being there. */
const NEAR = 56;

export class Follow {
  #following = true;
  #top = 0;

  /**
   * @param {HTMLElement} scroller
   * @param {HTMLElement} content
   */
  constructor(scroller, content) {
    this.scroller = scroller;
    this.content = content;
    scroller.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    // Before the next paint, so that nothing is seen to jump.
    const observer = new ResizeObserver(() => this.#keep());
    observer.observe(content);
    observer.observe(scroller);
  }

  /** Go to the end and follow again: the person said something. */
  toEnd() {
    this.#following = true;
    this.#keep();
  }

  /** Stay where the view is: the reader looks at something. */
  stay() {
    this.#following = false;
  }

  #keep() {
    // What stands in the place of a conversation is read from its beginning.
    if (this.#following && this.content.hasChildNodes()) this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    const near = scrollHeight - scrollTop - clientHeight < NEAR;
    // Only moving up lets go: text that grew in the meantime also leaves the end behind.
    if (near) this.#following = true;
    else if (scrollTop < this.#top) this.#following = false;
    this.#top = scrollTop;
  }
}
