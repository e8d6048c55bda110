"""How a simulated run ends: raised through the daemon, past every `except Exception` it has."""

from __future__ import annotations


class Halt(BaseException):
    """The base: the simulation stops here, and the daemon's code must not catch it."""


class Deadlock(Halt):
    """The daemon waits with no deadline, nothing can ever happen again, and no end was set for the run."""


class EndOfRun(Halt):
    """Virtual time reached the end that was set for the run."""


class Livelock(Halt):
    """The daemon polls again and again while no time passes."""


class BlockedLoop(Halt):
    """The daemon's own thread made a call that would never return: it must not touch what can hang."""


class Terminated(Halt):
    """The daemon ended itself through `terminate`; `code` is its exit status."""

    def __init__(self, code: int) -> None:
        super().__init__(f"exit status {code}")
        self.code = code


class Killed(Halt):
    """The daemon died of a signal it did not catch."""

    def __init__(self, signal: int) -> None:
        super().__init__(f"killed by signal {signal}")
        self.signal = signal
