"""Lanes as SVG: a bar of states for each teller of a program's story, ticks for events, bands for faults, marks.

Nothing here knows where a story comes from: `sim.exhibit` collects it, `sim.page` puts the lanes on a page. Every distinct
instant gets room of its own, so gaps are as long as they are only where they are long enough; the times stand above.
"""

from __future__ import annotations

from html import escape

from initd.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sim.trace import Trace

WIDTH, MOST = 1000.0, 12_000.0
"""How wide a lane is if nothing has to be stretched, and how wide it may become."""
ROOM = 26.0
"""How far two instants are apart at least, unless there are too many."""
CALLS_Y, BAR_Y, BAR, TICKS, LEAST = 13, 18, 22, 18, 16
"""Above the bar are calls, below it ticks, each where there are any; a lane is LEAST high."""
LETTER = 6.6
"""How wide a letter is."""
CODES = {
    "STOPPED": "–", "STARTING": "S", "RUNNING": "R", "BACKOFF": "B", "STOPPING": "T", "EXITED": "E", "FATAL": "F",
    "UNKNOWN": "?",
}  # fmt: skip
"""What stands in a bar that is too short for the name."""
PATTERNS = {
    "STOPPED": "",
    "STARTING": "M-2 2 2-2M0 8 8 0M6 10 10 6",
    "RUNNING": "",
    "BACKOFF": "M2 2h2M6 6h2M6 2h0M2 6h0",
    "STOPPING": "M-2 6 2 10M0 0 8 8M6-2 10 2",
    "EXITED": "M0 4h8",
    "FATAL": "M0 0 8 8M0 8 8 0",
    "UNKNOWN": "M0 2h8M0 6h8M2 0v8M6 0v8",
}
"""What tells the states apart without colours: a path in a square of 8."""
SHAPES = {
    "fork": ("M0-5 4 3H-4Z", "fork"),
    "exit": ("M0 5 4-3H-4Z", "exit"),
    "signal": ("M1-6-4 1H0L-1 6 4-1H0Z", "sig"),
    "call": ("M-4-4 4 0-4 4Z", ""),
    "answer": ("M4-4-4 0 4 4Z", ""),
    "fault": ("M0-5 5 0 0 5-5 0Z", ""),
    "end": ("M-4-4H4V4H-4Z", ""),
}
"""The mark of each kind of tick around its instant, and what its text begins with."""
ORDER = ("call", "fault", "answer", "exit", "fork", "signal", "end")
"""In which order they stand at one instant."""
ABOVE = ("call", "answer", "fault")
"""What comes from outside is ticked above the bar, the rest below."""
STYLE = """
:root{--paper:#fff;--ink:#1b1b1b;--dim:#6a6a6a;--line:#d5d5d5;--bad:#b00020;--fault:#d55e0033;--STOPPED:#f2f2f2;
--STARTING:#8fd0f5;--RUNNING:#4cc49e;--BACKOFF:#f0b429;--STOPPING:#dda0c4;--EXITED:#c4c4c4;--FATAL:#f08a5d;--UNKNOWN:#f4ea6a}
@media(prefers-color-scheme:dark){:root{--paper:#151515;--ink:#ececec;--dim:#a0a0a0;--line:#3c3c3c;--bad:#ff7a85;
--fault:#ff9d4d40;--STOPPED:#242424;--STARTING:#1f5f86;--RUNNING:#0f6b4f;--BACKOFF:#7d5600;--STOPPING:#7a3f63;
--EXITED:#4f4f4f;--FATAL:#963412;--UNKNOWN:#6b6410}}
.lanes{overflow-x:auto;border:1px solid var(--line);padding:4px 0}.lane,.axis{width:max-content;min-width:100%}
.lane>b,.lane>i{position:sticky;left:4px;font:600 13px sans-serif;padding-left:4px;white-space:nowrap}
.lane>i{font-weight:400;color:var(--dim)}.lanes svg{display:block;font:11px sans-serif}
.lanes text{fill:var(--ink);paint-order:stroke;stroke:var(--paper);stroke-width:2.5px;stroke-linejoin:round}
.bar text{stroke-opacity:.55}.grid{stroke:var(--line)}.state{stroke:var(--dim);stroke-width:.7}.tick{fill:var(--ink)}
.tick.answer{fill:var(--paper);stroke:var(--ink)}.tick.fault{fill:var(--bad)}.mark{stroke:var(--bad);stroke-width:2}
.band{fill:var(--fault);stroke:var(--bad);stroke-width:.6;stroke-dasharray:3 2}.mark.met{stroke:var(--ink);stroke-dasharray:2 2}
.lanes text.bad{fill:var(--bad);font-weight:700}.lanes text.met{font-weight:700}
"""


