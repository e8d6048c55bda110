"""How the pages look: one stylesheet, light and dark, from a phone's width up."""

from __future__ import annotations

STYLE = """\
:root {
  color-scheme: light dark;
  --paper: #f6f7f5; --card: #ffffff; --ink: #1d2321; --soft: #59625e; --line: #d5dad7; --head: #eceeec;
  --link: #0b5c8f; --good: #176b3a; --good-bg: #d9f2e2; --bad: #a11d1d; --bad-bg: #fbdcdc; --calm: #4a5450; --calm-bg: #e6e9e7;
  --note: #fff6d6; --note-line: #d9c26a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14181a; --card: #1c2225; --ink: #e4e9e6; --soft: #a3aea9; --line: #364045; --head: #242b2f;
    --link: #7cc0f0; --good: #8fe0ad; --good-bg: #153a25; --bad: #ffaaa5; --bad-bg: #4a1a1a; --calm: #c3ccc8; --calm-bg: #2d3539;
    --note: #3a3317; --note-line: #7d6c28;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.45 system-ui, sans-serif; }
header, main, footer { max-width: 76rem; margin: 0 auto; padding: 0 1rem; }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .2rem 1.2rem; padding-top: .9rem; }
header p { margin: 0; color: var(--soft); }
h1 { margin: 0; font-size: 1.3rem; overflow-wrap: anywhere; }
h1 a { color: inherit; text-decoration: none; }
.identifier { color: var(--soft); font-weight: 400; }
#live { margin-left: auto; font-size: .85rem; }
#live::before { content: "\\25cf\\00a0"; color: var(--soft); }
#live.live::before { color: var(--good); }
#live.lost::before { color: var(--bad); }
a { color: var(--link); }
[hidden] { display: none !important; }

#message:empty { display: none; }
.status_msg {
  margin: .8rem 0 0; padding: .5rem .8rem; background: var(--note); border: 1px solid var(--note-line); border-radius: 6px;
  overflow-wrap: anywhere;
}
#buttons { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; margin: .9rem 0; }
#buttons form, #controls { display: flex; flex-wrap: wrap; gap: .5rem; }
#buttons form[role=search] { margin-left: auto; }
button, .button, input[type=search] {
  font: inherit; font-size: .9rem; line-height: 1.4; padding: .28rem .7rem; border: 1px solid var(--line); border-radius: 6px;
  background: var(--card); color: var(--ink); text-decoration: none; display: inline-block;
}
button, .button { cursor: pointer; }
button:hover, .button:hover { border-color: var(--link); }
button[aria-pressed=true], .button[aria-current] { background: var(--head); border-color: var(--link); }
button[disabled] { opacity: .5; cursor: default; }
input[type=search] { min-width: 14rem; cursor: text; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 1px; }

table { width: 100%; border-collapse: collapse; background: var(--card); border: 1px solid var(--line); border-radius: 6px; }
th, td { padding: .42rem .7rem; text-align: left; border-top: 1px solid var(--line); vertical-align: middle; }
thead th { background: var(--head); border-top: 0; font-size: .82rem; color: var(--soft); }
td.desc, td.name, tr.group th { overflow-wrap: anywhere; }
td.desc { font-variant-numeric: tabular-nums; }
td.name { font-weight: 600; }
tr.group th, tr.group td { background: var(--head); }
tr.group .count { font-weight: 400; color: var(--soft); margin-left: .5rem; }
tr.program:focus, tr.program:focus-within { outline: 2px solid var(--link); outline-offset: -2px; }
tr.nothing td { padding: 2rem; text-align: center; color: var(--soft); }
.status span {
  display: inline-block; min-width: 5.4rem; padding: .08rem .5rem; border-radius: 99px; text-align: center; font-size: .85rem;
}
.statusrunning { background: var(--good-bg); color: var(--good); }
.statuserror { background: var(--bad-bg); color: var(--bad); }
.statusnominal { background: var(--calm-bg); color: var(--calm); }
td.action form { display: inline; }
td.action button { padding: .15rem .55rem; }
td.action .logs { font-size: .85rem; white-space: nowrap; }
td.action .logs a { margin-left: .3rem; }

pre.log {
  margin: 0; padding: .7rem; min-height: 12rem; max-height: calc(100vh - 11rem); overflow: auto; background: var(--card);
  border: 1px solid var(--line); border-radius: 6px; font: 13px/1.45 ui-monospace, monospace; tab-size: 8;
}
pre.log.wrap { white-space: pre-wrap; overflow-wrap: anywhere; }
pre.log div { min-height: 1.45em; }
pre.log mark { background: var(--note-line); color: inherit; }
.question { max-width: 34rem; padding-top: 3rem; }
footer { padding-top: .8rem; padding-bottom: 1.2rem; color: var(--soft); font-size: .8rem; }
kbd { border: 1px solid var(--line); border-radius: 4px; padding: 0 .3rem; background: var(--card); font-size: .95em; }

@media (max-width: 44rem) {
  thead { position: absolute; clip-path: inset(50%); height: 1px; overflow: hidden; }
  table, tbody, tr, td, tr.group th { display: block; width: 100%; }
  td, th { border-top: 0; }
  tr { border-top: 1px solid var(--line); padding: .4rem 0; }
  tr.group { background: var(--head); }
  td.action form { display: flex; flex-wrap: wrap; gap: .4rem; }
  tr.program { display: grid; grid-template-columns: auto 1fr; }
  tr.program td.name { order: -1; }
  tr.program td.status { order: -2; width: auto; }
  tr.program td.desc, tr.program td.action { grid-column: 1 / -1; }
  td.action button, td.action .logs a, .button, #buttons button, .question button {
    padding: .5rem .8rem;
  }
  td.action .logs { display: flex; flex-wrap: wrap; gap: .3rem; white-space: normal; margin-top: .3rem; }
  td.action .logs a { margin-left: 0; padding-left: 0; }
  #buttons form[role=search] { margin-left: 0; flex: 1 1 100%; }
  input[type=search] { flex: 1; min-width: 0; padding: .5rem .8rem; }
  footer .keys { display: none; }
}
@media (prefers-reduced-motion: no-preference) { .status span { transition: background-color .3s; } }
"""
