// @ts-check
// Recordings that are there as files already.

/**
 * Files from the browser's own dialog, or dropped.
 * @param {HTMLInputElement} input
 * @param {HTMLElement} place where files may be dropped
 * @param {(file: File) => void} take
 */
export function takeFiles(input, place, take) {
  input.addEventListener('change', () => {
    const [file] = input.files ?? [];
    input.value = '';
    if (file) take(file);
  });
  for (const type of ['dragenter', 'dragover']) {
    place.addEventListener(type, (event) => {
      event.preventDefault();
      place.classList.add('over');
    });
  }
  place.addEventListener('dragleave', () => place.classList.remove('over'));
  place.addEventListener('drop', (event) => {
    event.preventDefault();
    place.classList.remove('over');
    const [file] = event.dataTransfer?.files ?? [];
    if (file) take(file);
  });
}

/**
 * A name for a voice, from that of its file.
 * @param {{name: string}} file
 */
export function nameOf({ name }) {
  return name.replace(/\.\w+$/, '').replace(/[_-]+/g, ' ').trim().slice(0, 60);
}
