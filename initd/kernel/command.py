"""What passes between an init and its kernel (init_port): the command to start, a signal that has come."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

SI_QUEUE = -1
"""The `code` of a signal that carries a value (sigqueue(3))."""


class Arrived:
    """A signal that has come: who sent it, and with what. `code`, `pid`, `uid`, `value` are siginfo_t's (sigaction(2))."""

    __slots__ = ("code", "number", "pid", "uid", "value")

    def __init__(self, number: int, code: int = 0, pid: int = 0, uid: int = 0, value: int = 0) -> None:
        self.number, self.code, self.pid, self.uid, self.value = number, code, pid, uid, value


class Command:
    """What is to run: `argv`, searched for in PATH as execvp(3) does, with our environment, directory and descriptors.

    `place` is `group` (a process group of its own), `session` (a session of its own), or `none`. The child gets the signal
    mask and the ignored signals we were started with, the terminal if we were in front of it, and LISTEN_PID if that
    named us. When no program can be executed the child writes and exits with what `refuse(errno, its text, pid)` answers.
    """

    __slots__ = ("argv", "place", "refuse")

    def __init__(self, argv: tuple[str, ...], place: str, refuse: Callable[[int, str, int], tuple[str, int]]) -> None:
        self.argv, self.place, self.refuse = argv, place, refuse
