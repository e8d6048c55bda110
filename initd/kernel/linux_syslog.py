"""The connection to a system log: a UNIX socket that is sent to and never waited for beyond a limit (unix(7)).

Loaded only where something is to be sent there.
"""

from __future__ import annotations

import _socket
import errno
import os
import select
import time

_FLAGS = _socket.SOCK_NONBLOCK | _socket.SOCK_CLOEXEC


def connect(path: str) -> tuple[int, bool]:
    """See the port. As syslog(3) does it: datagrams, and a stream where the receiver wants one."""
    try:
        return _connected(path, _socket.SOCK_DGRAM), False
    except OSError as error:
        if error.errno != errno.EPROTOTYPE:
            raise
    return _connected(path, _socket.SOCK_STREAM), True


def _connected(path: str, kind: int) -> int:
    connection = _socket.socket(_socket.AF_UNIX, kind | _FLAGS)
    try:
        connection.connect(path)
    except BaseException:
        connection.close()
        raise
    return connection.detach()


def send(fd: int, record: bytes, wait_ns: int) -> None:
    """See the port."""
    rest = memoryview(record)
    until_ns = time.monotonic_ns() + wait_ns
    while rest:
        try:
            rest = rest[os.write(fd, rest) :]
        except BlockingIOError:
            left_ns = until_ns - time.monotonic_ns()
            if left_ns <= 0:
                raise
            waiter = select.poll()
            waiter.register(fd, select.POLLOUT)
            waiter.poll(left_ns / 1_000_000)
