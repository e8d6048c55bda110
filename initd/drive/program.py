"""What the driver holds for a program: its configuration, and the child that lives.

`Program` is one core instance; `Running` is one child of it, from its fork to its reap. There is at most one Running a
Program, but for a stray whose end is already ordered.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from initd.config.model import ProcessConfig
    from initd.drive.stdin import StdinPipe
    from initd.logs.lastwords import Tail
    from initd.logs.program import ProgramLogs


class Program:
    """One process of the configuration; the log files in `config` have AUTO resolved. `tail` keeps the end of its output.

    `logs` are those of the child that lives, or of the last that did; None before the first.
    """

    __slots__ = ("config", "group", "instance", "logs", "running", "tail")

    def __init__(self, instance: int, group: str, config: ProcessConfig) -> None:
        self.instance = instance
        self.group = group
        self.config = config
        self.running: Running | None = None
        self.logs: ProgramLogs | None = None
        self.tail: Tail | None = None

    @property
    def log_paths(self) -> tuple[str | None, str | None]:
        """The files of stdout and stderr; None where there is none, "" where the option was left empty."""
        stderr = None if self.config.redirect_stderr else self.config.stderr.file
        stdout = self.config.stdout.file
        return stdout if isinstance(stdout, str) else None, stderr if isinstance(stderr, str) else None


class Running:
    """One child: what is open for it in the daemon. It owns `note_fd` (-1: none), `stdin` and `logs`."""

    __slots__ = ("attempt", "logs", "note_fd", "pid", "program", "stdin")

    def __init__(
        self, program: Program, attempt: int, pid: int, note_fd: int, logs: ProgramLogs, stdin: StdinPipe
    ) -> None:
        self.program = program
        self.attempt = attempt
        self.pid = pid
        self.note_fd = note_fd
        self.logs = logs
        self.stdin = stdin
