"""Listening sockets and the connections to them, as plain descriptors.

`_socket` saves the 10 ms that `socket` takes to build its enums. Binding a UNIX socket follows deliberate difference
D24: under a lock, to a name nobody else uses, then renamed over the path, so that clients meet either the old state or
a socket that already listens with its final mode and owner. unix(7), ip(7).
"""

from __future__ import annotations

import _socket
import errno
import fcntl
import os
import stat
import time

BACKLOG = 1024
MOST_PATH_BYTES = 107
"""What fits into a socket address (unix(7))."""
LOCK_TRIES = 20
LOCK_PAUSE_S = 0.005
TRANSIENT_ACCEPT = frozenset({errno.ECONNABORTED, errno.EPROTO, errno.ENETDOWN, errno.EHOSTUNREACH, errno.ENETUNREACH})
"""accept(2) hands out errors of a connection that is gone already: the next one is what was asked for."""


class Sockets:
    """The listening sockets; all descriptors given out are close-on-exec and non-blocking."""

    def __init__(self) -> None:
        self._listening: dict[int, _socket.socket] = {}

    def listen_unix(self, path: str, mode: int, owner: tuple[int, int] | None) -> int:
        """See the port."""
        if len(os.fsencode(path)) > MOST_PATH_BYTES:  # the name it is bound to is another, but clients need this one
            raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG), path)
        lock = _lock_directory(os.path.dirname(path) or ".")
        try:
            _require_free(path)
            # Shorter than most names: the temporary one must not be what breaks the 107 bytes of a socket address.
            temporary = os.path.join(os.path.dirname(path), "." + os.urandom(3).hex())
            listening = _new(_socket.AF_UNIX)
            try:
                listening.bind(temporary)
                os.chmod(temporary, mode)
                if owner is not None:
                    os.chown(temporary, *owner)
                listening.listen(BACKLOG)
                os.rename(temporary, path)
            except BaseException:
                listening.close()
                if os.path.lexists(temporary):
                    os.unlink(temporary)
                raise
        finally:
            if lock is not None:
                os.close(lock)
        return self._keep(listening).fileno()

    def listen_tcp(self, host: str, port: int) -> int:
        """See the port."""
        listening = _new(_socket.AF_INET)
        try:
            listening.setsockopt(_socket.SOL_SOCKET, _socket.SO_REUSEADDR, 1)
            listening.bind((host, port))
            listening.listen(BACKLOG)
        except BaseException:
            listening.close()
            raise
        return self._keep(listening).fileno()

    def port(self, fd: int) -> int:
        """The bound TCP port; 0 for a UNIX socket."""
        listening = self._listener(fd)
        return int(listening.getsockname()[1]) if listening.family == _socket.AF_INET else 0

    def accept(self, fd: int) -> tuple[int, str]:
        """See the port."""
        listening = self._listener(fd)
        while True:
            try:
                connection, address = listening._accept()  # type: ignore[attr-defined]
            except OSError as error:
                if error.errno in TRANSIENT_ACCEPT:
                    continue
                raise
            os.set_blocking(connection, False)
            return connection, f"{address[0]}:{address[1]}" if listening.family == _socket.AF_INET else ""

    def forget(self, fd: int) -> None:
        """To be called before `fd` is closed, whatever it is."""
        listening = self._listening.pop(fd, None)
        if listening is not None:
            listening.detach()

    def _listener(self, fd: int) -> _socket.socket:
        """Ours, or one that was opened before us and handed over."""
        return self._listening.get(fd) or self._keep(_socket.socket(fileno=fd))

    def _keep(self, listening: _socket.socket) -> _socket.socket:
        self._listening[listening.fileno()] = listening
        return listening


def _new(family: int) -> _socket.socket:
    return _socket.socket(family, _socket.SOCK_STREAM | _socket.SOCK_NONBLOCK | _socket.SOCK_CLOEXEC)


def _require_free(path: str) -> None:
    """Raise unless nothing is at `path`, or a socket that nobody listens on."""
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path)
    probe = _new(_socket.AF_UNIX)
    try:
        probe.connect(path)
    except (ConnectionRefusedError, FileNotFoundError):
        return
    except OSError as error:
        # EAGAIN: its backlog is full. EPROTOTYPE: it is no stream socket. Both are somebody's.
        if error.errno not in (errno.EAGAIN, errno.EPROTOTYPE):
            raise
    finally:
        probe.close()
    raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE), path)


def _lock_directory(directory: str) -> int | None:
    """Hold off another instance between its probe and its rename; best effort, not every filesystem can lock."""
    try:
        fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    except PermissionError:  # we may create in it, but not look into it
        return None
    for _ in range(LOCK_TRIES):
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(LOCK_PAUSE_S)
        except OSError:
            break
        else:
            break
    return fd
