"""A main log, initd's or a stock supervisord's, as accounts, one for each start of the daemon (supervisord-4.3 §2.4, §4.1).

A log tells of spawns, ends, successes and giving up, by process name and to the millisecond; at loglevel debug of signals, too.
It never tells of what clients ask. What its lines leave open is unknown (`OPEN`, `OPEN_BELOW_DEBUG`); programs they are not
clear about are left out, with the reason.
"""

from __future__ import annotations

import re
from datetime import datetime

from initd.signals import signal_number
from sim.accounts.account import Account, AccountError, Telling, full_names
from sim.scenario import SECOND_NS, Kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from initd.config.model import GroupConfig

LINE = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),(\d{3}) (CRIT|ERRO|WARN|INFO|DEBG|TRAC|BLAT) (.*)", re.DOTALL)
TOLERANCE_NS = SECOND_NS // 4
"""How much shorter a span may look than it was: lines are written a moment after what they tell of, by milliseconds."""
CONTINUED = ("CRIT", "ERRO")
"""Lines of these levels may go on below, with a traceback for instance; so do those that end with a colon."""
NO_COMMANDS = "a main log does not tell what clients ask"
NO_EXIT = "a main log does not tell of the daemon's exit"
NO_EVENTS = "a main log does not tell of every change of state"
OPEN = {
    "S5": "whether an end was too quick follows from startsecs alone, since the line is the same",
    "S9": NO_EVENTS, "S10": NO_COMMANDS, "S12": NO_COMMANDS, "S13": NO_COMMANDS, "S14": NO_EVENTS,
    "T6": "a main log does not tell what was started by the boot", "T7": NO_COMMANDS,
    "V5": NO_COMMANDS, "R4": "a main log does not tell which pids signals go to", "R7": NO_EXIT, "V3": NO_EXIT,
}  # fmt: skip
"""Laws that no main log shows to hold."""
NO_DEBUG = "only a log at loglevel debug tells when and how programs are stopped"
OPEN_BELOW_DEBUG = dict.fromkeys(("S6", "T1", "T2", "T3", "T4", "T5", "V1", "V2"), NO_DEBUG)
NO_SHUTDOWN = "no line says when the daemon was told to end"


