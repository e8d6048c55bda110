"""What the daemon knows of a program without looking anywhere: its rules, where it is now, how its last tries ended."""

from __future__ import annotations

from initd.drive.program import End
from initd.drive.resolve import DEFAULT_PATH
from initd.drive.spawner import child_environment
from initd.record import Record
from initd.signals import signal_name
from initd.states import ProcessState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from initd.drive.program import Program
    from initd.kernel.port import Kernel
    from initd.supervise.process import Process

SECOND_NS = 1_000_000_000


class Facts(Record):
    """One program at one moment.

    `due_ns` is how long until the next thing happens by itself, None if nothing does; `due_at` that time of day. `since_ns`
    is how long the child has lived. `recent` is the end of the output of the last run where no file has it, and `logs` are the
    files that have it, each with where that run begins. `live` are the pids of all children, ours being
    `daemon`; `others` the ended tries of other programs.
    """

    name: str
    group: str
    process: str
    state: ProcessState
    command: str
    path: str = DEFAULT_PATH
    directory: str | None = None
    uid: int | None = None
    user: str | None = None
    startsecs: int = 1
    startretries: int = 3
    autostart: bool = True
    autorestart: str = "unexpected"
    exitcodes: tuple[int, ...] = (0,)
    stopwaitsecs: int = 10
    pid: int = 0
    failures: int = 0
    kills: int = 0
    stopsignal: str = "SIGTERM"
    ever_started: bool = True
    due_ns: int | None = None
    due_at: str = ""
    since_ns: int = 0
    ends: tuple[End, ...] = ()
    recent: bytes | None = None
    logs: tuple[tuple[str, int], ...] = ()
    daemon: int = 1
    live: tuple[int, ...] = ()
    others: tuple[tuple[End, ...], ...] = ()

    @property
    def tries(self) -> int:
        """How many failed starts in a row end in FATAL."""
        return self.startretries + 1

    def too_quick(self, end: End) -> bool:
        """Whether that end was a failed start."""
        return end.ended_ns - end.began_ns < self.startsecs * SECOND_NS


def facts_of(
    process: Process, program: Program, environ: Mapping[str, str], kernel: Kernel, programs: Iterable[Program]
) -> Facts:
    """The facts of one program, `programs` being all of them."""
    config, now_ns = program.config, kernel.mono()
    others = [each for each in programs if each is not program]
    live = tuple(each.running.pid for each in (program, *others) if each.running is not None)
    due_ns = None if process.due_ns is None else max(0, process.due_ns - now_ns)
    starts = program.ends[-1].logged if program.ends else (0, 0)
    logs = zip(program.log_paths, starts, strict=True) if program.tail is None else ()
    return Facts(
        process.name if process.name == process.group else process.key,
        process.group,
        process.name,
        process.state,
        config.command,
        child_environment(environ, config, program.group).get("PATH", DEFAULT_PATH),
        config.directory,
        config.uid,
        config.user,
        config.startsecs,
        config.startretries,
        config.autostart,
        config.autorestart.value,
        config.exitcodes,
        config.stopwaitsecs,
        process.pid,
        process.failures,
        process.kills,
        signal_name(config.stopsignal),
        process.ever_started,
        due_ns,
        "" if due_ns is None else _clock(kernel, due_ns),
        now_ns - process.up_since if process.pid else 0,
        program.ends,
        None if program.tail is None else program.tail.recent,
        tuple((path, start) for path, start in logs if path),
        kernel.getpid(),
        live,
        tuple(each.ends for each in others if each.ends),
    )


def _clock(kernel: Kernel, due_ns: int) -> str:
    return "{3:02}:{4:02}:{5:02}".format(*kernel.local_time(kernel.wall() + due_ns))
