"""Listening sockets for children to share (supervisord-4.3 §8): blocking, and bound to the very name they are asked for.

What a child finds by getsockname(2), and an administrator by ss(8), is that name; so it is not bound to another one and
renamed, as the daemon's own sockets are. Until its owner and mode are set nobody but us can connect. unix(7), ip(7).
"""

from __future__ import annotations

import _socket
import errno
import os
import time

from initd.kernel.linux_sockets import MOST_PATH_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

OPEN_TRIES = 4
OPEN_PAUSE_S = 0.005
OURS_ALONE = 0o600


def share_unix(path: str, mode: int, owner: tuple[int, int] | None, backlog: int | None) -> int:
    """See the port."""
    if len(os.fsencode(path)) > MOST_PATH_BYTES:
        raise OSError(errno.ENAMETOOLONG, "AF_UNIX path too long")
    if os.path.exists(path):
        os.unlink(path)
    listening = _new(_socket.AF_UNIX)
    try:
        os.fchmod(listening.fileno(), OURS_ALONE)  # bind(2) creates the file with the mode of the socket, less the umask
        listening.bind(path)
        try:
            if owner is not None:
                _change("ownership", path, lambda: os.chown(path, *owner))
            _change("permissions", path, lambda: os.chmod(path, mode))
            return _listen(listening, backlog)
        except BaseException:
            os.unlink(path)
            raise
    except BaseException:
        listening.close()
        raise


def share_tcp(host: str, port: int, backlog: int | None) -> int:
    """See the port."""
    listening = _new(_socket.AF_INET)
    try:
        listening.setsockopt(_socket.SOL_SOCKET, _socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        return _listen(listening, backlog)
    except BaseException:
        listening.close()
        raise


def _listen(bound: _socket.socket, backlog: int | None) -> int:
    bound.listen(_socket.SOMAXCONN if backlog is None else backlog)
    return bound.detach()


def _new(family: int) -> _socket.socket:
    """A socket; tried again after EMFILE, since the main thread lowers our limit for an instant to start a child."""
    for tries in range(OPEN_TRIES):
        try:
            return _socket.socket(family, _socket.SOCK_STREAM | _socket.SOCK_CLOEXEC)
        except OSError as error:
            if error.errno != errno.EMFILE or tries == OPEN_TRIES - 1:
                raise
        time.sleep(OPEN_PAUSE_S)
    raise AssertionError("the last try returns or raises")


def _change(what: str, path: str, change: Callable[[], None]) -> None:
    try:
        change()
    except OSError as error:
        raise OSError(error.errno, f"Could not change {what} of socket file: {error.strerror}", path) from None
