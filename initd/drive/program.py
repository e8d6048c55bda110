"""What the driver holds for a program: its configuration, its log paths, and each child that lives.

`Program` is one core instance; `Running` is one child of it, from its fork to its reap. There is at most one Running a
Program, but for a stray whose end is already ordered.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from initd.config.model import ProcessConfig
    from initd.drive.stdin import StdinPipe
    from initd.logs.program import ProgramLogs


class Program:
    """One process of the configuration. `stdout_path`, `stderr_path` have AUTO resolved; "" is no file."""

    __slots__ = ("config", "group", "instance", "running", "stderr_path", "stdout_path")

    def __init__(self, instance: int, group: str, config: ProcessConfig, stdout_path: str, stderr_path: str) -> None:
        self.instance = instance
        self.group = group
        self.config = config
        self.stdout_path = stdout_path
        self.stderr_path = stderr_path
        self.running: Running | None = None


class Running:
    """One child: what is open for it in the daemon. It owns `note_fd` (-1: none), `stdin` and `logs`."""

    __slots__ = ("attempt", "logs", "note_fd", "pid", "program", "stdin")

    def __init__(self, program: Program, attempt: int, logs: ProgramLogs, stdin: StdinPipe) -> None:
        self.program = program
        self.attempt = attempt
        self.pid = 0
        self.logs = logs
        self.stdin = stdin
        self.note_fd = -1
