"""JavaScript that both pages use: how a page hears of news, and what the page says about that.

Server-sent events while the page is visible; when they do not come, the fallback the page gives is called every POLL_MS,
and events are tried again now and then. Browsers open six connections to a host and no more, whatever waits for one: so of all
visible pages only the STREAMS newest listen, which they arrange among themselves.
"""

from __future__ import annotations

COMMON = """\
'use strict';
const $ = (selector, root = document) => root.querySelector(selector);
const make = (tag, properties = {}) => Object.assign(document.createElement(tag), properties);
const POLL_MS = 2000, OPEN_MS = 5000, RETRY_MS = 60000, STREAMS = 3;

function say(text, kind = '') {
  const live = $('#live');
  if (live.textContent !== text) live.textContent = text;
  live.className = kind;
  live.hidden = false;
}

// Listens to address() while the page is visible. `handlers` are by event; poll() must return a promise.
function listen(address, handlers, poll) {
  let source = null, timer = 0, polling = false, retry = 0, me = '';
  const pages = new BroadcastChannel('initd pages'), newer = new Set();
  pages.onmessage = ({data: [what, id]}) => {
    if (what === 'closed') newer.delete(id);
    else if (source && newer.add(id).size >= STREAMS) fallBack();
  };

  function open() {
    close();
    newer.clear();
    me = String(Math.random());
    pages.postMessage(['opened', me]);
    source = new EventSource(address());
    timer = setTimeout(fallBack, OPEN_MS);
    source.onopen = () => { clearTimeout(timer); polling = false; say('live', 'live'); };
    source.onerror = () => {
      if (source && source.readyState === EventSource.CLOSED) fallBack();
      else say('connection lost, trying again', 'lost');
    };
    for (const [name, handler] of Object.entries(handlers)) source.addEventListener(name, handler);
  }

  function close() {
    clearTimeout(timer);
    if (source) {
      source.close();
      pages.postMessage(['closed', me]);
    }
    source = null;
    polling = false;
  }

  function fallBack() {
    close();
    polling = true;
    retry = Date.now() + RETRY_MS;
    ask();
  }

  async function ask() {
    if (!polling) return;
    try {
      await poll();
      say('asking every ' + POLL_MS / 1000 + ' s', 'live');
    } catch (error) {
      say('connection lost, trying again', 'lost');
    }
    if (!polling) return;
    if (Date.now() > retry) open();
    else timer = setTimeout(ask, POLL_MS);
  }

  document.addEventListener('visibilitychange', () => { if (document.hidden) close(); else open(); });
  addEventListener('pagehide', close);
  addEventListener('pageshow', (event) => { if (event.persisted) open(); });
  if (!document.hidden) open();
}

// Calls the function for a key pressed outside of fields; keys with a modifier are the browser's.
function keys(table) {
  const list = $('footer .keys');
  for (const [key, [words]] of Object.entries(table)) {
    list.append(make('kbd', {textContent: key}), ' ' + words + ' ');
  }
  list.hidden = false;
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
    if (event.target.matches('input, textarea, select')) {
      if (event.key === 'Escape') event.target.blur();
      return;
    }
    const found = table[event.key];
    if (found && found[1](event) !== false) event.preventDefault();
  });
}
"""
