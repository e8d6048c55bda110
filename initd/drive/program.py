"""What the driver holds for a program: its configuration, the child that lives, and how the last tries ended.

`Program` is one core instance; `Running` is one child of it, from its fork to its reap. There is at most one Running a
Program, but for a stray whose end is already ordered.
"""

from __future__ import annotations

from initd.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from initd.config.model import ProcessConfig
    from initd.drive.stdin import StdinPipe
    from initd.logs.lastwords import Tail
    from initd.logs.program import ProgramLogs


KEPT_ENDS = 8
"""So many tries of a program are remembered, for whoever asks why it is in the state it is in."""


class End(Record):
    """How one try ended: with the end of a child, or, with `pid` 0, for the reason in `text` without one.

    Times are monotonic nanoseconds. `code` or `signal` is set, the other None; `sent` is the last signal that we sent it, 0
    for none. `logged` is how long its log files were when it began, as `OpenLogs.sizes`.
    """

    pid: int
    began_ns: int
    ended_ns: int
    code: int | None = None
    signal: int | None = None
    sent: int = 0
    logged: tuple[int, int] = (0, 0)
    text: str = ""


class Program:
    """One process of the configuration; the log files in `config` have AUTO resolved. `tail` keeps the end of its output.

    `logs` are those of the child that lives, or of the last that did; None before the first. `ends` are its last KEPT_ENDS tries,
    the newest last.
    """

    __slots__ = ("config", "ends", "group", "instance", "logs", "running", "tail")

    def __init__(self, instance: int, group: str, config: ProcessConfig) -> None:
        self.instance = instance
        self.group = group
        self.config = config
        self.running: Running | None = None
        self.logs: ProgramLogs | None = None
        self.tail: Tail | None = None
        self.ends: tuple[End, ...] = ()

    def remember(self, end: End) -> None:
        """One more try is over."""
        self.ends = (*self.ends[1 - KEPT_ENDS :], end)

    @property
    def has_files(self) -> bool:
        """Whether all it writes is in files that can be read again."""
        logs = (self.config.stdout,) if self.config.redirect_stderr else (self.config.stdout, self.config.stderr)
        return all(isinstance(log.file, str) and log.file and not log.file.startswith("/dev/") for log in logs)

    @property
    def log_paths(self) -> tuple[str | None, str | None]:
        """The files of stdout and stderr; None where there is none, "" where the option was left empty."""
        stderr = None if self.config.redirect_stderr else self.config.stderr.file
        stdout = self.config.stdout.file
        return stdout if isinstance(stdout, str) else None, stderr if isinstance(stderr, str) else None


class Running:
    """One child: what is open for it in the daemon. It owns `note_fd` (-1: none), `stdin` and `logs`.

    `began_ns`, `logged` and `sent` are what its End will say.
    """

    __slots__ = ("attempt", "began_ns", "logged", "logs", "note_fd", "pid", "program", "sent", "stdin")

    def __init__(
        self,
        program: Program,
        attempt: int,
        pid: int,
        note_fd: int,
        logs: ProgramLogs,
        stdin: StdinPipe,
        began_ns: int = 0,
        logged: tuple[int, int] = (0, 0),
    ) -> None:
        self.program = program
        self.attempt = attempt
        self.pid = pid
        self.note_fd = note_fd
        self.logs = logs
        self.stdin = stdin
        self.began_ns = began_ns
        self.logged = logged
        self.sent = 0
