"""What ends a wait from outside the watched descriptors: caught signals, and a bell that worker threads ring.

One non-blocking pipe serves both: the interpreter's C-level signal handler writes a byte (signal.set_wakeup_fd; an
eventfd will not do, it refuses single bytes), and so does `ring`. A byte is only a hint and may be dropped when the
pipe is full; which signals came is kept by the Python handlers, so none is lost. The signal mask is never touched,
because children would inherit it. `_signal` saves the wrappers of `signal`, which turn every number into an enum.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal as _signal
    from collections.abc import Iterable
    from types import FrameType
else:
    import _signal

DRAIN_BYTES = 65536
"""As much as a pipe holds: one read empties it."""


class Wakeup:
    """A descriptor that becomes readable when a caught signal or a ring has come in; for the main thread, but `ring`."""

    def __init__(self) -> None:
        self.fd, self._bell = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._pending: set[int] = set()
        self._replaced = _signal.set_wakeup_fd(self._bell, warn_on_full_buffer=False)
        # Python ignores these two by itself, an embedding program might not; a write must fail with EPIPE or EFBIG.
        _signal.signal(_signal.SIGPIPE, _signal.SIG_IGN)
        _signal.signal(_signal.SIGXFSZ, _signal.SIG_IGN)
        # A SIGCHLD that was inherited as ignored makes the kernel throw exit statuses away.
        if _signal.getsignal(_signal.SIGCHLD) == _signal.SIG_IGN:
            _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)

    def catch(self, signals: Iterable[int]) -> None:
        """Collect these from now on."""
        for number in signals:
            _signal.signal(number, self._note)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self._pending.add(number)

    def take(self) -> list[int]:
        """The signals collected since the last call, ascending."""
        taken: list[int] = []
        while self._pending:  # one by one: a handler may add between any two steps
            taken.append(self._pending.pop())
        return sorted(set(taken))

    def pending(self) -> bool:
        """Whether `take` would return anything."""
        return bool(self._pending)

    def ring(self) -> None:
        """Make `fd` readable; from any thread."""
        try:
            os.write(self._bell, b"\0")
        except OSError:
            return  # full: it is readable already; closed: nobody waits any more

    def drain(self) -> None:
        """Make `fd` unreadable until the next signal or ring."""
        try:
            os.read(self.fd, DRAIN_BYTES)
        except BlockingIOError:
            return

    def close(self) -> None:
        """Stop waking; signal handlers stay, so a late signal does not end the process."""
        _signal.set_wakeup_fd(self._replaced)
        bell, self._bell = self._bell, -1  # a thread that still hangs must not ring what gets this number next
        os.close(self.fd)
        os.close(bell)
