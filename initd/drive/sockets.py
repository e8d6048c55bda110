"""The sockets that processes share: opened off the loop for the first Spawn that needs one, closed when the core says so.

Opening may wait on the outside (a dead mount, a name service), so it has a lane of its own for each address; what belongs to
one address happens in the order asked (supervisord-4.3 §8).
"""

from __future__ import annotations

from initd.errors import InitdError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from initd.config.model import SocketConfig
    from initd.drive.loop import Loop
    from initd.kernel.port import Files
    from initd.supervise.policy import SocketPolicy

    Ready = Callable[[int | None, "SocketError | None"], None]
    """Takes the descriptor, or why there is none."""


class SocketError(InitdError):
    """A socket that could not be made; the text is the spawnerr."""


class Place:
    """One socket: its descriptor, None until it is open, and who waits for that."""

    __slots__ = ("fd", "waiting")

    def __init__(self) -> None:
        self.fd: int | None = None
        self.waiting: list[Ready] = []


class Sockets:
    """Owns the descriptors of all shared sockets."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._places: dict[SocketPolicy, Place] = {}

    def has(self, socket: SocketPolicy) -> bool:
        """Whether it is open, or about to be."""
        return socket in self._places

    def need(self, socket: SocketPolicy, config: SocketConfig, ready: Ready) -> None:
        """Call `ready` with the socket, which is opened if it is not open yet; at once if it is."""
        place = self._places.get(socket)
        if place is not None and place.fd is not None:
            return ready(place.fd, None)
        if place is None:
            place = self._places[socket] = Place()
            self._open(socket, config, place)
        place.waiting.append(ready)

    def _open(self, socket: SocketPolicy, config: SocketConfig, place: Place) -> None:
        def opened(fd: int | None, error: Exception | None) -> None:
            if self._places.get(socket) is not place:  # nobody needs it any more
                if fd is not None:
                    self._loop.kernel.close(fd)
                return
            waiting, place.waiting = place.waiting, []
            if fd is None:
                del self._places[socket]
            place.fd = fd
            failure = refused(config, error) if fd is None else None
            for ready in waiting:
                ready(fd, failure)

        self._loop.submit(lane(config), lambda files: share(files, config), opened)

    def close(self, socket: SocketPolicy) -> None:
        """Close it, also if it is only about to be open; harmless if it is neither. Its file stays."""
        place = self._places.pop(socket, None)
        if place is not None and place.fd is not None:
            self._loop.kernel.close(place.fd)

    def close_all(self) -> None:
        """Close every one."""
        for socket in list(self._places):
            self.close(socket)


def lane(config: SocketConfig) -> str:
    """Where what may wait at an address is done."""
    return f"socket:{config.url}"


def share(files: Files, config: SocketConfig) -> int:
    """A socket as configured."""
    if config.path:
        return files.share_unix(config.path, config.mode, config.owner, config.backlog)
    return files.share_tcp(config.host, config.port, config.backlog)


def refused(config: SocketConfig, error: Exception | None) -> SocketError:
    """Why there is none, in supervisord's words."""
    return SocketError(f"Could not create FastCGI socket {config.url}: {error}")
