"""A broadcast for a person: what our daemon tells of it, where supervisor parts from that, and the smallest that still does."""

from __future__ import annotations

import re
import time

from sim.cli.options import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sim.broadcast import Broadcast, Utterance
    from sim.oracle.mending import Mended

BUDGET_S = 5.0
"""So long one failure is shrunk."""
SECTION = re.compile(r"\[\w+:(\w+)\]\n(?:[^\[].*\n)*")


def compared(broadcast: Broadcast) -> int:
    """Play it again, compare, and print what happened; the exit status."""
    from sim.oracle.mending import Mending
    from sim.stage.broadcast import play
    from sim.trace import line

    mending = Mending()
    try:
        trace = play(broadcast)
        found = mending.compare(broadcast, trace)
    except Exception as error:  # a file that somebody wrote, or what neither takes
        raise UsageError(f"this broadcast cannot be compared: {error!r}") from None
    print("\n".join(line(entry) for entry in trace))
    for row in mending.rows:
        if row.predicate in found.met:
            print(f"meant to differ: {row.id} {row.reason}")
    if not found.complaint:
        print("supervisor 4.3.0 tells the same story" + (", but for that" if found.met else ""))
        return 0
    print(f"FAILED {found.complaint}")
    return 1


def screen(heading: str, text: str, reasons: Sequence[str], write: Callable[[str], str]) -> tuple[list[str], str]:
    """A failure on one screen, and the file it is in, shrunk."""
    from sim.broadcast import from_json, to_json

    end = time.monotonic() + BUDGET_S
    small = shrink(from_json(text), lambda each: bool(_judge(each).complaint), lambda: time.monotonic() < end)
    complaint = _judge(small).complaint
    lines = [heading, *([f"  oracle fail {complaint}"] if complaint else [f"  {reason}" for reason in reasons])]
    lines += [f"  {row}" for each in small.files for row in each.splitlines() if row.startswith(("[", "events", "buffer"))]
    lines += [f"  {each.name}: {' | '.join(map(_said, (each.first, *each.answers)))}" for each in small.speakers]
    lines += [f"  > {deed.time_ns / 1e9:.9f} {deed.what} {' '.join(deed.arguments)}" for deed in small.deeds]
    return lines, write(to_json(small))


def _said(utterances: Sequence[Utterance]) -> str:
    return " ".join(repr(each.text) if each.exits is None else f"exit {each.exits}" for each in utterances)


def _judge(broadcast: Broadcast) -> Mended:
    from sim.oracle.mending import Mended, Mending
    from sim.stage.broadcast import play

    try:
        return Mending().compare(broadcast, play(broadcast))
    except Exception:  # what is left of it is none that can be played
        return Mended()


def shrink(broadcast: Broadcast, fails: Callable[[Broadcast], bool], more: Callable[[], bool] = lambda: True) -> Broadcast:
    """One with fewer deeds, groups and words that still fails; as far as that was found while `more()` said yes."""
    while True:
        found = next((each for each in _smaller(broadcast) if more() and fails(each)), None)
        if found is None:
            return broadcast
        broadcast = found


def _smaller(broadcast: Broadcast) -> Iterator[Broadcast]:
    for at in range(len(broadcast.deeds)):
        yield broadcast.replace(deeds=broadcast.deeds[:at] + broadcast.deeds[at + 1 :])
    groups = dict.fromkeys(name for text in broadcast.files for name in SECTION.findall(text))
    for group in groups if len(groups) > 1 else ():
        files = tuple(_without(group, text) for text in broadcast.files)
        others = tuple(each for each in broadcast.speakers if not each.name.startswith(f"{group}:"))
        yield broadcast.replace(files=files, speakers=others)
    for at, speaker in enumerate(broadcast.speakers):
        less = [speaker.replace(first=speaker.first[:-1])] if speaker.first else []
        less += [speaker.replace(answers=speaker.answers[:-1])] if len(speaker.answers) > 1 else []
        for each in less:
            yield broadcast.replace(speakers=(*broadcast.speakers[:at], each, *broadcast.speakers[at + 1 :]))


def _without(group: str, text: str) -> str:
    return SECTION.sub(lambda found: "" if found[1] == group else found[0], text)
