"""Listening sockets and their connections (unix(7), ip(7), socket(7))."""

from __future__ import annotations

import errno

from initd.kernel.port import HANGUP, READABLE, WRITABLE
from tests.contract.contracts import contract, refused
from tests.contract.world import World

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def pair(world: World) -> tuple[int, Any]:
    """An accepted UNIX connection and its client."""
    listening = world.kernel.listen_unix(world.path("sock"), 0o700, None)
    client = world.connect_unix(world.path("sock"))
    world.readable(listening)
    connection, _ = world.kernel.accept(listening)
    world.kernel.close(listening)
    return connection, client


def readiness(world: World, fd: int, interest: int) -> int:
    """What a descriptor is ready for right now."""
    world.kernel.watch(fd, interest)
    ready = dict(world.kernel.poll(0)).get(fd, 0)
    world.kernel.watch(fd, 0)
    return ready


@contract("unix-socket-mode")
def test_a_unix_listener_has_the_mode_it_was_given(world: World) -> None:
    for name, mode in (("private", 0o700), ("public", 0o777), ("odd", 0o640)):
        fd = world.kernel.listen_unix(world.path(name), mode, None)
        assert world.mode(world.path(name)) == mode
        assert world.kernel.socket_port(fd) == 0
    assert world.files.listdir(world.directory) == ["odd", "private", "public"]


@contract("accept-eagain", "listener-readable-while-queue")
def test_a_listener_is_readable_while_somebody_waits(world: World) -> None:
    listening = world.kernel.listen_unix(world.path("sock"), 0o700, None)
    with refused(errno.EAGAIN):
        world.kernel.accept(listening)
    assert readiness(world, listening, READABLE) == 0
    clients = [world.connect_unix(world.path("sock")) for _ in range(2)]
    for _ in clients:
        assert world.readable(listening) == READABLE
        connection, peer = world.kernel.accept(listening)
        assert peer == ""
        world.kernel.close(connection)
    assert readiness(world, listening, READABLE) == 0
    with refused(errno.EAGAIN):
        world.kernel.accept(listening)


@contract("unix-live-socket-eaddrinuse")
def test_a_path_somebody_listens_at_is_in_use(world: World) -> None:
    listening = world.kernel.listen_unix(world.path("sock"), 0o700, None)
    with refused(errno.EADDRINUSE):
        world.kernel.listen_unix(world.path("sock"), 0o777, None)
    assert world.mode(world.path("sock")) == 0o700
    world.connect_unix(world.path("sock"))
    assert world.readable(listening) == READABLE


@contract("unix-stale-socket-replaced")
def test_a_socket_nobody_listens_at_is_replaced(world: World) -> None:
    world.kernel.close(world.kernel.listen_unix(world.path("sock"), 0o700, None))
    with refused(errno.ECONNREFUSED):
        world.connect_unix(world.path("sock"))
    listening = world.kernel.listen_unix(world.path("sock"), 0o711, None)
    assert world.mode(world.path("sock")) == 0o711
    world.connect_unix(world.path("sock"))
    assert world.readable(listening) == READABLE


@contract("unix-other-file-eexist")
def test_whatever_else_is_at_the_path_stays(world: World) -> None:
    world.put_file(world.path("file"), b"precious")
    world.make_directory(world.path("directory"))
    world.link(world.path("link"), world.path("nowhere"))
    for name in ("file", "directory", "link"):
        with refused(errno.EEXIST):
            world.kernel.listen_unix(world.path(name), 0o700, None)
    assert world.files.read_file(world.path("file")) == b"precious"
    assert world.files.listdir(world.directory) == ["directory", "file", "link"]


@contract()
def test_a_path_without_a_directory_is_enoent(world: World) -> None:
    with refused(errno.ENOENT):
        world.kernel.listen_unix(world.path("missing/sock"), 0o700, None)


@contract("tcp-port-zero-picks-one", "tcp-port-taken-eaddrinuse")
def test_a_tcp_port_is_chosen_when_it_is_0_and_taken_once(world: World) -> None:
    listening = world.kernel.listen_tcp("127.0.0.1", 0)
    port = world.kernel.socket_port(listening)
    assert 0 < port < 65536
    with refused(errno.EADDRINUSE):
        world.kernel.listen_tcp("127.0.0.1", port)
    world.kernel.close(listening)
    again = world.kernel.listen_tcp("127.0.0.1", port)
    assert world.kernel.socket_port(again) == port


@contract()
def test_a_tcp_peer_is_told_by_address_and_port(world: World) -> None:
    listening = world.kernel.listen_tcp("", 0)
    client = world.connect_tcp(world.kernel.socket_port(listening))
    assert world.readable(listening) == READABLE
    connection, peer = world.kernel.accept(listening)
    host, _, port = peer.partition(":")
    assert host == "127.0.0.1" and 0 < int(port) < 65536
    world.kernel.write(connection, b"hello")
    world.until(lambda: client.received == b"hello")


