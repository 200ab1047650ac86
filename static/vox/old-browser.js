// @ts-check
// Says so where the page cannot run: in a browser that is too old for it, or when a part of it did not come.
// A classic script in the language of old browsers: what VOX is written in may be what they cannot read.
(function () {
  var place = document.getElementById('cannot-run');
  var needs = [
    ['JavaScript modules', 'noModule' in document.createElement('script')],
    // Browsers have it on secure pages only. On others one can type, and the page says why not talk.
    ['sound from the microphone (AudioWorklet)', window.isSecureContext === false || 'AudioWorklet' in window],
    ['dialogs', 'HTMLDialogElement' in window && 'showModal' in HTMLDialogElement.prototype],
    ['WebSockets', 'WebSocket' in window],
    // The newest thing that the page is made of: who has it has the rest.
    ['colours for light and dark', 'CSS' in window && CSS.supports('color', 'light-dark(#fff, #000)')],
  ];
  var missing = [];
  for (var index = 0; index < needs.length; index++) if (!needs[index][1]) missing.push(needs[index][0]);
  if (missing.length > 0) tellOfAge('Missing here: ' + missing.join(', ') + '.');

  // Modules that cannot be read, or are not there, are told of by events that no other script hears of.
  window.addEventListener('error', noticed, true);

  /** @param {Event} event */
  function noticed(event) {
    var error = event instanceof ErrorEvent && event.error;
    if (error && error.name === 'SyntaxError') tellOfAge(error.message);
    else if (event.target instanceof HTMLScriptElement) {
      tell('A part of this page did not come', [
        'See that VOX is still running on its machine, then load the page again.',
      ]);
    }
  }

  /** @param {string} reason */
  function tellOfAge(reason) {
    tell('This browser cannot show VOX', [
      'Update it, or open this address in a current Firefox, Chrome, Edge or Safari (of 2024 or later).',
      reason,
    ]);
  }

  /**
   * @param {string} title
   * @param {string[]} sentences
   */
  function tell(title, sentences) {
    if (!place) return;
    document.documentElement.setAttribute('data-cannot-run', '');
    place.textContent = '';
    add('h2', title);
    for (var index = 0; index < sentences.length; index++) add('p', sentences[index]);
    place.hidden = false;
  }

  /**
   * @param {string} tag
   * @param {string} text
   */
  function add(tag, text) {
    var made = document.createElement(tag);
    made.appendChild(document.createTextNode(text));
    if (place) place.appendChild(made);
  }
})();
