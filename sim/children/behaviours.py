"""Named behaviours, as scenarios and the command line spell them: `crash after 0.3s exit 1`, `slow term 3s`.

A behaviour is one or more phrases with commas between them, carried out in order; one that comes to no end runs for
ever. The catalogue is simulation.md §4.3's.
"""

from __future__ import annotations

import difflib
import errno
import re

from initd.errors import InitdError
from initd.record import Record
from initd.signals import signal_name, signal_number
from sim.children.steps import check, daemonize, orphan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, TypeAlias

    Steps: TypeAlias = list[Any]
    Said: TypeAlias = "Behaviour | str | Steps"
    Programs: TypeAlias = "Callable[[tuple[str, ...], Mapping[str, str], int], Said] | Mapping[str, Said] | Said"

UNITS_S = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "": 1.0, "m": 60.0, "h": 3600.0}
ORPHAN_LIFE_S = 10.0
TICKS_PER_S = 10
PIDFILE_LATE_S = 2.0
BOMBER = 54_321


class BehaviourError(InitdError):
    """A behaviour nobody can carry out; the text says what was expected."""


class Behaviour(Record):
    """What a program does: `later` from the attempt after the first `flaps` on, `first` before."""

    text: str
    later: Steps
    first: Steps = []
    flaps: int = 0

    def steps(self, attempt: int) -> Steps:
        """The script of that attempt, 1 for the first."""
        return self.first if attempt <= self.flaps else self.later


def parse_behaviour(text: str) -> Behaviour:
    """Read a behaviour; BehaviourError names the phrase that is not understood and the nearest that would be."""
    flap = re.fullmatch(r"\s*flap (\d+) times?(?: after (\S+))?(?: exit (\d+))?(?:,? then (.+))?\s*", text, re.DOTALL)
    if flap is None:
        return Behaviour(text, _phrases(text))
    times, after, code, rest = flap.groups()
    crash: Steps = [["sleep", seconds(after or "0.1s")], ["exit", int(code or 1)]]
    return Behaviour(text, _phrases(rest or "run"), crash, int(times))


def parse_assignment(text: str) -> tuple[str, Behaviour]:
    """Read `NAME: BEHAVIOUR`; BehaviourError without a name."""
    name, colon, rest = text.partition(": ")
    if not colon or not name.strip():
        raise BehaviourError(f"expected NAME: BEHAVIOUR, e.g. 'web: crash after 0.3s exit 1'; found {text!r}")
    return name.strip(), parse_behaviour(rest)


def script_for(programs: Programs, argv: tuple[str, ...], env: Mapping[str, str], attempt: int) -> Steps:
    """What a spawned program does.

    `programs` is a behaviour for all, a mapping, or a function of (argv, environment, attempt). A mapping is asked for
    `group:process`, the process name, argv[0], its last part and `*`; what it does not know runs for ever.
    """
    said: Any = programs
    if callable(programs):
        said = programs(argv, env, attempt)
    elif not isinstance(programs, (str, list, Behaviour)):
        name, group = env.get("SUPERVISOR_PROCESS_NAME", ""), env.get("SUPERVISOR_GROUP_NAME", "")
        keys = (f"{group}:{name}", name, argv[0], argv[0].rpartition("/")[2], "*")
        said = next((programs[key] for key in keys if key in programs), FOREVER)
    if isinstance(said, str):
        said = parse_behaviour(said)
    return said.steps(attempt) if isinstance(said, Behaviour) else check(said)


def _phrases(text: str) -> Steps:
    steps: Steps = []
    for phrase in text.split(","):
        steps += _phrase(" ".join(phrase.split()))
    if not steps or steps[-1][0] not in ("exit", "pause", "loop", "exec-error"):
        steps.append(["pause"])
    return steps


def _phrase(phrase: str) -> Steps:
    for pattern, build, _ in CATALOGUE:
        found = re.fullmatch(pattern, phrase)
        if found is not None:
            return build(*found.groups())
    known = [example for _, _, example in CATALOGUE]
    verbs = {example.split()[0]: example for example in reversed(known)}
    near = difflib.get_close_matches(phrase, known, 1) or difflib.get_close_matches(phrase.partition(" ")[0], verbs, 1)
    hint = f"; did you mean {verbs.get(near[0], near[0])!r}?" if near else "."
    raise BehaviourError(f"no behaviour {phrase!r}{hint} Known: {', '.join(known)}, flap 3 times after 0.2s then run")


