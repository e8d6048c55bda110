"""The outlook as one self-contained page: a lane per program, what was out as bands, the report below."""

from __future__ import annotations

from html import escape

from sim.outlook import SECOND_NS, log, sentences

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.outlook import Fate, Outlook

COLOURS = {"RUNNING": "#3a3", "STARTING": "#8bd", "BACKOFF": "#e93", "FATAL": "#b22", "STOPPING": "#a8c", "EXITED": "#999"}
STYLE = """body{font:15px sans-serif;margin:2em}td,th{padding:2px 1em 2px 0;text-align:left}svg{width:100%;display:block}
th.n{width:12em}table{width:100%}i{display:inline-block;width:1em;height:1em}"""


def page(outlook: Outlook) -> str:
    """The page; it loads nothing."""
    key = " ".join(f'<i style="background:{colour}"></i> {state}' for state, colour in COLOURS.items())
    lanes = "".join(f'<tr><th class="n">{escape(each.name)}</th><td>{_lane(each, outlook)}</td></tr>' for each in outlook.fates)
    rows = "".join(_row(each) for each in outlook.fates)
    title = f"Outlook of {escape(outlook.source)}, {outlook.until_ns / SECOND_NS:g} s"
    head = "<th>".join(("", "program", "state", "attempts", "down", "log", "remarks"))
    return (
        f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>{STYLE}</style>'
        f"<h1>{title}</h1><p>{key} <i style='background:#d004'></i> something is down</p>"
        f"<table>{lanes}</table><table><tr>{head}</tr>{rows}</table></html>\n"
    )


def _lane(fate: Fate, outlook: Outlook) -> str:
    width = max(outlook.until_ns, 1)
    ends = [time_ns for time_ns, _ in fate.lane[1:]] + [width]
    bars = [
        _bar(first, last, width, COLOURS.get(state.name, "#ccc"), state.name)
        for (first, state), last in zip(fate.lane, ends)
    ]
    for thing, first, last in outlook.spans:
        bars.append(_bar(first, width if last is None else last, width, "#d004", f"{thing} is down"))
    return f'<svg height="24" viewBox="0 0 1000 24" preserveAspectRatio="none">{"".join(bars)}</svg>'


def _bar(first: int, last: int, width: int, colour: str, title: str) -> str:
    x, wide = 1000 * first / width, max(0.3, 1000 * (min(last, width) - first) / width)
    told = f"{title} {first / SECOND_NS:.3f}s to {last / SECOND_NS:.3f}s"
    return f'<rect x="{x:.2f}" width="{wide:.2f}" height="24" fill="{colour}"><title>{escape(told)}</title></rect>'


def _row(fate: Fate) -> str:
    cells = (fate.name, fate.state.name, fate.attempts, f"{fate.down_ns / SECOND_NS:.3f}s", log(fate), "; ".join(sentences(fate)))
    return "<tr>" + "".join(f"<td>{escape(str(each))}</td>" for each in cells) + "</tr>"
