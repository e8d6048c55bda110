"""Runs the shipped daemon on what a real kernel answered once: `initd-sim replay` of a recording (`initd --record`).

The daemon is `initd.app.Application` over a kernel and files that know nothing but the recording. It has to make the very
calls that were recorded, in that order, with those arguments, to have the same effects and the same end; the first call or
effect that differs ends the replay. An operation off the loop runs when its completion was taken.
"""

from __future__ import annotations

import sys
from os.path import commonprefix

from initd.app import Application, Hooks
from initd.config.cmdline import Arguments, Given
from initd.config.host import Host
from initd.config.load import load
from initd.config.model import Notice
from initd.errors import InitdError
from initd.kernel import transcript
from initd.kernel.port import Completion
from initd.kernel.recording import CALLS, FILE_CALLS
from initd.kernel.transcript import RecordingError
from initd.record import Record
from initd.session import Environment
from initd.supervise.effects import StateChanged
from sim.kernel.halt import Halt
from sim.simulation import Change

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import IO, Any, NoReturn

    from initd.kernel.transcript import Entry
    from initd.session import Session
    from initd.supervise.effects import Effect

CONTEXT = 60
"""So many characters before two texts part are shown, and twice as many from there on."""
EXIT_EQUAL, EXIT_DIFFERENT, EXIT_USAGE = 0, 1, 2


class EndOfRecording(Halt):
    """Everything recorded has been asked for: from here on nobody knows what the kernel would answer."""


class Different(Halt):
    """The daemon does something else than it did; the text says what, what was recorded, and where."""


class Broken(Halt):
    """The recording cannot be read any further; the text says why."""


class Tape:
    """The recording and how far it has been played; `over` is what ended it, once something has."""

    def __init__(self, entries: Iterator[tuple[int, Entry]], path: str) -> None:
        self.path = path
        self.played = 0
        self.over: Halt | None = None
        self.began_ns: int | None = None
        self.now_ns = 0
        self._entries = entries
        self._line = 1

    def take(self, name: str, arguments: tuple[Any, ...]) -> Any:
        """The answer recorded for this call, which must be the next one; raises what it raised."""
        found = self._next()
        if found[:2] != (name, arguments):
            self.differ(told(found), told((name, arguments)))
        self.played += 1
        if name == "mono":
            self._clock(found[2])
        return outcome(found)

    def header(self) -> Any:
        """Who ran where; to be asked first. RecordingError if nothing was written."""
        _, found = next(self._entries, (0, ("", (), None)))
        if found[0] != "header":
            raise RecordingError(f"{self.path} holds nothing: the daemon ended before it first slept")
        self.played += 1
        return found[2]

    def differ(self, recorded: str, now: str, where: str = "") -> NoReturn:
        """End the replay here."""
        after_s = (self.now_ns - (self.began_ns or self.now_ns)) / 1e9
        place = f"{self.path}:{self._line}: {after_s:.6f} s after the start{where}"
        was, does = side_by_side(recorded, now)
        self._stop(Different(f"{place}\n  recorded: {was}\n  now:      {does}"))

    def rest(self) -> int:
        """How many entries have not been played."""
        return sum(1 for _ in self._entries)

    def _next(self) -> Entry:
        if self.over is not None:
            raise self.over  # what runs on its way out asks in vain
        try:
            found = next(self._entries, None)
        except RecordingError as error:  # the daemon catches what is an Exception
            self._stop(Broken(str(error)))
        if found is None:
            self._stop(EndOfRecording(f"the recording ends after {self.played} entries"))
        self._line = found[0]
        return found[1]

    def _stop(self, reason: Halt) -> NoReturn:
        self.over = reason
        raise reason

    def _clock(self, now_ns: int) -> None:
        self.now_ns = now_ns
        if self.began_ns is None:
            self.began_ns = now_ns


