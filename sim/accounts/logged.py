"""One start of a daemon as its main log tells it: each line that concerns a program becomes a part of the story.

What the lines leave open is unknown (`OPEN`, `OPEN_BELOW_DEBUG`). Programs they are not clear about are left out, with
the reason.
"""

from __future__ import annotations

import re

from initd.signals import signal_number
from sim.accounts.account import Account, Telling, full_names
from sim.scenario import SECOND_NS, Kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from initd.config.model import GroupConfig

TOLERANCE_NS = SECOND_NS // 4
"""How much shorter a span may look than it was: lines are written a moment after what they tell of, by milliseconds."""
NO_COMMANDS = "a main log does not tell what clients ask"
NO_EXIT = "a main log does not tell of the daemon's exit"
NO_EVENTS = "a main log does not tell of every change of state"
OPEN = {
    "R4": "a main log does not tell which pids signals go to", "R7": NO_EXIT,
    "S5": "whether an end was too quick follows from startsecs alone, since the line is the same",
    "S9": NO_EVENTS, "S10": NO_COMMANDS, "S12": NO_COMMANDS, "S13": NO_COMMANDS, "S14": NO_EVENTS,
    "T6": "a main log does not tell what was started by the boot", "T7": NO_COMMANDS, "T8": NO_EXIT,
    "V2": "a main log does not tell whether SIGKILL works", "V3": NO_EXIT, "V5": NO_COMMANDS,
}  # fmt: skip
"""Laws that no main log shows to hold."""
NO_DEBUG = "only a log at loglevel debug tells when and how programs are stopped"
OPEN_BELOW_DEBUG = dict.fromkeys(("S6", "S8", "T1", "T2", "T3", "T4", "T5", "V1"), NO_DEBUG)
NO_SHUTDOWN = "no line says when the daemon was told to end"
BY_THE_CLOCK = ("S4", "S6", "S8", "T2", "T3", "V1", "V4")
"""Laws of which nothing can be said once the clock was set back."""