def seconds(text: str) -> float:
    """A duration such as 0.3s, 250ms or 5m in seconds; BehaviourError."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(ns|us|ms|s|m|h|)", text)
    if found is None:
        raise BehaviourError(f"no duration {text!r}: expected a number with ns, us, ms, s, m or h, e.g. 0.3s")
    return float(found[1]) * UNITS_S[found[2]]


def _signal(text: str) -> str:
    number = signal_number(text)
    if not number:
        raise BehaviourError(f"no signal {text!r}: expected a name such as TERM")
    return signal_name(number)[3:]


def _after(after: str | None) -> Steps:
    return [["sleep", seconds(after)]] if after else []


def _exit(code: str, after: str | None) -> Steps:
    return [*_after(after), ["exit", int(code)]]


def _crash(after: str | None, code: str | None, signal: str | None) -> Steps:
    if signal:
        return [*_after(after), ["default", _signal(signal)], ["raise", _signal(signal)]]
    return [*_after(after), ["exit", int(code or 1)]]


def _ignore(signals: str) -> Steps:
    return [["ignore", _signal(one)] for one in signals.split()]


def _slow(signal: str, delay: str, code: str | None) -> Steps:
    return [["handle", _signal(signal), [["sleep", seconds(delay)], ["exit", int(code or 0)]]]]


def _daemonize(keep: str | None, life: str | None) -> Steps:
    away: Steps = [["pause"]] if life is None else [["sleep", seconds(life)]]
    return daemonize(away if keep else [["close", 0], ["close", 1], ["close", 2], *away])


def _pidfile(kind: str | None, path: str, life: str | None) -> Steps:
    """A double fork and what is found in the file: its pid, later than anybody waits for, that of one long dead, nothing,
    or the pid of somebody else: of who started it."""
    away: Steps = [["close", 0], ["close", 1], ["close", 2], *([["sleep", seconds(life)]] if life else [["pause"]])]
    mine = ["save", path, "{pid}\n"]
    before: dict[str, Steps] = {
        "stale ": [["fork", [mine, ["exit", 0]]], ["wait"]],
        "empty ": [["save", path, ""]],
        "foreign ": [["save", path, "{ppid}\n"]],
    }
    if kind in before:
        return [*before[kind], *daemonize(away)]
    return daemonize([*([["sleep", PIDFILE_LATE_S]] if kind else []), mine, *away])


def _python_daemon(how: str | None, after: str | None, pidfile: str | None, life: str | None) -> Steps:
    lives: Steps = [["sleep", seconds(life)]] if life else [["pause"]]
    return [*_after(after), ["daemon", how or "by default", pidfile or "", lives]]


def _orphans(count: str, life: str | None) -> Steps:
    return [["repeat", int(count), [orphan([["sleep", seconds(life) if life else ORPHAN_LIFE_S]])]]]


def _orphan(how: str, life: str | None) -> Steps:
    lives: Steps = [["sleep", seconds(life)] if life else ["pause"]]
    return [orphan(lives if how == "holds pipe" else [["setsid"], ["close", 0], ["close", 1], ["close", 2], *lives])]


def _fork_bomb(count: str) -> Steps:
    return [["repeat", int(count), [["fork", [["sleep", 1]]], ["sleep", 0.001]]]]


def _limited_bomb(count: str) -> Steps:
    """As many processes as its user may have, the user being nobody else's."""
    many = ["repeat", 2 * int(count), [["fork", [["sleep", 1]]], ["sleep", 0.001]]]
    return [["uid", BOMBER], ["limit", int(count)], many]


def _orphan_swarm(count: str) -> Steps:
    return [["repeat", int(count), [orphan([["sleep", 0.3]]), ["sleep", 0.01]]]]


def _exit_near(code: str, distance: str, side: str, when: str) -> Steps:
    return _exit(code, f"{max(0.0, seconds(when) + seconds(distance) * (1 if side == 'after' else -1)):.9f}s")


