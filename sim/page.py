"""Self-contained pages out of stories: of a scenario, of a siege, of a campaign. Pure functions from data to text.

A page loads nothing and needs no script. `sim.lanes` draws; `sim.exhibit` collects what is shown.
"""

from __future__ import annotations

from html import escape

from initd.record import Record
from sim.lanes import STYLE, Band, Mark, Telling, Tick, key, lanes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sim.campaign import Result

STYLE_OF_PAGE = """
body{font:15px/1.45 sans-serif;margin:1.2em;background:var(--paper);color:var(--ink)}h1{font-size:1.35em}
h2{font-size:1.1em;margin-top:1.6em}.key span{display:inline-block;margin-right:.9em;white-space:nowrap}
.key svg{vertical-align:middle}.wide{overflow-x:auto}table{border-collapse:collapse}
td,th{padding:2px 10px 2px 0;text-align:left;border-bottom:1px solid var(--line);vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}li{overflow-wrap:anywhere;white-space:pre-wrap}
.bad{color:var(--bad);font-weight:700}pre{overflow-x:auto}tr.apart td{background:var(--fault)}
code,pre,td.n{font-family:monospace}@media(max-width:600px){body{margin:.5em}ul{padding-left:1.2em}}
"""
ROWS = 4000
"""So many entries are shown; a longer story says how many are not."""


class Exhibit(Record):
    """What a page shows of one play: `tellings` with ours first, what is known beside them, and why it does not pass."""

    title: str
    until_ns: int
    programs: tuple[str, ...]
    tellings: tuple[Telling, ...]
    ticks: tuple[Tick, ...] = ()
    bands: tuple[Band, ...] = ()
    marks: tuple[Mark, ...] = ()
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    source: str = ""


def document(title: str, body: str, style: str = "") -> str:
    """A page of that title around that body."""
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<meta name="color-scheme" content="light dark"><title>{escape(title)}</title>'
        f"<style>{STYLE}{STYLE_OF_PAGE}{style}</style></head>"
        f"<body><h1>{escape(title)}</h1>{body}</body></html>\n"
    )


def story(exhibit: Exhibit) -> str:
    """The page of one play: lanes, what is wrong, what was told, and the file it was played from."""
    return document(exhibit.title, key() + _section(exhibit))


def stories(title: str, exhibits: Sequence[Exhibit]) -> str:
    """The page of several plays, a section each."""
    return document(title, key() + "".join(f"<h2>{escape(each.title)}</h2>{_section(each)}" for each in exhibits))


def _section(exhibit: Exhibit) -> str:
    cut, left = _cut(exhibit)
    parts = [_list("Does not pass", exhibit.reasons, "bad"), lanes_of(cut)]
    if left:
        parts.append(f'<p class="bad">{left:,} more entries are not shown.</p>')
    meant = [f"{mark.name} at {mark.time_ns / 1e9:.9f} s, {mark.program or 'the daemon'}: {mark.text}" for mark in exhibit.marks]
    parts += [_list("Marks", meant), _list("Notes", exhibit.notes), _told(cut)]
    if exhibit.source:
        parts.append(f"<details><summary>The file it is played from</summary><pre>{escape(exhibit.source)}</pre></details>")
    return "".join(parts)


def lanes_of(exhibit: Exhibit) -> str:
    """The lanes alone."""
    return lanes(exhibit.programs, exhibit.tellings, exhibit.ticks, exhibit.bands, exhibit.marks, exhibit.until_ns)


def _cut(exhibit: Exhibit) -> tuple[Exhibit, int]:
    """The exhibit with no more than ROWS entries, and how many that leaves out."""
    times = sorted([entry[0] for each in exhibit.tellings for entry in each.trace] + [tick.time_ns for tick in exhibit.ticks])
    if len(times) <= ROWS:
        return exhibit, 0
    last_ns = times[ROWS - 1]
    tellings = tuple(each.replace(trace=tuple(e for e in each.trace if e[0] < last_ns)) for each in exhibit.tellings)
    ticks = tuple(tick for tick in exhibit.ticks if tick.time_ns < last_ns)
    bands = tuple(
        band.replace(to_ns=None if band.to_ns is None or band.to_ns > last_ns else band.to_ns)
        for band in exhibit.bands
        if band.from_ns < last_ns
    )
    marks = tuple(mark for mark in exhibit.marks if mark.time_ns < last_ns)
    left = len(times) - len(ticks) - sum(len(each.trace) for each in tellings)
    return exhibit.replace(until_ns=last_ns, tellings=tellings, ticks=ticks, bands=bands, marks=marks), left


