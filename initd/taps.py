"""What becomes of the output of a program beside its logs: lines of the main log, events, and a listener's answers.

Composition of logs and core: supervisord-4.3 §4.1, §4.2, §4.4, §6.4.
"""

from __future__ import annotations

from functools import partial

from initd.logs.mainlog import Level, output_text
from initd.logs.pipe import Tap
from initd.supervise.events import Emitted, ListenerSpoke
from initd.supervise.notifications import communication, output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from initd.config.model import LogConfig
    from initd.drive.program import Program
    from initd.logs.sinks import Intake, Sink
    from initd.session import Session
    from initd.supervise.notifications import Notification

    Make = Callable[[str, str, int, str, bytes], Notification]


def taps_of(session: Session, program: Program) -> tuple[Tap, Tap]:
    """The taps of stdout and stderr for a run of that program."""
    if session.core.audience.pools.is_listener(program.instance):
        return _listener(session, program), _tap(session, program, "stderr")
    return _tap(session, program, "stdout"), _tap(session, program, "stderr")


def besides_of(session: Session, program: Program) -> dict[str, Callable[[Sink], Intake]]:
    """What stands before and beside the logs of a run of that program, by channel.

    Before them what makes lines of its output; beside them the system log, which a listener's answers are not for.
    """
    config = program.config
    listener = session.core.audience.pools.is_listener(program.instance)

    def intake(channel: str, log: LogConfig, sink: Sink) -> Intake:
        lines = _lines(session, program, channel, log, sink)
        beside = log.syslog and not (listener and channel == "stdout")
        return session.system_log.beside(config.name)(lines) if beside else lines

    return {"stdout": partial(intake, "stdout", config.stdout), "stderr": partial(intake, "stderr", config.stderr)}


def _lines(session: Session, program: Program, channel: str, log: LogConfig, sink: Sink) -> Intake:
    if not log.file or (log.format is None and not sink.own):
        return sink
    from initd.logs.lines import Lines

    form = None
    if log.format is not None:
        from initd.logs.formats import form_of

        pid = program.running.pid if program.running is not None else 0
        form = form_of(session.environment.kernel, log.format, program.config.name, program.group, channel, pid)
    return Lines(sink, (program.instance, channel), form)


def _listener(session: Session, program: Program) -> Tap:
    strip_ansi, name = session.config.daemon.strip_ansi, program.config.name

    def spoke(data: bytes) -> None:
        session.log("debug", f"{name!r} stdout output:\n{data!r}")
        session.driver.handle(ListenerSpoke(program.instance, data))

    return Tap(strip_ansi=strip_ansi, on_raw=spoke, on_close=_closed(session, program, "PEventListenerDispatcher", "stdout"))


def _tap(session: Session, program: Program, channel: str) -> Tap:
    config = program.config
    log = config.stdout if channel == "stdout" else config.stderr
    debug = session.main_log.threshold <= Level.DEBG
    tail = program.tail

    def emit(make: Make, data: bytes) -> None:
        pid = program.running.pid if program.running is not None else 0
        session.driver.handle(Emitted(make(config.name, program.group, pid, channel, data)))

    def chunk(data: bytes) -> None:
        if tail is not None:
            tail.add(data)
        if debug:
            session.log("debug", output_text(config.name, channel, data))
        if log.events_enabled and session.core.audience.pools.wanted(f"PROCESS_LOG_{channel.upper()}"):
            emit(output, data)

    def message(data: bytes) -> None:
        emit(communication, data)
        session.log("debug", f"{config.name!r} {channel} emitted a comm event")

    needed = debug or log.events_enabled or tail is not None
    closed = _closed(session, program, "POutputDispatcher", channel)
    return Tap(chunk if needed else None, session.config.daemon.strip_ansi, log.capture_maxbytes, message, None, closed)


def _closed(session: Session, program: Program, kind: str, channel: str) -> Callable[[int], None] | None:
    """supervisord's line for a pipe that is closed; where it has addresses in memory there is the number of the instance."""
    if session.main_log.threshold > Level.DEBG:
        return None
    at = program.instance

    def closed(fd: int) -> None:
        process = session.core.process(at)
        state = process.state.name if process is not None else "UNKNOWN"
        what = f"<Subprocess at {at} with name {program.config.name} in state {state}>"
        session.log("debug", f"fd {fd} closed, stopped monitoring <{kind} at {at} for {what} ({channel})>")

    return closed
