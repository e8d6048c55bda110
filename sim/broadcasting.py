"""Broadcasts out of a seed: `broadcast(seed, profile)` is the same on every machine.

Times are ticks and some nanoseconds of their own, so that what is not cause and effect hardly ever comes at one instant: there
supervisor's order is that of the phases of its loop (D33).
"""

from __future__ import annotations

from random import Random

from sim.broadcast import Broadcast, Deed, Speaker, Utterance
from sim.scenario import SECOND_NS, TICK_NS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

BEGIN, END = "<!--XSUPERVISOR:BEGIN-->", "<!--XSUPERVISOR:END-->"
EVENTS = (
    "PROCESS_STATE", "PROCESS_STATE_RUNNING", "PROCESS_STATE_EXITED", "TICK_5", "TICK", "REMOTE_COMMUNICATION",
    "PROCESS_LOG", "PROCESS_COMMUNICATION", "SUPERVISOR_STATE_CHANGE", "PROCESS_GROUP", "EVENT",
)  # fmt: skip
OVERLAPPING = ("PROCESS_STATE,PROCESS_STATE_RUNNING", "EVENT,REMOTE_COMMUNICATION", "TICK,TICK_5")
LARGE = "70000"
"""More bytes than a pipe holds."""
UNTIL_NS = 30 * SECOND_NS
BROKEN = "[eventlistener:broken]\ncommand=/run\n"