@contract("socket-read-eagain")
def test_a_connection_moves_bytes_both_ways_and_never_waits(world: World) -> None:
    connection, client = pair(world)
    with refused(errno.EAGAIN):
        world.kernel.read(connection, 10)
    assert readiness(world, connection, READABLE | WRITABLE) == WRITABLE
    client.send(b"question")
    assert world.readable(connection) == READABLE
    assert world.kernel.pending(connection) == 8
    assert world.kernel.read(connection, 5) == b"quest"
    assert world.kernel.read(connection, 5) == b"ion"
    assert world.kernel.write(connection, b"answer") == 6
    world.until(lambda: client.received == b"answer")
    assert not client.ended


@contract("socket-eof")
def test_a_client_that_has_said_everything_is_an_end_of_file_that_can_still_be_answered(world: World) -> None:
    connection, client = pair(world)
    client.send(b"last")
    client.shutdown()
    assert world.kernel.read(connection, 100) == b"last"
    assert readiness(world, connection, READABLE) == READABLE
    assert world.kernel.read(connection, 100) == b""
    assert world.kernel.read(connection, 100) == b""
    assert world.kernel.write(connection, b"answer") == 6
    world.until(lambda: client.received == b"answer")


@contract("socket-eof")
def test_a_client_that_has_gone_is_an_end_of_file_and_a_hangup(world: World) -> None:
    connection, client = pair(world)
    client.send(b"last")
    client.close()
    assert readiness(world, connection, READABLE) == READABLE | HANGUP
    assert world.kernel.read(connection, 100) == b"last"
    assert readiness(world, connection, READABLE) == READABLE | HANGUP
    assert world.kernel.read(connection, 100) == b""


@contract("socket-write-epipe")
def test_writing_to_a_client_that_has_gone_is_epipe(world: World) -> None:
    connection, client = pair(world)
    client.close()
    with refused(errno.EPIPE):
        world.kernel.write(connection, b"anybody?")
    assert readiness(world, connection, WRITABLE) == WRITABLE | HANGUP


@contract("socket-write-eagain-when-client-stalls")
def test_a_client_that_does_not_read_fills_its_connection(world: World) -> None:
    connection, client = pair(world)
    client.stall()
    sent = 0
    try:
        while True:
            written = world.kernel.write(connection, bytes(65536))
            assert written > 0
            sent += written
            assert sent < 1 << 26
    except BlockingIOError:
        assert sent > 65536
    assert readiness(world, connection, WRITABLE) == 0
    client.resume()
    world.until(lambda: len(client.received) == sent)
    assert readiness(world, connection, WRITABLE) == WRITABLE


@contract()
def test_a_closed_connection_is_the_end_for_its_client(world: World) -> None:
    connection, client = pair(world)
    world.kernel.write(connection, b"bye")
    world.kernel.close(connection)
    world.until(lambda: client.received == b"bye" and client.ended)
    with refused(errno.EPIPE):
        client.send(b"still there?")


@contract("accept-emfile-keeps-the-connection")
def test_a_connection_that_cannot_be_accepted_for_want_of_descriptors_waits(world: World) -> None:
    listening = world.kernel.listen_unix(world.path("sock"), 0o700, None)
    spare = world.kernel.pipe()
    client = world.connect_unix(world.path("sock"))
    client.send(b"patient")
    assert world.readable(listening) == READABLE
    world.leave_room(0)
    for _ in range(2):
        with refused(errno.EMFILE):
            world.kernel.accept(listening)
    assert readiness(world, listening, READABLE) == READABLE
    world.kernel.close(spare[0])
    connection, _ = world.kernel.accept(listening)
    assert world.kernel.read(connection, 100) == b"patient"


@contract()
def test_closing_a_listener_turns_away_who_waits_there(world: World) -> None:
    listening = world.kernel.listen_unix(world.path("sock"), 0o700, None)
    client = world.connect_unix(world.path("sock"))
    world.kernel.close(listening)
    world.until(lambda: client.received == b"" and client.ended)
    with refused(errno.ECONNREFUSED):
        world.connect_unix(world.path("sock"))


@contract("who-asks-a-listener-is-a-connection")
def test_a_second_listener_is_refused_and_the_first_one_gets_a_connection_that_has_ended(world: World) -> None:
    listening = world.kernel.listen_unix(world.path("sock"), 0o700, None)
    with refused(errno.EADDRINUSE):
        world.kernel.listen_unix(world.path("sock"), 0o700, None)
    assert world.readable(listening) == READABLE
    connection, _ = world.kernel.accept(listening)
    assert world.kernel.read(connection, 1) == b""


@contract("unix-path-107-bytes")
def test_a_path_that_no_client_could_name_is_refused(world: World) -> None:
    longest = world.path("s" * (107 - len(world.path(""))))
    with refused(errno.ENAMETOOLONG):
        world.kernel.listen_unix(longest + "s", 0o700, None)
    listening = world.kernel.listen_unix(longest, 0o700, None)
    world.connect_unix(longest)
    assert world.readable(listening) == READABLE