def _list(heading: str, lines: Sequence[str], kind: str = "") -> str:
    rows = "".join(f'<li class="{kind}">{escape(each)}</li>' for each in lines)
    return f"<h2>{heading}</h2><ul>{rows}</ul>" if lines else ""


def _told(exhibit: Exhibit) -> str:
    """Everything as a table: what several tell alike is one row, with a column that says who tells it."""
    tellers = [each.teller for each in exhibit.tellings]
    rows: dict[tuple[int, str, str, str, int], list[str]] = {}
    for telling in exhibit.tellings:
        again: dict[tuple[int, str, str, str], int] = {}
        for entry in telling.trace:
            again[entry] = again.get(entry, 0) + 1
            rows.setdefault((*entry, again[entry]), []).append(telling.teller)
    done = [((tick.time_ns, tick.program, tick.kind, tick.text, 0), [""]) for tick in exhibit.ticks]
    every = sorted([*done, *rows.items()], key=lambda row: row[0][0])
    head = "".join(f"<th>{escape(each)}</th>" for each in ("program", "what", "detail", *tellers))
    body = "".join(_row(row, who, tellers) for row, who in every)
    return (
        "<details><summary>Everything that is told</summary>"
        f'<div class="wide"><table><tr><th class="n">s</th>{head}</tr>{body}</table></div></details>'
    )


def _row(row: tuple[int, str, str, str, int], who: Sequence[str], tellers: Sequence[str]) -> str:
    time_ns, program, what, detail, _ = row
    cells = "".join(f"<td>{'✓' if each in who else ''}</td>" for each in tellers)
    kind = ' class="apart"' if 0 < len(who) < len(tellers) and who != [""] else ""
    told = "".join(f"<td>{escape(each)}</td>" for each in (program or "–", what, detail))
    return f'<tr{kind}><td class="n">{time_ns / 1e9:.9f}</td>{told}{cells}</tr>'


def campaign(
    results: Sequence[tuple[str, Result]],
    exhibits: Sequence[Exhibit] = (),
    hits: Mapping[str, int] | None = None,
    heat_map: str = "",
    style: str = "",
) -> str:
    """The page of a campaign: counts and rates by profile, failures with their lanes, divergences met, the heat map's table.

    `exhibits` are those of the failures in their order, or none; `style` is the heat map's.
    """
    rows = "".join(_result(profile, result) for profile, result in results)
    heads = ("profile", "passed", "failed", "unknown", "scenarios/s", "entries/s", "digest of all stories")
    head = "".join(f"<th>{each}</th>" for each in heads)
    parts = [f'<div class="wide"><table><tr>{head}</tr>{rows}</table></div>']
    failures = [(profile, failure) for profile, result in results for failure in result.failures]
    if failures:
        parts.append(key())
    for at, (profile, failure) in enumerate(failures):
        exhibit = exhibits[at] if exhibits else None
        title = failure_title(profile, failure.seed) if exhibit is None else exhibit.title
        body = _list("Does not pass", failure.reasons, "bad") if exhibit is None else _section(exhibit)
        verdict = "unknown" if failure.unknown else "failed"
        parts.append(f"<details open><summary><b>{escape(title)}: {verdict}</b></summary>{body}</details>")
    if hits is not None:
        met = "".join(f'<tr><td>{escape(row)}</td><td class="n">{count:,}</td></tr>' for row, count in hits.items())
        table = f'<table><tr><th>row</th><th class="n">times</th></tr>{met}</table>'
        parts.append(f'<h2>Divergences from supervisor met</h2><div class="wide">{table}</div>')
    if heat_map:
        parts.append(f'<h2>Coverage</h2><div class="wide">{heat_map}</div>')
    return document("Campaign: " + ", ".join(profile for profile, _ in results), "".join(parts), style)


def failure_title(profile: str, seed: int) -> str:
    """The title of the exhibit of a seed that did not pass."""
    return f"profile {profile} seed {seed}"


def _result(profile: str, result: Result) -> str:
    seconds = max(result.seconds, 1e-9)
    counts = "".join(
        f'<td class="n{" bad" if bad and count else ""}">{count:,}</td>'
        for count, bad in ((result.passed, False), (result.failed, True), (result.unknown, True))
    )
    rates = f'<td class="n">{result.total / seconds:,.0f}</td><td class="n">{result.entries / seconds:,.0f}</td>'
    return f"<tr><td>{escape(profile)}</td>{counts}{rates}<td><code>{escape(result.digest)}</code></td></tr>"