class Telling(Record):
    """One teller's story, and whose it is."""

    teller: str
    trace: tuple[tuple[int, str, str, str], ...]


class Tick(Record):
    """Something that happens at an instant and is no state; `kind` is a key of SHAPES."""

    time_ns: int
    program: str
    kind: str
    text: str


class Band(Record):
    """A span in which something is wrong around a program, or around all with the program "*"; to the end with None."""

    program: str
    from_ns: int
    to_ns: int | None
    text: str


class Mark(Record):
    """Something to point at in the lane of a teller. `name` stands there; `meant` says that it is no mistake."""

    time_ns: int
    program: str
    teller: str
    name: str
    text: str
    meant: bool = False


class Axis:
    """Where each instant is drawn."""

    def __init__(self, instants: Iterable[int]) -> None:
        self.instants = sorted(set(instants))
        span_ns = max(1, self.instants[-1] - self.instants[0])
        room = min(ROOM, MOST / len(self.instants))
        self._x: dict[int, float] = {}
        x, before = 6.0, self.instants[0]
        for time_ns in self.instants:
            if time_ns != before:
                x += max(room, WIDTH * (time_ns - before) / span_ns)
            self._x[time_ns] = round(x, 1)
            before = time_ns
        self.width = round(x + 60)

    def x(self, time_ns: int) -> float:
        """The place of one of the instants."""
        return self._x[time_ns]


def key() -> str:
    """What the colours and shapes mean, once a page, with the patterns that every lane refers to."""
    patterns = "".join(
        f'<pattern id="p{state}" width="8" height="8" patternUnits="userSpaceOnUse"><rect width="8" height="8" '
        f'fill="var(--{state})"/><path d="{path}" stroke="var(--ink)" stroke-opacity=".45" fill="none"/></pattern>'
        for state, path in PATTERNS.items()
    )
    parts = [f'<svg width="0" height="0" style="position:absolute"><defs>{patterns}</defs></svg><p class="key">']
    for state, code in CODES.items():
        box = f'<rect class="state" x="1" y="1" width="22" height="14" fill="url(#p{state})"/>'
        parts.append(f'<span><svg width="24" height="16">{box}</svg> {code} {state}</span> ')
    for kind, (path, _) in SHAPES.items():
        box = f'<path class="tick {kind}" d="{path}" transform="translate(8 8)"/>'
        parts.append(f'<span><svg width="16" height="16">{box}</svg> {kind}</span> ')
    box = '<rect class="band" x="1" y="1" width="22" height="14"/>'
    parts.append(f'<span><svg width="24" height="16">{box}</svg> a fault lasts</span></p>')
    return "".join(parts)


def lanes(
    programs: Sequence[str], tellings: Sequence[Telling], ticks: Sequence[Tick], bands: Sequence[Band],
    marks: Sequence[Mark], until_ns: int,
) -> str:  # fmt: skip
    """All lanes over one axis: for each program, "" being the daemon, one for each teller, the first one's with the ticks."""
    times = [entry[0] for telling in tellings for entry in telling.trace] + [tick.time_ns for tick in ticks]
    times += [band.from_ns for band in bands] + [band.to_ns for band in bands if band.to_ns is not None]
    axis = Axis([0, until_ns, *times, *(mark.time_ns for mark in marks)])
    parts = ['<div class="lanes">', _scale(axis)]
    for program in programs:
        around = [band for band in bands if band.program in (program, "*")]
        for at, telling in enumerate(tellings):
            own = [entry for entry in telling.trace if entry[1] == program]
            pointed = [mark for mark in marks if mark.program == program and mark.teller == telling.teller]
            more = [tick for tick in ticks if tick.program == program and not at]
            if not (own or pointed or more) and (at or not program):
                continue
            name = f"<b>{escape(program or 'the daemon')}</b> " if not at else ""
            teller = f"<i>{escape(telling.teller)}</i>" if telling.teller else ""
            parts.append(f'<div class="lane">{name}{teller}')
            parts.append(_lane(axis, own, more, around if not at else [], pointed, until_ns) + "</div>")
    return "".join(parts) + "</div>"


def _scale(axis: Axis) -> str:
    """The times, where there is room for them."""
    parts, free = [], -1.0
    for time_ns in axis.instants:
        x = axis.x(time_ns)
        if x >= free:
            text = f"{time_ns / 1e9:.9f}".rstrip("0").rstrip(".")
            parts.append(f'<text x="{x}" y="11">{text}</text><path class="grid" d="M{x} 13v5"/>')
            free = x + LETTER * len(text) + 8
    return f'<div class="axis"><svg width="{axis.width}" height="18">{"".join(parts)}</svg></div>'