class Start:
    """What is heard between one `supervisord started` and the next. `now_ns` and `line` are kept up by who reads."""

    def __init__(self, groups: Sequence[GroupConfig]) -> None:
        self.telling = Telling()
        self.now_ns = self.line = 0
        self.back = ""
        self.debug = False
        self._groups = groups
        self._by_name = full_names(groups)
        self._unjudged: dict[str, str] = {}
        self._states: dict[str, str] = {}
        self._failures: dict[str, int] = {}
        self._born: dict[str, int] = {}
        self._due: set[str] = set()
        self._not_quick: set[str] = set()
        self._shut = False
        for group in groups:
            self.telling.add(group)
        for names in self._by_name.values():
            if len(names) > 1:
                for name in names:
                    self._unjudged[name] = f"{len(names)} programs have this process name, and lines give no other"

    def hear(self, message: str) -> None:
        """One line's text."""
        for pattern, heard in HEARD:
            if found := pattern.fullmatch(message):
                heard(self, **found.groupdict())
                return

    def end(self, title: str) -> Account:
        """There is no more."""
        unknown = dict(OPEN) if self.debug else {**OPEN, **OPEN_BELOW_DEBUG}
        if not self._shut:
            unknown["S11"] = unknown["T5"] = NO_SHUTDOWN
        if self.back:
            unknown |= dict.fromkeys(BY_THE_CLOCK, self.back)
        for name in self._unjudged.keys() & set(self.telling.names()):
            self.telling.drop(name)
        return self.telling.account(title, self.now_ns, unknown, self._unjudged, TOLERANCE_NS)

    # -- lines

    def _program(self, name: str) -> str | None:
        """The one program a line means; None if there is none, or more than one."""
        names = self._by_name.get(name, [])
        if not names:
            self._unjudged.setdefault(name, "it is in no section of the configuration")
        return names[0] if len(names) == 1 and names[0] not in self._unjudged else None

    def _enter(self, name: str, state: str, more: str = "") -> None:
        self._states[name] = state
        self.telling.tell(self.now_ns, name, "state", f"{state} {more}".rstrip(), self.line)

    def _started(self, name: str) -> None:
        """It is being started: by itself where that can be, else because somebody has asked for it."""
        state = self._states.get(name, "")
        by_itself = self.telling.spec(name).autostart if not state else state == "BACKOFF" or name in self._due
        if not by_itself and not self._shut:
            self.telling.did(self.now_ns, Kind.START, name, self.line)
        self._due.discard(name)
        if state != "STARTING":
            self._enter(name, "STARTING", str(self._failures.get(name, 0)))

    def _spawned(self, name: str) -> None:
        program = self._program(name)
        if program is not None:
            self._started(program)
            self._born[program] = self.now_ns
            self.telling.born(self.now_ns, program, self.line)

    def _spawn_failed(self, why: str) -> None:
        quoted = re.search(r"(?:to spawn|for|during fork for) '(.+?)'", why)
        programs = [quoted[1]] if quoted else self._by_command(why)
        if len(programs) != 1:
            concerned = programs or list(self._by_name)
            for each in concerned:
                for name in self._by_name.get(each, []):
                    self._unjudged.setdefault(name, f"line {self.line} does not say which program could not be started")
            return
        program = self._program(programs[0])
        if program is not None:
            self._started(program)
            self.telling.refused(self.now_ns, program)
            self._failed(program)

    def _by_command(self, why: str) -> list[str]:
        """The process names of those whose command such a text can speak of."""
        quoted = re.search(r"'(.*)'", why)
        if quoted is None:
            return []
        word = quoted[1].rpartition("/")[2]
        return sorted(
            {each.name for group in self._groups for each in group.processes if word and word in each.command.partition(" ")[0]}
        )

    def _failed(self, program: str) -> None:
        self._failures[program] = self._failures.get(program, 0) + 1
        self._enter(program, "BACKOFF", str(self._failures[program]))
        self._give_up()

    def _succeeded(self, name: str) -> None:
        program = self._program(name)
        if program is not None:
            self._failures[program] = 0
            self._enter(program, "RUNNING")

    def _gave_up(self, name: str) -> None:
        program = self._program(name)
        if program is not None:
            self._failures[program] = 0
            self._enter(program, "FATAL")

    def _exited(self, name: str, cause: str, expected: str) -> None:
        program = self._program(name)
        if program is None:
            return
        spec = self.telling.spec(program)
        self.telling.ended(self.now_ns, program, _status(cause))
        if self._states.get(program) == "STARTING" and program in self._not_quick:
            self._not_quick.discard(program)
            self._enter(program, "RUNNING")
            self.now_ns += 1
        elif self._states.get(program) == "STARTING":
            more_ns = self.now_ns - self._born.get(program, self.now_ns) - spec.startsecs * SECOND_NS
            if expected == "not expected" and abs(more_ns) <= TOLERANCE_NS and spec.startsecs > 0:
                self._unjudged[program] = f"line {self.line} may tell of a failed start, or of one that has just succeeded"
                return
            if expected == "not expected" and more_ns < 0:
                self._failed(program)
                return
            self._enter(program, "RUNNING")
            self.now_ns += 1
        self._failures[program] = 0
        self._enter(program, "EXITED", "expected" if expected == "expected" else "unexpected")
        if spec.autorestart == "true" or (spec.autorestart == "unexpected" and expected != "expected"):
            self._due.add(program)

    def _assumed_slow(self, name: str) -> None:
        """By the wall clock it ended before it began, which supervisord does not take for too quick (D3)."""
        program = self._program(name)
        if program is not None:
            self._not_quick.add(program)

    def _stopping(self, name: str, group: str | None, signal: str) -> None:
        """A signal of the daemon's own; its first one is the stop."""
        program, number = self._program(name), signal_number(signal)
        if program is None or number is None:
            return
        if self._states.get(program) != "STOPPING":
            if not self._shut:
                self.telling.did(self.now_ns, Kind.STOP, program, self.line)
            self._enter(program, "STOPPING")
        self.telling.tell(self.now_ns, program, "signal", f"{number} group" if group else str(number), self.line)
        self.telling.struck(self.now_ns, program, number)

    def _give_up(self) -> None:
        """In a shutdown who waits for a retry turns FATAL in the turn of their group; no line says so, so it is at once."""
        for program, state in list(self._states.items()):
            if self._shut and state == "BACKOFF":
                self.now_ns += 1
                self._enter(program, "FATAL")

    def _signalled(self, name: str, signal: str) -> None:
        program, number = self._program(name), signal_number(signal)
        if program is not None and number is not None:
            self.telling.did(self.now_ns, Kind.SIGNAL, program, self.line, number)
            self.telling.tell(self.now_ns, program, "signal", str(number), self.line)

    def _stopped(self, name: str, cause: str) -> None:
        program = self._program(name)
        if program is None:
            return
        if self._states.get(program) in ("STARTING", "RUNNING") and not self.debug:
            if not self._shut:
                self.telling.did(self.now_ns, Kind.STOP, program, self.line)
            self._enter(program, "STOPPING")
            self.now_ns += 1
        self.telling.ended(self.now_ns, program, _status(cause))
        self._enter(program, "STOPPED")

    def _called_off(self, name: str) -> None:
        program = self._program(name)
        if program is not None:
            self.telling.did(self.now_ns, Kind.STOP, program, self.line)
            self._enter(program, "STOPPED")

    def _lost(self, name: str) -> None:
        program = self._program(name)
        if program is not None:
            self.telling.did(self.now_ns, Kind.REFUSE, program, self.line, 1)
            self._enter(program, "UNKNOWN")

    def _told_to_end(self) -> None:
        if not self._shut:
            self._shut = True
            self.telling.did(self.now_ns, Kind.SHUTDOWN, "", self.line)
            self._give_up()


