"""A broadcast: programs and event listeners that speak, pools, what clients do, and files that change under the daemon.

What a `Scenario` is for lives and stops, this is for what listeners are told and for reloads. Plain data; the whole daemon plays
it (`sim.stage.broadcast`), and so does the real supervisor (`sim.oracle.broadcast`). Times are nanoseconds from the start.

A story has the entries of `sim.trace` for states, forks and answers, and

    sent    to a listener: its serial, its number in the pool, its name, its payload; a pid stands there as `program#fork`
    log     of a pool or listener: a line of the main log about an event or the protocol
"""

from __future__ import annotations

import json
import re

from initd.record import Record
from sim.scenario import TICK_NS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

STOP_NS = 2 * TICK_NS + 777
"""So long a child takes to end at SIGTERM, and does nothing else."""
SHOWN = 160
"""So many characters of a payload are told."""
LINES = re.compile(
    r"pool (?P<a>\S+) event buffer overflowed, discarding event \d+|(?P<b>\S+): (?:event was rejected|event caused an error"
    r"|bad result line: .*|has entered the UNKNOWN state .*)"
)
"""Of the main log, what is told; the groups are of whom."""


class Utterance(Record):
    """What a child does next: it waits, and writes a text; or, with `exits`, ends with that status. Not both."""

    after_ns: int
    text: str = ""
    exits: int | None = None


class Speaker(Record):
    """A program's manner, `group:program`: what each child does first, and then at the k-th event it hears, the last recurring.

    One that has no answers hears nothing: it waits until it is ended. SIGKILL does that at once, SIGTERM after STOP_NS.
    """

    name: str
    first: tuple[Utterance, ...] = ()
    answers: tuple[tuple[Utterance, ...], ...] = ()


class Deed(Record):
    """What is done at a time: `start`, `stop`, `kill` of a program; `emit` kind and text (a number stands for so many bytes);
    `write` the file of that number, `reread`, `add` and `remove` a group, `reload` (SIGHUP), `end` (SIGTERM)."""

    time_ns: int
    what: str
    arguments: tuple[str, ...] = ()


class Broadcast(Record):
    """The configuration files there are, the first of them at the start; who speaks how; what is done, in order of time."""

    files: tuple[str, ...]
    speakers: tuple[Speaker, ...]
    deeds: tuple[Deed, ...]
    until_ns: int


CALLS = ("start", "stop", "emit", "reread", "add", "remove")
"""The deeds that are answered."""


def text_of(deed: Deed) -> str:
    """What an `emit` tells."""
    text = deed.arguments[1]
    return "x" * int(text) if text.isdigit() else text


class Stream:
    """What goes into the stdin of a listener: `feed` gives the events that begin in a write, as they are told."""

    def __init__(self) -> None:
        self._left = 0

    def feed(self, data: bytes, forks: Mapping[int, str]) -> list[str]:
        """That was written; `forks` has who each pid was."""
        told = []
        while data:
            skipped = min(self._left, len(data))
            self._left, data = self._left - skipped, data[skipped:]
            if data:
                head, _, rest = data.partition(b"\n")
                words = dict(word.split(":", 1) for word in head.decode().split(" "))
                self._left, data = int(words["len"]), rest
                shown = rest[: min(self._left, SHOWN)].decode(errors="replace")
                payload = re.sub(r" pid:(\d+)", lambda found: f" pid:{forks.get(int(found[1]), found[1])}", shown)
                told.append(f"{words['serial']}/{words['poolserial']} {words['eventname']} {payload!r}")
        return told


def log_entry(line: str) -> tuple[str, str] | None:
    """Of whom a line of the main log is told, and what; None if it is not."""
    found = LINES.fullmatch(line)
    return None if found is None else (found["a"] or found["b"], line)


def to_json(broadcast: Broadcast) -> str:
    """One readable text; `from_json` gives it back."""
    return json.dumps({"broadcast": _plain(broadcast)}, indent=1) + "\n"


def from_json(text: str) -> Broadcast:
    """The broadcast of that text; KeyError or TypeError if it is none."""
    said = json.loads(text)["broadcast"]
    speakers = tuple(
        Speaker(
            each["name"],
            tuple(Utterance(**one) for one in each.get("first", ())),
            tuple(tuple(Utterance(**one) for one in answer) for answer in each.get("answers", ())),
        )
        for each in said["speakers"]
    )
    deeds = tuple(Deed(each["time_ns"], each["what"], tuple(each.get("arguments", ()))) for each in said["deeds"])
    return Broadcast(tuple(said["files"]), speakers, deeds, said["until_ns"])


def _plain(value: Any) -> Any:
    if isinstance(value, Record):
        defaults = type(value)._defaults
        fields = {name: getattr(value, name) for name in type(value)._fields}
        return {name: _plain(each) for name, each in fields.items() if name not in defaults or each != defaults[name]}
    return [_plain(each) for each in value] if isinstance(value, tuple) else value
