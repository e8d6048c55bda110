"""Every shared socket is made once when its group is added, and closed again, so that what cannot work is told at once.

supervisord does so too, and ends if one cannot be made (supervisord-4.3 §8); here the programs are started all the same, and what
they lack is a failed start. Nobody waits longer than PATIENCE_NS for this: an address on a dead mount takes for ever.
"""

from __future__ import annotations

from initd.drive.line import PATIENCE_NS
from initd.drive.policies import socket_policy
from initd.drive.sockets import lane, refused, share

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from initd.config.model import GroupConfig, SocketConfig
    from initd.drive.loop import Loop, Timer
    from initd.drive.sockets import Sockets
    from initd.kernel.port import Files
    from initd.supervise.policy import SocketPolicy


class Trial:
    """One trial of the sockets of some groups: `log(level, text)` hears of it in their order, then `done` is called once."""

    def __init__(self, loop: Loop, log: Callable[[str, str], None], done: Callable[[], None]) -> None:
        self._loop, self._log = loop, log
        self._done: Callable[[], None] | None = done
        self._patience: Timer | None = None
        self._untold: dict[SocketPolicy, tuple[SocketConfig, bool, Exception | None]] = {}

    def begin(self, groups: Sequence[GroupConfig], sockets: Sockets) -> None:
        """Try those that no process has."""
        for process in [process for group in groups for process in group.processes]:
            socket = socket_policy(process)
            if process.socket is not None and socket is not None and not sockets.has(socket):
                self._untold.setdefault(socket, (process.socket, False, None))
        if not self._untold:
            return self._go_on()
        self._patience = self._loop.after(PATIENCE_NS, self._impatient)
        for socket, (config, _, _) in self._untold.items():
            self._try(socket, config)

    def _try(self, socket: SocketPolicy, config: SocketConfig) -> None:
        def attempt(files: Files) -> None:
            files.close(share(files, config))

        def tried(_: None, error: Exception | None) -> None:
            self._untold[socket] = config, True, error
            self._tell()

        self._loop.submit(lane(config), attempt, tried)

    def _tell(self) -> None:
        """Tell of those that are known; while there is patience none is told of before one that was asked for earlier."""
        for socket, (config, known, error) in list(self._untold.items()):
            if known:
                del self._untold[socket]
                self._log_outcome(config, error)
            elif self._patience is not None:
                return
        if self._patience is not None:
            self._patience.cancel()
        self._go_on()

    def _log_outcome(self, config: SocketConfig, error: Exception | None) -> None:
        self._log("info", f"Creating socket {config.url}")
        if error is None:
            self._log("info", f"Closing socket {config.url}")
        else:
            self._log("error", str(refused(config, error)))

    def _impatient(self) -> None:
        self._patience = None
        self._tell()

    def _go_on(self) -> None:
        done, self._done = self._done, None
        if done is not None:
            done()
