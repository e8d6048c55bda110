"""The outlook as one self-contained page: a lane per program, what was out as bands, the report below."""

from __future__ import annotations

from html import escape

from sim.lanes import Band, Telling, key, lanes
from sim.outlook import SECOND_NS, log, sentences
from sim.page import document

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.outlook import Fate, Outlook

HEADS = ("program", "state", "attempts", "down", "log", "remarks")


def page(outlook: Outlook) -> str:
    """The page; it loads nothing."""
    names = [each.name for each in outlook.fates]
    changes = [(time_ns, each.name, "state", new.name) for each in outlook.fates for time_ns, new in each.lane]
    bands = [
        Band("*", first, None if last is None or last >= outlook.until_ns else last, f"{thing} is down")
        for thing, first, last in outlook.spans
        if first < outlook.until_ns
    ]
    rows = "".join(map(_row, outlook.fates))
    head = "".join(f"<th>{each}</th>" for each in HEADS)
    drawn = lanes(names, [Telling("", tuple(changes))], (), bands, (), outlook.until_ns)
    table = f'<div class="wide"><table><tr>{head}</tr>{rows}</table></div>'
    return document(f"Outlook of {outlook.source}, {outlook.until_ns / SECOND_NS:g} s", key() + drawn + table)


def _row(fate: Fate) -> str:
    cells = (fate.name, fate.state.name, fate.attempts, f"{fate.down_ns / SECOND_NS:.3f}s", log(fate), "; ".join(sentences(fate)))
    return "<tr>" + "".join(f"<td>{escape(str(each))}</td>" for each in cells) + "</tr>"
