"""What becomes of a signal that was sent to the init: rewritten, dropped, kept back for a while, passed on to whom."""

from __future__ import annotations

from initd.kernel.command import SI_QUEUE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from initd.kernel.command import Arrived
    from initd.kernel.init_port import Init
    from initd.reaper.options import Options


def attempt(call: Callable[[int, int], None], pid: int, number: int) -> bool:
    """Signal whoever that is; False if there is nobody, or nobody we may signal."""
    try:
        call(pid, number)
    except OSError:
        return False
    return True


class Forwarding:
    """Passes signals on to CMD, whose pid is `main`. `after(delay_ns, action)` is the run's."""

    def __init__(
        self, kernel: Init, options: Options, main: int, after: Callable[[int, Callable[[], None]], None]
    ) -> None:
        self._kernel, self._options, self._main, self._after = kernel, options, main, after
        self._kept: dict[int, Arrived] = {}

    def take(self, arrived: Arrived) -> int:
        """Deal with one signal; the number under which it goes to CMD, now or later, 0 if it does not.

        One that comes again while the first is kept back is what ends the waiting.
        """
        number = self._options.rewrites.get(arrived.number, arrived.number)
        delay_ns = self._options.delays.get(arrived.number, 0)
        if number == 0:
            return 0
        if delay_ns and self._kept.pop(arrived.number, None) is None:
            self._kept[arrived.number] = arrived
            self._after(delay_ns, lambda: self._release(arrived, number))
        else:
            self.send(number, arrived)
        return number

    def _release(self, arrived: Arrived, number: int) -> None:
        if self._kept.get(arrived.number) is arrived:
            del self._kept[arrived.number]
            self.send(number, arrived)

    def send(self, number: int, arrived: Arrived | None = None) -> None:
        """Signal the target; to a single process a queued signal keeps its sender and value."""
        target = self._options.target
        if target == "session":
            members = self._kernel.session(self._main)
            for pid in members:
                attempt(self._kernel.kill, pid, number)
            if members:
                return
        if target != "child" and attempt(self._kernel.killpg, self._main, number):
            return  # else CMD is still about to lead its own group
        if arrived is not None and arrived.code == SI_QUEUE:
            try:
                self._kernel.queue(self._main, number, arrived)
                return
            except (OSError, ImportError):
                pass  # too many are queued, or the value cannot be sent: the signal alone must get there
        attempt(self._kernel.kill, self._main, number)
