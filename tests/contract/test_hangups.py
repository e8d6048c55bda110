"""Clients of a TCP socket that go away (tcp(7)): we learn of it by writing."""

from __future__ import annotations

import errno

from initd.kernel.port import HANGUP, READABLE
from tests.contract.contracts import contract
from tests.contract.world import World


def refusal(world: World, fd: int) -> int:
    """The errno of a write, 0 if it goes well."""
    try:
        world.kernel.write(fd, b"x")
    except OSError as error:
        return error.errno or -1
    return 0


@contract("tcp-client-gone-is-known-after-a-write")
def test_a_tcp_client_that_has_closed_looks_like_one_that_still_reads_until_we_write(world: World) -> None:
    kernel = world.kernel
    listener = kernel.listen_tcp("127.0.0.1", 0)
    client = world.connect_tcp(kernel.socket_port(listener))
    assert world.readable(listener) == READABLE
    connection, _peer = kernel.accept(listener)
    client.send(b"bye")
    assert world.readable(connection) == READABLE
    assert kernel.read(connection, 100) == b"bye"
    client.close()
    assert world.readable(connection) == READABLE
    assert kernel.read(connection, 100) == b""
    assert refusal(world, connection) == 0
    world.until(lambda: world.readable(connection, 0) & HANGUP)
    assert refusal(world, connection) == errno.EPIPE
    assert kernel.read(connection, 100) == b""
