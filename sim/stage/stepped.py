"""A site whose daemon runs step by step: between two steps it is at rest, and anything may be done to its machine.

The daemon runs in a thread of its own, and only while `advance` waits for it; so never do two things happen at once.
"""

from __future__ import annotations

import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.stage.site import Site


class Stepped:
    """Runs the daemon of a site; to be closed. `over` says that it has ended."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.over = self._closing = False
        self._go, self._back = threading.Semaphore(0), threading.Semaphore(0)
        site.kernel.at_end = self._at_end
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._back.acquire()

    def advance(self, duration_ns: int) -> None:
        """Let that much time pass, and everything happen that is due by then."""
        if not self.over:
            kernel = self.site.kernel
            kernel.run_until(kernel.now + duration_ns)
            self._resume()

    def close(self) -> None:
        """End the thread, wherever the daemon is."""
        self._closing = True
        if not self.over:
            self._resume()
        self._thread.join()

    def _resume(self) -> None:
        self._go.release()
        self._back.acquire()

    def _run(self) -> None:
        try:
            self.site.run(self.site.kernel.now)
        finally:
            self.over = True
            self._back.release()

    def _at_end(self) -> bool:
        self._back.release()
        self._go.acquire()
        return not self._closing
