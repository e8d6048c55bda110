"""The sockets that processes share: told of when the first child has one, closed once the last has gone (supervisord-4.3 §8)."""

from __future__ import annotations

from initd.supervise.effects import CloseSocket
from initd.supervise.table import Phase

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from initd.supervise.desk import Desk
    from initd.supervise.policy import SocketPolicy
    from initd.supervise.process import Process

SPAWNING = frozenset((Phase.SPAWNING, Phase.CANCELLING))


class Sockets:
    """Those that are open, as the log has them. Spawn opens a socket for itself; when to close it is decided here."""

    __slots__ = ("opened",)

    def __init__(self, opened: Iterable[SocketPolicy] = ()) -> None:
        self.opened = dict.fromkeys(opened)

    def made(self, process: Process, desk: Desk) -> None:
        """A Spawn has had its socket: the first to have it has created it."""
        socket = process.policy.socket
        if socket is not None and socket not in self.opened:
            self.opened[socket] = None
            desk.log("info", f"Creating socket {socket.url}")

    def refused(self, process: Process, desk: Desk) -> None:
        """A Spawn has failed for want of its socket."""
        socket = process.policy.socket
        if socket is not None:
            desk.log("info", f"Creating socket {socket.url}")

    def left(self, process: Process, others: Iterable[Process], desk: Desk) -> None:
        """A child, or the hope of one, has gone: the last to go closes the socket."""
        socket = process.policy.socket
        if socket is None or any(each.policy.socket == socket and _uses(each) for each in others):
            return
        if socket in self.opened:
            del self.opened[socket]
            desk.log("info", f"Closing socket {socket.url}")
        desk.out.append(CloseSocket(socket))


def _uses(process: Process) -> bool:
    return bool(process.pid) or process.phase in SPAWNING