def _status(cause: str) -> int:
    """An exit code, or the negative of a signal."""
    kind, _, rest = cause.partition(" by ")
    if kind == "terminated":
        return -(signal_number(rest.partition(" ")[0]) or 1)
    digits = cause.rpartition(" ")[2]
    return int(digits) if digits.isdigit() else 1


HEARD: tuple[tuple[re.Pattern[str], Callable[..., None]], ...] = (
    (re.compile(r"spawned: '(?P<name>.*)' with pid \d+"), Start._spawned),
    (re.compile(r"spawnerr: (?P<why>.*)", re.DOTALL), Start._spawn_failed),
    (re.compile(r"success: (?P<name>.*) entered RUNNING state, process has stayed up for .*"), Start._succeeded),
    (re.compile(r"gave up: (?P<name>.*) entered FATAL state, .*"), Start._gave_up),
    (re.compile(r"process '(?P<name>.*)' \(\d+\) laststart time is in the future, .*"), Start._assumed_slow),
    (re.compile(r"exited: (?P<name>.*) \((?P<cause>.*); (?P<expected>(?:not )?expected)\)"), Start._exited),
    (re.compile(r"stopped: (?P<name>.*) \((?P<cause>(?:exit status|terminated by|unknown).*)\)"), Start._stopped),
    (re.compile(r"killing (?P<name>.*) \(pid \d+\) (?P<group>process group )?with signal (?P<signal>\S+)"), Start._stopping),
    (re.compile(r"sending (?P<name>.*) \(pid \d+\) sig (?P<signal>\S+)"), Start._signalled),
    (re.compile(r"Attempted to kill (?P<name>.*), which is in BACKOFF state\."), Start._called_off),
    (re.compile(r"unknown problem (?:killing|sending sig \S+) (?P<name>.*) \(\d+\):.*", re.DOTALL), Start._lost),
    (re.compile(r"received SIG(?:TERM|INT|QUIT) indicating exit request"), Start._told_to_end),
    (re.compile(r"waiting for .* to die"), Start._told_to_end),
)
"""What is listened to; other lines do not concern a story."""