class Reader:
    """Reads one log with the configuration of its daemon."""

    def __init__(self, path: str, groups: Sequence[GroupConfig]) -> None:
        self._path, self._groups = path, groups
        self._accounts: list[Account] = []
        self._telling: Telling | None = None
        self._line = 0
        self._began = self._last = datetime.min
        self._may_go_on = self._debug = self._shut = False
        self._now_ns, self._back = 0, ""
        self._by_name = full_names(groups)
        self._unjudged: dict[str, str] = {}
        self._states: dict[str, str] = {}
        self._failures: dict[str, int] = {}
        self._born: dict[str, int] = {}
        self._due: set[str] = set()

    def read(self, lines: Iterable[str]) -> list[Account]:
        """All of it; AccountError with the number of the first line that is none."""
        for self._line, text in enumerate(lines, 1):
            found = LINE.fullmatch(text.rstrip("\n"))
            if found is None:
                if not self._may_go_on:
                    raise AccountError(f"{self._path}:{self._line}: no line of a main log: {text.rstrip()[:80]!r}")
                continue
            stamp, milliseconds, level, message = found.groups()
            self._may_go_on = level in CONTINUED or message.endswith(":")
            try:
                when = datetime.strptime(stamp, "%Y-%m-%d %H:%M:%S").replace(microsecond=1000 * int(milliseconds))
            except ValueError as error:
                raise AccountError(f"{self._path}:{self._line}: {error}") from None
            self._take(when, level, message)
        self._end()
        if not self._accounts:
            raise AccountError(f"{self._path}:{self._line or 1}: nowhere does it say `supervisord started with pid`")
        return self._accounts

    def _take(self, when: datetime, level: str, message: str) -> None:
        if message.startswith("supervisord started with pid "):
            self._end()
            self._begin(when)
            return
        if self._telling is None:
            return
        if when < self._last:
            self._back = f"the clock was set back before line {self._line}"
        elif when > self._last:
            self._last = when
        # Never twice the same, so that the order of the lines is the order of the story.
        told_ns = round((self._last - self._began).total_seconds() * 1000) * 1_000_000
        self._now_ns = max(told_ns, self._now_ns + 1)
        self._debug = self._debug or level == "DEBG"
        for pattern, heard in HEARD:
            if found := pattern.fullmatch(message):
                heard(self, **found.groupdict())
                return

    def _begin(self, when: datetime) -> None:
        self._telling = Telling()
        self._began = self._last = when
        self._now_ns, self._back = 0, ""
        self._debug = self._shut = False
        self._unjudged, self._states, self._failures, self._born = {}, {}, {}, {}
        self._due.clear()
        for group in self._groups:
            self._telling.add(group)
        for names in self._by_name.values():
            if len(names) > 1:
                for name in names:
                    self._unjudged[name] = f"{len(names)} programs have this process name, and lines give no other"

    def _end(self) -> None:
        if self._telling is None:
            return
        unknown = dict(OPEN) if self._debug else {**OPEN, **OPEN_BELOW_DEBUG}
        if not self._shut:
            unknown["S11"] = unknown["T5"] = NO_SHUTDOWN
        if self._back:
            unknown |= dict.fromkeys(("S4", "S6", "S8", "T2", "T3", "V1", "V2", "V4"), self._back)
        known = set(self._telling.names())
        for name in self._unjudged.keys() & known:
            self._telling.drop(name)
        title = f"start {len(self._accounts) + 1}"
        self._accounts.append(self._telling.account(title, self._now_ns, unknown, self._unjudged, TOLERANCE_NS))
        self._telling = None

    # -- lines

    def _program(self, name: str) -> str | None:
        """The one program a line means; None if there is none, or more than one."""
        names = self._by_name.get(name, [])
        if not names:
            self._unjudged.setdefault(name, "it is in no section of the configuration")
        return names[0] if len(names) == 1 and names[0] not in self._unjudged else None

    def _enter(self, name: str, state: str, more: str = "") -> None:
        assert self._telling is not None
        self._states[name] = state
        self._telling.tell(self._now_ns, name, "state", f"{state} {more}".rstrip(), self._line)

    def _started(self, name: str) -> None:
        """It is being started: by itself where that can be, else because somebody has asked for it."""
        assert self._telling is not None
        state = self._states.get(name, "")
        by_itself = self._telling.spec(name).autostart if not state else state == "BACKOFF" or name in self._due
        if not by_itself and not self._shut:
            self._telling.did(self._now_ns, Kind.START, name, self._line)
        self._due.discard(name)
        if state != "STARTING":
            self._enter(name, "STARTING", str(self._failures.get(name, 0)))

    def _spawned(self, name: str) -> None:
        program = self._program(name)
        if program is not None and self._telling is not None:
            self._started(program)
            self._born[program] = self._now_ns
            self._telling.born(self._now_ns, program, self._line)

    def _spawn_failed(self, why: str) -> None:
        quoted = re.search(r"(?:to spawn|for|during fork for) '(.+?)'", why)
        programs = [quoted[1]] if quoted else self._by_command(why)
        if len(programs) != 1:
            concerned = programs or list(self._by_name)
            for each in concerned:
                for name in self._by_name.get(each, []):
                    self._unjudged.setdefault(name, f"line {self._line} does not say which program could not be started")
            return
        program = self._program(programs[0])
        if program is not None and self._telling is not None:
            self._started(program)
            self._telling.refused(self._now_ns, program)
            self._failed(program)

    def _by_command(self, why: str) -> list[str]:
        """The process names of those whose command such a text can speak of."""
        quoted = re.search(r"'(.*)'", why)
        if quoted is None:
            return []
        word = quoted[1].rpartition("/")[2]
        return sorted(
            {each.name for group in self._groups for each in group.processes if word and word in each.command.split()[0]}
        )

    def _failed(self, program: str) -> None:
        self._failures[program] = self._failures.get(program, 0) + 1
        self._enter(program, "BACKOFF", str(self._failures[program]))

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
        if program is None or self._telling is None:
            return None
        spec = self._telling.spec(program)
        self._telling.ended(self._now_ns, program, _status(cause))
        if self._states.get(program) == "STARTING":
            lived_ns = self._now_ns - self._born.get(program, self._now_ns)
            if expected == "not expected" and lived_ns < spec.startsecs * SECOND_NS:
                return self._failed(program)
            self._enter(program, "RUNNING")
            self._now_ns += 1
        self._failures[program] = 0
        self._enter(program, "EXITED", "expected" if expected == "expected" else "unexpected")
        if spec.autorestart == "true" or (spec.autorestart == "unexpected" and expected != "expected"):
            self._due.add(program)

    def _stopping(self, name: str, group: str | None, signal: str) -> None:
        """A signal of the daemon's own; its first one is the stop."""
        program, number = self._program(name), signal_number(signal)
        if program is None or self._telling is None or number is None:
            return
        if self._states.get(program) != "STOPPING":
            if not self._shut:
                self._telling.did(self._now_ns, Kind.STOP, program, self._line)
            self._enter(program, "STOPPING")
        self._telling.tell(self._now_ns, program, "signal", f"{number} group" if group else str(number), self._line)
        self._telling.struck(self._now_ns, program, number)

    def _signalled(self, name: str, signal: str) -> None:
        program, number = self._program(name), signal_number(signal)
        if program is not None and self._telling is not None and number is not None:
            self._telling.did(self._now_ns, Kind.SIGNAL, program, self._line, number)
            self._telling.tell(self._now_ns, program, "signal", str(number), self._line)

    def _stopped(self, name: str, cause: str) -> None:
        program = self._program(name)
        if program is None or self._telling is None:
            return
        if self._states.get(program) in ("STARTING", "RUNNING") and not self._debug:
            if not self._shut:
                self._telling.did(self._now_ns, Kind.STOP, program, self._line)
            self._enter(program, "STOPPING")
            self._now_ns += 1
        self._telling.ended(self._now_ns, program, _status(cause))
        self._enter(program, "STOPPED")

    def _called_off(self, name: str) -> None:
        program = self._program(name)
        if program is not None and self._telling is not None:
            self._telling.did(self._now_ns, Kind.STOP, program, self._line)
            self._enter(program, "STOPPED")

    def _lost(self, name: str) -> None:
        program = self._program(name)
        if program is not None and self._telling is not None:
            self._telling.did(self._now_ns, Kind.REFUSE, program, self._line, 1)
            self._enter(program, "UNKNOWN")

    def _told_to_end(self) -> None:
        if not self._shut and self._telling is not None:
            self._shut = True
            self._telling.did(self._now_ns, Kind.SHUTDOWN, "", self._line)