def _lane(
    axis: Axis, story: Trace, ticks: Sequence[Tick], bands: Sequence[Band], marks: Sequence[Mark], until_ns: int
) -> str:
    bars = _bars(axis, story, until_ns)
    told = [tick for entry in story if (tick := _tick_of(entry)) is not None]
    every = sorted([*told, *ticks], key=lambda tick: (tick.time_ns, ORDER.index(tick.kind)))
    below = [tick for tick in every if tick.kind not in ABOVE]
    under_y = BAR_Y + (BAR if bars else 0)
    height = max(LEAST, under_y + (TICKS if below else 0))
    parts = []
    for band in bands:
        x, to_ns = axis.x(band.from_ns), until_ns if band.to_ns is None else band.to_ns
        wide = max(3.0, axis.x(to_ns) - x)
        title = _title(f"{band.text}, {band.from_ns / 1e9:.9f} to {to_ns / 1e9:.9f} s")
        parts.append(f'<rect class="band" x="{x}" y="1" width="{wide:.1f}" height="{height - 2}">{title}</rect>')
    parts += bars + _ticks(axis, [tick for tick in every if tick.kind in ABOVE], CALLS_Y)
    parts += _ticks(axis, below, under_y + 12)
    for mark in marks:
        x, kind = axis.x(mark.time_ns), " met" if mark.meant else ""
        label = f'<text class="{"met" if mark.meant else "bad"}" x="{x + 3}" y="{BAR_Y + 15}">{escape(mark.name)}</text>'
        parts.append(f'<g><path class="mark{kind}" d="M{x} 0v{height}"/>{label}{_title(f"{mark.name}: {mark.text}")}</g>')
    return f'<svg width="{axis.width}" height="{height}" role="img">{"".join(parts)}</svg>'


def _tick_of(entry: tuple[int, str, str, str]) -> Tick | None:
    time_ns, program, what, detail = entry
    kind = {"spawn": "fork", "signal": "signal", "answer": "answer", "state": ""}.get(what, "end")
    text = detail if kind != "end" else f"{what} {detail}"
    return Tick(time_ns, program, kind, text) if kind else None


def _bars(axis: Axis, story: Trace, until_ns: int) -> list[str]:
    """The states, one bar each; what has no length is drawn last, as narrow as it is."""
    states = [(time_ns, detail) for time_ns, _, what, detail in story if what == "state"]
    if not states:
        return []
    ends = [time_ns for time_ns, _ in states[1:]] + [max(until_ns, states[-1][0])]
    found = [(first, last, detail) for (first, detail), last in zip(states, ends)]
    if states[0][0]:
        found.insert(0, (0, states[0][0], "STOPPED"))
    return [bar(axis, *each) for each in sorted(found, key=lambda each: each[0] == each[1])]


def bar(axis: Axis, first_ns: int, last_ns: int, detail: str) -> str:
    """A state from when to when, with its name in it as far as there is room."""
    state, _, more = detail.partition(" ")
    x = axis.x(first_ns)
    wide = max(3.0, axis.x(last_ns) - x)
    short = CODES.get(state, state[:1]) + (more if more.isdigit() else "")
    text = next((each for each in (detail, state, short) if LETTER * len(each) + 6 <= wide), "")
    label = f'<text x="{x + 4}" y="{BAR_Y + 15}">{escape(text)}</text>' if text else ""
    fill = f"url(#p{state})" if state in CODES else "none"
    told = _title(f"{detail}, {first_ns / 1e9:.9f} to {last_ns / 1e9:.9f} s")
    box = f'<rect class="state" x="{x}" y="{BAR_Y}" width="{wide:.1f}" height="{BAR}" fill="{fill}"/>'
    return f'<g class="bar">{box}{label}{told}</g>'


def _ticks(axis: Axis, ticks: Sequence[Tick], y: int) -> list[str]:
    """Marks in one row, each with its text if that ends before the next one begins."""
    parts, shift, last = [], 0.0, -1.0
    for at, tick in enumerate(ticks):
        x = axis.x(tick.time_ns)
        shift = shift + 9 if x == last else 0.0
        last, place = x, x + shift
        path, name = SHAPES[tick.kind]
        text = f"{name} {tick.text}".strip()
        free = axis.x(ticks[at + 1].time_ns) if at + 1 < len(ticks) else axis.width
        label = f'<text x="{place + 6:.1f}" y="{y}">{escape(text)}</text>' if place + 9 + LETTER * len(text) <= free else ""
        told = _title(f"{tick.kind} {tick.text}, {tick.time_ns / 1e9:.9f} s")
        shape = f'<path class="tick {tick.kind}" d="{path}" transform="translate({place:.1f} {y - 4})"/>'
        parts.append(f"<g>{shape}{label}{told}</g>")
    return parts


def _title(text: str) -> str:
    return f"<title>{escape(text)}</title>"