def _flood(rate: str) -> Steps:
    return [["loop", [["write", "out", max(1, int(rate) // TICKS_PER_S)], ["sleep", 1 / TICKS_PER_S]]]]


def _print(text: str, every: str | None) -> Steps:
    line = ["write", "out", text + "\n"]
    return [["loop", [line, ["sleep", seconds(every)]]]] if every else [line]


def _partial_lines() -> Steps:
    return [["loop", [["write", "out", "half a li"], ["sleep", 0.1], ["write", "out", "ne\n"]]]]


def _exec_fails(name: str) -> Steps:
    if not hasattr(errno, name):
        raise BehaviourError(f"no errno {name!r}: expected e.g. ENOENT")
    return [["exec-error", name]]


_AFTER = r"(?: after (\S+))?"
_FOR = r"(?: for (\S+))?"
CATALOGUE: tuple[tuple[str, Callable[..., Steps], str], ...] = (
    (r"(?:run|run forever|never exit)", lambda: [["pause"]], "run forever"),
    (r"exit (\d+)" + _AFTER, _exit, "exit 0 after 5s"),
    (r"exit (\d+) (\S+) (before|after) (\S+)", _exit_near, "exit 0 1ms before 1s"),
    (r"crash" + _AFTER + r"(?: exit (\d+))?(?: by (\w+))?", _crash, "crash after 0.3s exit 1"),
    (r"segv" + _AFTER, lambda after: _crash(after, None, "SEGV"), "segv after 1s"),
    (r"ignore ((?:\w+ ?)+)", _ignore, "ignore TERM"),
    (r"slow start (\S+)", lambda delay: [*_after(delay), ["write", "out", "ready\n"]], "slow start 2s"),
    (r"slow (\w+) (\S+)(?: exit (\d+))?", _slow, "slow term 3s"),
    (r"exit on second (\w+)", lambda s: [["handle", _signal(s), [["handle", _signal(s), [["exit", 0]]]]]], "exit on second term"),
    (r"exit (\d+) on (\w+)", lambda code, s: [["handle", _signal(s), [["exit", int(code)]]]], "exit 3 on TERM"),
    (r"stop self" + _AFTER, lambda after: [*_after(after), ["raise", "STOP"]], "stop self after 1s"),
    (r"dstate (\S+)" + _AFTER, lambda life, after: [*_after(after), ["dstate", seconds(life)]], "dstate 30s after 1s"),
    (r"daemonize( keep pipe)?" + _FOR, _daemonize, "daemonize"),
    (r"daemonize with (late |stale |empty |foreign )?pidfile (\S+)" + _FOR, _pidfile, "daemonize with stale pidfile /tmp/x.pid"),
    (r"python-daemon( detached| in front| by default)?" + _AFTER + r"(?: with pidfile (\S+))?" + _FOR,
     lambda how, *rest: _python_daemon(how and how.strip(), *rest), "python-daemon detached after 0.5s"),
    (r"orphan swarm (\d+)", _orphan_swarm, "orphan swarm 50"),
    (r"fork orphans (\d+)" + _FOR, _orphans, "fork orphans 5"),
    (r"orphan (holds pipe|new session)" + _FOR, _orphan, "orphan holds pipe for 5s"),
    (r"fork bomb (\d+)", _fork_bomb, "fork bomb 100"),
    (r"fork bomb limited to (\d+)", _limited_bomb, "fork bomb limited to 50"),
    (r"flood (\d+)", _flood, "flood 100000"),
    (r"print (.+?)(?: every (\S+))?", _print, "print hello every 1s"),
    (r"partial lines", _partial_lines, "partial lines"),
    (r"close stdio", lambda: [["close", 0], ["close", 1], ["close", 2]], "close stdio"),
    (r"read stdin", lambda: [["read"]], "read stdin"),
    (r"copy stdin", lambda: [["copy"]], "copy stdin"),
    (r"answer (.+)", lambda text: [["loop", [["accept", text]]]], "answer hello"),
    (r"exec fails (\w+)", _exec_fails, "exec fails ENOENT"),
    (r"listen(?: (\w+))?" + _AFTER, lambda r, d: [["loop", [["listen", r or "OK", seconds(d) if d else 0]]]], "listen OK"),
    (r"sleep (\S+)", lambda delay: _after(delay), "sleep 2s"),
)  # fmt: skip
"""Each phrase: its form, what it does, an example."""
FOREVER = Behaviour("run forever", [["pause"]])