class _Lot:
    """What one broadcast may have, drawn once for it."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng

    def often(self, share: float) -> bool:
        """True that often."""
        return self.rng.random() < share

    def one(self, choices: Any) -> Any:
        """One of them."""
        return choices[int(self.rng.random() * len(choices))]

    def ns(self, seconds: float) -> int:
        """A time within that many seconds, at no instant of anything else."""
        return (1 + int(self.rng.random() * seconds * 512)) * TICK_NS + 1 + int(self.rng.random() * 400)


def broadcast(seed: int, profile: str) -> Broadcast:
    """The broadcast of that number; KeyError for a profile that is none."""
    return PROFILES[profile](_Lot(Random(f"{seed}:{profile}")))


# speakers
def _takes(lot: _Lot, *results: str, within: float = 0.5) -> tuple[Utterance, ...]:
    """The answer to one event, in some number of pieces, and READY."""
    whole = "".join(results) + "READY\n"
    if lot.often(0.4):
        return (Utterance(lot.ns(within), whole),)
    cuts = sorted({int(lot.rng.random() * len(whole)) for _ in range(1 + int(lot.rng.random() * 3))} | {0, len(whole)})
    return tuple(Utterance(lot.ns(within), whole[begin:end]) for begin, end in zip(cuts, cuts[1:]))


def _exit(lot: _Lot, within: float, status: int) -> Utterance:
    """An end that is not so soon that restarts would be limited (D26)."""
    return Utterance(SECOND_NS // 4 + lot.ns(within), "", status)


OK, FAIL = "RESULT 2\nOK", "RESULT 4\nFAIL"
VIOLATIONS = ("hello\n", "RESULT x\n", "RESULT 2\nOK\n", "RESULT 2\nOKREADY\nREADY\n", "\n", "RESULTAT 2\nOK")


def _listener(lot: _Lot, name: str) -> Speaker:
    ready = (Utterance(lot.ns(2), "READY\n"),)
    manner = lot.one(("obedient", "obedient", "slow", "rejects", "dies", "breaks", "never", "deaf", "restarts"))
    if manner == "never":
        return Speaker(name, (Utterance(lot.ns(2), lot.one(("READ", "hello, world\n", "READY\nREADY\n"))),))
    if manner == "deaf":  # it answers without having heard
        blind = tuple(Utterance(lot.ns(1), f"{OK}READY\n") for _ in range(3)) if lot.often(0.5) else ()
        return Speaker(name, (*ready, *((Utterance(6 * SECOND_NS + lot.ns(1), blind[0].text), *blind) if blind else ())))
    answers = [_takes(lot, OK, within=3 if manner == "slow" else 0.5) for _ in range(1 + int(lot.rng.random() * 3))]
    if manner == "rejects":
        answers.insert(0, _takes(lot, FAIL))
    elif manner == "dies":
        answers.append((_exit(lot, 1, 1),))
    elif manner == "restarts":
        answers[-1] = (*answers[-1], _exit(lot, 1, 0))
    elif manner == "breaks":
        answers.append((Utterance(lot.ns(1), lot.one(VIOLATIONS)),))
    return Speaker(name, ready, tuple(answers))


def _program(lot: _Lot, name: str) -> Speaker:
    said = []
    for _ in range(int(lot.rng.random() * 6)):
        text = lot.one((f"{BEGIN}all is well{END} and here is something more\n", "a line\n", f"cut {BEGIN[:9]}", BEGIN, END))
        said.append(Utterance(lot.ns(3), text))
    if lot.often(0.6):
        said.append(_exit(lot, 4, int(lot.rng.random() * 2)))
    return Speaker(name, tuple(said))


# files
def _pool(lot: _Lot, name: str, events: str = "", sizes: tuple[int, ...] = (1, 2, 5, 10)) -> tuple[str, list[str]]:
    count = lot.one((1, 1, 2))
    events = events or (lot.one(OVERLAPPING) if lot.often(0.06) else lot.one(EVENTS))
    text = (
        f"[eventlistener:{name}]\ncommand=/run %(group_name)s:%(program_name)s_%(process_num)d\nnumprocs={count}\n"
        f"process_name=%(program_name)s_%(process_num)d\nevents={events}\nbuffer_size={lot.one(sizes)}\n"
        f"priority={lot.one((-1, -1, 5, 999))}\nstartsecs={lot.one((0, 1))}\nautorestart={lot.one(('true', 'unexpected'))}\n"
        "stdout_logfile=NONE\nstderr_logfile=NONE\n"
    )
    return text, [f"{name}:{name}_{number}" for number in range(count)]


def _group(lot: _Lot, name: str) -> tuple[str, list[str]]:
    text = (
        f"[program:{name}]\ncommand=/run %(group_name)s:%(program_name)s\nstdout_logfile=NONE\nredirect_stderr=true\n"
        f"startsecs={lot.one((0, 1, 2))}\nstartretries={lot.one((0, 1, 3))}\nautorestart={lot.one(('false', 'unexpected'))}\n"
        f"stdout_events_enabled={lot.one(('true', 'false'))}\nstdout_capture_maxbytes={lot.one((0, 1000))}\n"
    )
    return text, [f"{name}:{name}"]


def _cast(lot: _Lot) -> tuple[dict[str, str], list[Speaker]]:
    """The sections by group, and who speaks."""
    sections: dict[str, str] = {}
    speakers = []
    for name in "lm"[: lot.one((1, 2, 2))]:
        sections[name], names = _pool(lot, name)
        speakers += [_listener(lot, each) for each in names]
    for name in "ab"[: lot.one((1, 1, 2))]:
        sections[name], names = _group(lot, name)
        speakers += [_program(lot, each) for each in names]
    return sections, speakers


# profiles
def _listeners(lot: _Lot) -> Broadcast:
    """Pools of every kind, programs that speak and die, clients that start, stop and tell."""
    if lot.often(0.05):
        return _blind(lot)
    sections, speakers = _cast(lot)
    deeds = [_deed(lot, speakers) for _ in range(int(lot.rng.random() * 9))]
    deeds += [Deed(lot.ns(28), "end")] if lot.often(0.3) else []
    return _made(("".join(sections.values()),), speakers, deeds)


def _deed(lot: _Lot, speakers: list[Speaker]) -> Deed:
    what = lot.one(("emit", "emit", "emit", "start", "stop", "kill"))
    if what == "emit":
        return Deed(lot.ns(20), what, ("kind", LARGE if lot.often(0.35) else f"text {lot.one('abc')}"))
    return Deed(lot.ns(20), what, (lot.one(speakers).name,))


def _reloads(lot: _Lot) -> Broadcast:
    """The same, while the file changes: what a reread, an update and a reload do, step by step and in any order."""
    if lot.often(0.05):
        return _full(lot)
    sections, speakers = _cast(lot)
    files = ["".join(sections.values())]
    deeds = [_deed(lot, speakers) for _ in range(int(lot.rng.random() * 5))]
    for number in range(1, 2 + lot.one((0, 1))):
        changed = lot.one(list(sections))
        make = _pool if changed in "lm" else _group
        sections = {**sections, changed: make(lot, changed)[0]}
        if lot.often(0.3):
            sections.pop(lot.one(list(sections)))
        broken = lot.often(0.1)
        files.append("".join(sections.values()) + (BROKEN if broken else ""))
        deeds += _update(lot, number, changed, broken)
        if broken:
            break
        sections = sections or {changed: make(lot, changed)[0]}
    names = {f"{name}:{name}_{number}" for name in "lm" for number in range(2)} | {f"{name}:{name}" for name in "ab"}
    known = {speaker.name for speaker in speakers}
    for name in sorted(names - known):
        speakers.append(_listener(lot, name) if name[0] in "lm" else _program(lot, name))
    return _made(tuple(files), speakers, deeds)


def _update(lot: _Lot, number: int, changed: str, broken: bool) -> list[Deed]:
    """The file changes, and somebody takes notice."""
    time_ns = lot.ns(18)
    deeds = [Deed(time_ns, "write", (str(number),))]
    whole = f"{changed}:*"
    steps = [("reread",), ("stop", whole), ("remove", changed), ("add", changed)]
    if lot.often(0.4):
        steps = [("reload",)]
    elif lot.often(0.2):
        steps.pop(int(lot.rng.random() * len(steps)))
    for what, *arguments in steps:
        time_ns += lot.ns(0.6)
        deeds.append(Deed(time_ns, what, tuple(arguments)))
    return deeds


def _blind(lot: _Lot) -> Broadcast:
    """A listener that answers without having heard, and more for it than a pipe holds (D27)."""
    text, names = _pool(lot, "l", "REMOTE_COMMUNICATION")
    ready = Utterance(lot.ns(1), "READY\n")
    speakers = [Speaker(name, (ready, *(Utterance(lot.ns(3), f"{OK}READY\n") for _ in range(6)))) for name in names]
    deeds = [Deed(lot.ns(3), "emit", ("kind", LARGE)) for _ in range(4)]
    return _made((text,), speakers, deeds)


def _full(lot: _Lot) -> Broadcast:
    """A group is added while a pool with next to no room listens."""
    text, names = _pool(lot, "l", lot.one(("EVENT", "PROCESS_GROUP")), (1,))
    more, other = _group(lot, "a")
    speakers = [Speaker(name, (Utterance(lot.ns(1), "READY\n"),), (_takes(lot, OK, within=0.1),)) for name in names]
    deeds = [Deed(lot.ns(1), "write", ("1",)), Deed(SECOND_NS + lot.ns(1), "reread")]
    deeds.append(Deed(2 * SECOND_NS + lot.ns(9), "add", ("a",)))
    return _made((text, text + more), [*speakers, _program(lot, other[0])], deeds)


def _made(files: tuple[str, ...], speakers: list[Speaker], deeds: list[Deed]) -> Broadcast:
    return Broadcast(files, tuple(speakers), tuple(sorted(deeds, key=lambda deed: deed.time_ns)), UNTIL_NS)


PROFILES = {"listeners": _listeners, "reloads": _reloads}
"""What kinds of broadcasts there are."""
