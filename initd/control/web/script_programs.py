"""JavaScript of the first page: rows that change by themselves, actions without leaving the page, filter and keyboard.

Markup comes from the server only, escaped there; nothing is put together from text here.
"""

from __future__ import annotations

PROGRAMS = """
(() => {
  const table = $('#programs'), body = $('tbody', table), message = $('#message');
  const filter = $('input[name=filter]'), search = filter.form;
  let version = table.dataset.version, applied = filter.value;
  let started = performance.now() / 1000 - Number(table.dataset.now);
  let refreshing = false, again = false;

  // Uptimes run here, so that an idle daemon stays idle.
  function tick() {
    if (document.hidden) return;
    const now = performance.now() / 1000 - started;
    for (const span of body.querySelectorAll('span[data-since]')) {
      const up = Math.max(0, Math.floor(now - Number(span.dataset.since)));
      const days = Math.floor(up / 86400), two = (n) => String(n).padStart(2, '0');
      const clock = Math.floor(up % 86400 / 3600) + ':' + two(Math.floor(up / 60) % 60) + ':' + two(up % 60);
      const text = 'pid ' + span.dataset.pid + ', uptime ' + (days ? days + (days === 1 ? ' day, ' : ' days, ') : '') + clock;
      if (span.textContent !== text) span.textContent = text;
    }
  }

  function replace(old, fresh) {
    const active = document.activeElement, inside = old.contains(active);
    const value = inside && active.value;
    old.replaceWith(fresh);
    if (!inside) return;
    const again = active.tagName === 'BUTTON' && [...fresh.querySelectorAll('button')].find((each) => each.value === value);
    (again || (fresh.matches('[tabindex]') ? fresh : $('button', fresh)))?.focus({preventScroll: true});
  }

  function rows(html) {
    again = refreshing;  // the page under way may be older than this
    const template = make('template', {innerHTML: html});
    for (const fresh of [...template.content.children]) {
      if (fresh.dataset.summary !== undefined) {
        $('#summary').textContent = fresh.dataset.summary;
        continue;
      }
      const old = document.getElementById(fresh.id);
      if (old && body.contains(old)) replace(old, fresh);
    }
    tick();
    show();
  }

  async function whole() {
    again = refreshing;
    if (refreshing) return;
    refreshing = true;
    try {
      const answer = await fetch('index.html');
      if (!answer.ok) throw new Error(answer.status);
      const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
      const focused = document.activeElement.closest?.('tr')?.id;
      const next = document.adoptNode($('#programs', fresh));
      version = next.dataset.version;
      started = performance.now() / 1000 - Number(next.dataset.now);
      body.replaceChildren(...$('tbody', next).children);
      $('#summary').textContent = $('#summary', fresh).textContent;
      for (const field of document.querySelectorAll('#buttons input[name=token]')) {
        field.value = $('#buttons input[name=token]', fresh).value;
      }
      if (focused) document.getElementById(focused)?.focus({preventScroll: true});
      tick();
      show();
    } finally {
      refreshing = false;
    }
    if (again) await whole();
  }

  const wholeAtLast = () => whole().catch(() => setTimeout(wholeAtLast, POLL_MS));

  async function poll() {
    for (let html = ' '; html; ) {  // until there is no more
      const answer = await fetch('live/programs?poll=1&since=' + version);
      if (!answer.ok) throw new Error(answer.status);
      const [mark, ...rest] = (await answer.text()).split('\\n');
      html = rest.join('\\n');
      if (html === 'whole') return whole();
      if (html) rows(html);
      version = mark;
    }
  }

  listen(() => 'live/programs?since=' + version, {
    rows: (event) => { version = event.lastEventId; rows(event.data); },
    whole: (event) => { version = event.lastEventId; wholeAtLast(); },
  }, poll);
  setInterval(tick, 1000);

  // Actions: the same form, sent without leaving the page; what the server says is shown.
  document.addEventListener('submit', async (event) => {
    const form = event.target, button = event.submitter;
    if (form.getAttribute('method') !== 'post' || !button) return;
    event.preventDefault();
    const fields = new URLSearchParams(new FormData(form));
    fields.set(button.name, button.value);
    const name = fields.get('processname') || fields.get('groupname') || 'all programs';
    tell(button.textContent.trim() + ' ' + name + ' \\u2026');
    button.disabled = true;
    try {
      const answer = await fetch(form.getAttribute('action'), {method: 'POST', body: fields, headers: {Accept: 'text/plain'}});
      if (answer.status === 403) {  // the daemon is not the one that made this page
        await whole();
        tell('The daemon has changed; this page is up to date now. Please try again.');
      } else {
        tell(answer.ok ? await answer.text() : 'ERROR: HTTP ' + answer.status);
      }
    } catch (error) {
      tell('ERROR: no answer from the daemon');
    }
    button.disabled = false;
  });

  function tell(text) {
    message.className = 'status_msg';
    message.textContent = text;
  }

  // Filter: by name and state, as the server does it. A page that was filtered there is made whole first.
  function show() {
    const wanted = filter.value.toLowerCase(), groups = new Set();
    for (const row of body.querySelectorAll('tr.program')) {
      row.hidden = !(row.dataset.name + ' ' + row.dataset.state).toLowerCase().includes(wanted);
      if (!row.hidden) groups.add(row.dataset.group);
    }
    for (const row of body.querySelectorAll('tr.group')) row.hidden = !groups.has(row.dataset.group);
  }

  async function filtered() {
    if (applied) {
      applied = '';
      await wholeAtLast();
    }
    show();
    const address = new URL(location.href);
    address.searchParams.delete('message');
    if (filter.value) address.searchParams.set('filter', filter.value);
    else address.searchParams.delete('filter');
    history.replaceState(null, '', address);
  }
  filter.addEventListener('input', filtered);
  search.addEventListener('submit', (event) => { event.preventDefault(); filtered(); });
  $('button', search).hidden = true;

  // Keyboard: a row is chosen by focus.
  const shown = () => [...body.querySelectorAll('tr.program')].filter((row) => !row.hidden);
  function move(step) {
    const all = shown(), at = all.indexOf(document.activeElement.closest?.('tr'));
    const next = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + step))];
    next?.focus();
  }
  const press = (action) => () => {
    const row = document.activeElement.closest?.('tr');
    const button = row && [...row.querySelectorAll('button')].find((each) => each.value.replace('group', '') === action);
    if (!button) return false;
    button.click();
  };
  keys({
    '/': ['filter', () => { filter.focus(); filter.select(); }],
    j: ['next', () => move(1)],
    k: ['previous', () => move(-1)],
    s: ['start', press('start')],
    r: ['restart', press('restart')],
    x: ['stop', press('stop')],
    l: ['log', () => {
      const link = $('td.name a', document.activeElement.closest?.('tr.program') || make('p'));
      if (!link) return false;
      location.href = link.href;
    }],
  });
  tick();
  if (filter.value) filtered();
})();
"""