def side_by_side(one: str, other: str) -> tuple[str, str]:
    """Two texts cut so that where they part can be seen; the name of a call stays in front."""
    same = len(commonprefix([one, other]))
    start, name = same - CONTEXT, one.partition("(")[0] + "("
    if start <= len(name) or not other.startswith(name):
        start, name = 0, ""
    cut = [text[start : same + 2 * CONTEXT] + ("…" if len(text) > same + 2 * CONTEXT else "") for text in (one, other)]
    before = f"{name}… " if start else ""
    return before + cut[0], before + cut[1]


def told(entry: Entry) -> str:
    """A call as a person reads it."""
    return f"{entry[0]}({', '.join(map(repr, entry[1]))})"


def outcome(entry: Entry) -> Any:
    """The answer of an entry, or what it raised."""
    if len(entry) == 4:
        raise transcript.revived_error(entry[3])
    return transcript.revived(entry[2])


class ReplayFiles:
    """Has the calls of `Files`, answered for the operation that is under way, or else from the tape."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._calls: list[Entry] | None = None
        self._at = 0
        self._where = ""
        for name in FILE_CALLS:
            setattr(self, name, self._replayed(name))

    def run(self, operation: Callable[[Any], Any], calls: list[Entry], where: str) -> tuple[Any, Exception | None]:
        """Run an operation that has to make just these calls; its value, or what it raised."""
        self._calls, self._at, self._where = calls, 0, where
        value, failed = None, None
        try:
            value = operation(self)
        except Exception as error:
            failed = error
        if self._at < len(calls):
            self._tape.differ(told(calls[self._at]), "the operation has ended", where)
        self._calls = None
        return value, failed

    def _replayed(self, name: str) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            calls, asked = self._calls, (name, transcript.shown(arguments))
            if calls is None:
                return self._tape.take(f"files.{name}", asked[1])
            if self._at >= len(calls):
                self._tape.differ("the operation had ended", told(asked), self._where)
            found = calls[self._at]
            if found[:2] != asked:
                self._tape.differ(told(found), told(asked), self._where)
            self._at += 1
            return outcome(found)

        return call


class ReplayKernel:
    """Has the calls of `Kernel`, answered from the tape."""

    def __init__(self, tape: Tape, files: ReplayFiles) -> None:
        self._tape, self._files = tape, files
        self._operations: dict[int, tuple[str, Callable[[Any], Any]]] = {}
        for name in CALLS:
            if not hasattr(type(self), name):
                setattr(self, name, self._replayed(name))

    def _replayed(self, name: str) -> Callable[..., Any]:
        take, shown = self._tape.take, transcript.shown
        return lambda *arguments: take(name, shown(arguments))

    def catch_signals(self, signals: Iterable[int]) -> None:
        self._tape.take("catch_signals", (tuple(signals),))

    def submit(self, lane: str, operation: Callable[[Any], Any]) -> int:
        token: int = self._tape.take("submit", (lane,))
        self._operations[token] = lane, operation
        return token

    def take_completions(self) -> list[Completion]:
        return [self._completion(*each) for each in self._tape.take("take_completions", ())]

    def _completion(self, token: int, calls: list[Entry], recorded: tuple[Any, ...] | None) -> Completion:
        if token not in self._operations:
            self._tape.differ(f"the end of operation {token}", "no such operation")
        lane, operation = self._operations.pop(token)
        where = f", in operation {token} of lane {lane!r}"
        value, failed = self._files.run(operation, calls, where)
        now = None if failed is None else transcript.plain_error(failed)
        if now == recorded:
            return Completion(token, value, failed)
        if calls or recorded is None:
            self._tape.differ(_raised(recorded), _raised(now), where)
        # It depends on more than the port shows, an import for instance: then it is as it was.
        return Completion(token, None, transcript.revived_error(recorded or ()))


def _raised(error: tuple[Any, ...] | None) -> str:
    return "no error" if error is None else f"raised {error}"


class Replayed(Record):
    """What came of a replay; `difference` is empty if there is none, `status` None if the recording ends first."""

    changes: tuple[Change, ...]
    played: int
    difference: str
    status: int | None


class Replay:
    """One replay; `on_change` hears of each state change."""

    def __init__(self, tape: Tape, on_change: Callable[[Change], None]) -> None:
        self._tape, self._on_change = tape, on_change
        self._files = ReplayFiles(tape)
        self.changes: list[Change] = []

    def run(self) -> int:
        """Play it; the exit status. Raises EndOfRecording, Different,
        or the error of a start that comes to nothing."""
        header = self._tape.header()
        fields: Any = header["host"]
        configuration, given = header["arguments"]
        host = Host(**fields, files=self._files)  # type: ignore[arg-type]
        arguments = Arguments(configuration, {name: Given(*one) for name, one in given.items()})
        config = load(arguments, host)
        console, nofile, notices, late = self._tape.take("begin", ())
        kernel: Any = ReplayKernel(self._tape, self._files)
        environment = Environment(kernel, host, arguments, console, nofile, self._heard)
        hooks = Hooks(started=self._started, renewed=self._renewed, late=_nothing if late else None)
        application = Application(environment, config, hooks)
        application.session.notices[:] = [Notice(*notice) for notice in notices]
        application.listen()
        status = application.run()
        self._tape.take("end", (status,))
        return status

    def _heard(self, effect: Effect) -> None:
        self._tape.take("effect", transcript.shown((effect,)))
        if isinstance(effect, StateChanged):
            change = Change(self._tape.now_ns - (self._tape.began_ns or 0), effect)
            self.changes.append(change)
            self._on_change(change)

    def _hook(self, name: str, session: Session) -> Any:
        answer, notices = self._tape.take("hook", (name,))
        session.notices += [Notice(*notice) for notice in notices]
        return answer

    def _started(self, session: Session) -> bool:
        return bool(self._hook("started", session))

    def _renewed(self, session: Session) -> None:
        self._hook("renewed", session)


def _nothing(files: Any) -> None:
    """In place of what is run late, of which no calls are recorded."""


def replay(path: str, on_change: Callable[[Change], None] = lambda change: None) -> Replayed:
    """Replay the recording in a file; OSError, RecordingError."""
    with open(path, "rb") as file:
        return replay_file(file, path, on_change)


def replay_file(
    file: IO[bytes], path: str, on_change: Callable[[Change], None] = lambda change: None
) -> Replayed:
    """Replay an open recording that is called `path` in what is said about it; RecordingError."""
    tape = Tape(transcript.entries(file, path), path)
    run = Replay(tape, on_change)
    status, difference = None, ""
    try:
        status = run.run()
    except EndOfRecording:
        pass
    except Broken as broken:
        raise RecordingError(str(broken)) from None
    except Different as different:
        difference = str(different)
    except RecordingError:
        raise
    except (InitdError, OSError) as error:  # it could not start, and the recording has to end here as well
        if tape.rest():
            difference = f"{path}: the start fails now, and did not when it was recorded: {error}"
    return Replayed(tuple(run.changes), tape.played, difference, status)


def replay_recording(path: str) -> int:
    """Replay the recording in a file and print its story; the exit status: 0 where it is the same, 1 where it differs, 2."""
    try:
        result = replay(path, lambda change: print(line(change)))
    except (OSError, RecordingError) as error:
        sys.stderr.write(f"Error: {error}\n")
        return EXIT_USAGE
    if result.difference:
        print(f"DIFFERENT {result.difference}")
        return EXIT_DIFFERENT
    end = "the recording ends before the daemon" if result.status is None else f"exit status {result.status}"
    print(f"the same in all of {result.played} entries; {end}")
    return EXIT_EQUAL


def line(change: Change) -> str:
    """One state change as one line."""
    what = change.change
    return f"{change.time_ns / 1e9:>12.6f}  {change.name}  {what.old.name} -> {what.new.name}"
