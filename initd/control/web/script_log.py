"""JavaScript of the page that shows a log: it follows, filters, wraps, and keeps the newest LINES lines.

What comes is text and is shown as text, never as markup.
"""

from __future__ import annotations

LOG = """
(() => {
  const LINES = 5000;
  const log = $('#log'), controls = $('#controls');
  if (!log.dataset.follow) return;
  let position = log.dataset.position, following = true, open = false;
  const filter = make('input', {type: 'search', placeholder: 'Filter lines', id: 'filter'});
  filter.setAttribute('aria-label', 'Filter lines');
  const follow = toggle('Follow', true, (on) => { following = on; if (on) bottom(); });
  const wrap = toggle('Wrap', true, (on) => log.classList.toggle('wrap', on));
  controls.append(follow, wrap, filter);
  log.classList.add('wrap');

  function toggle(text, on, changed) {
    const button = make('button', {type: 'button', textContent: text});
    button.setAttribute('aria-pressed', on);
    button.addEventListener('click', () => set(button, button.getAttribute('aria-pressed') !== 'true', changed));
    button.changed = changed;
    return button;
  }
  function set(button, on) {
    button.setAttribute('aria-pressed', on);
    button.changed(on);
  }
  const bottom = () => { log.scrollTop = log.scrollHeight; };
  const atBottom = () => log.scrollHeight - log.scrollTop - log.clientHeight < 24;

  function draw(line) {
    const wanted = filter.value.toLowerCase(), text = line.text, at = wanted ? text.toLowerCase().indexOf(wanted) : -1;
    line.hidden = wanted !== '' && at < 0;
    if (at < 0) {
      line.textContent = text;
    } else {
      const end = at + wanted.length, mark = make('mark', {textContent: text.slice(at, end)});
      line.replaceChildren(text.slice(0, at), mark, text.slice(end));
    }
  }

  // `open` says that the last line has not ended yet.
  function append(text) {
    const pieces = text.split('\\n'), fresh = document.createDocumentFragment();
    if (open && log.lastElementChild) {
      const last = log.lastElementChild;
      last.text += pieces.shift();
      draw(last);
      if (!pieces.length) return;
    }
    open = pieces[pieces.length - 1] !== '';
    if (!open) pieces.pop();
    for (const piece of pieces.slice(-LINES)) {
      const line = make('div', {text: piece});
      draw(line);
      fresh.append(line);
    }
    log.append(fresh);
    while (log.childElementCount > LINES) log.firstElementChild.remove();
    if (following) bottom();
  }

  const first = log.textContent;
  log.replaceChildren();
  if (!/^No file for /.test(first) || log.dataset.position !== '0') append(first);
  bottom();
  log.addEventListener('scroll', () => {
    const on = atBottom();
    if (on !== following) set(follow, on);
  });
  filter.addEventListener('input', () => {
    for (const line of log.children) draw(line);
    if (following) bottom();
  });

  // Without events: ask for the page again, which ends where the log does.
  async function poll() {
    const answer = await fetch(location.href);
    if (!answer.ok) throw new Error(answer.status);
    const fresh = $('#log', new DOMParser().parseFromString(await answer.text(), 'text/html'));
    if (fresh.dataset.position === position) return;
    position = fresh.dataset.position;
    open = false;
    log.replaceChildren();
    append(fresh.textContent);
  }
  listen(() => log.dataset.follow + '&from=' + position, {
    text: (event) => { position = event.lastEventId; append(event.data); },
  }, poll);

  keys({
    '/': ['filter', () => { filter.focus(); filter.select(); }],
    f: ['follow', () => follow.click()],
    w: ['wrap', () => wrap.click()],
    g: ['top', () => { set(follow, false); log.scrollTop = 0; }],
    G: ['end', () => { set(follow, true); }],
    b: ['back', () => { location.href = 'index.html'; }],
  });
})();
"""