def _status(cause: str) -> int:
    """An exit code, or the negative of a signal."""
    kind, _, rest = cause.partition(" by ")
    if kind == "terminated":
        return -(signal_number(rest.split()[0]) or 1)
    digits = cause.rpartition(" ")[2]
    return int(digits) if digits.isdigit() else 1


HEARD: tuple[tuple[re.Pattern[str], Callable[..., None]], ...] = (
    (re.compile(r"spawned: '(?P<name>.*)' with pid \d+"), Reader._spawned),
    (re.compile(r"spawnerr: (?P<why>.*)", re.DOTALL), Reader._spawn_failed),
    (re.compile(r"success: (?P<name>.*) entered RUNNING state, process has stayed up for .*"), Reader._succeeded),
    (re.compile(r"gave up: (?P<name>.*) entered FATAL state, .*"), Reader._gave_up),
    (re.compile(r"exited: (?P<name>.*) \((?P<cause>.*); (?P<expected>(?:not )?expected)\)"), Reader._exited),
    (re.compile(r"stopped: (?P<name>.*) \((?P<cause>(?:exit status|terminated by|unknown).*)\)"), Reader._stopped),
    (re.compile(r"killing (?P<name>.*) \(pid \d+\) (?P<group>process group )?with signal (?P<signal>\S+)"), Reader._stopping),
    (re.compile(r"sending (?P<name>.*) \(pid \d+\) sig (?P<signal>\S+)"), Reader._signalled),
    (re.compile(r"Attempted to kill (?P<name>.*), which is in BACKOFF state\."), Reader._called_off),
    (re.compile(r"unknown problem (?:killing|sending sig \S+) (?P<name>.*) \(\d+\):.*", re.DOTALL), Reader._lost),
    (re.compile(r"received SIG(?:TERM|INT|QUIT) indicating exit request"), Reader._told_to_end),
    (re.compile(r"waiting for .* to die"), Reader._told_to_end),
)
"""What is listened to; other lines do not concern a story."""


def accounts(path: str, groups: Sequence[GroupConfig]) -> list[Account]:
    """The starts in the main log in a file; AccountError with the line, OSError."""
    with open(path, encoding="utf-8", errors="backslashreplace", newline="\n") as file:
        return Reader(path, groups).read(file)
