"""Listening sockets that children share (unix(7), ip(7), socket(7))."""

from __future__ import annotations

import errno

from initd.kernel.port import ExitStatus
from tests.contract.contracts import contract, refused
from tests.contract.world import Kid, World

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

WHO = [["loop", [["accept", "{pid}"]]]]


def server(world: World, listening: int, steps: list[Any] = WHO) -> Kid:
    """A child whose standard input is a socket, and who is there."""
    kid = world.spawn([["write", "out", "here\n"], *steps], stdin=listening)
    assert kid.line() == "here"
    return kid


def answer(world: World, client: Any) -> str:
    """What a client is told until the end."""
    world.until(lambda: client.received is not None and client.ended, "an answer")
    return bytes(client.received).decode()


@contract("accept-waits-for-a-connection", "sharers-take-turns")
def test_children_that_share_a_socket_share_its_clients(world: World) -> None:
    listening = world.files.share_unix(world.path("sock"), 0o700, None, None)
    kids = [server(world, listening) for _ in range(3)]
    told = {answer(world, world.connect_unix(world.path("sock"))) for _ in range(40)}
    assert told <= {str(kid.pid) for kid in kids} and told


@contract()
def test_who_is_to_answer_and_has_no_socket_ends(world: World) -> None:
    assert world.spawn(WHO).end() == ExitStatus(1)


@contract()
def test_who_connects_before_there_is_a_child_is_served_by_the_first_one(world: World) -> None:
    listening = world.files.share_unix(world.path("sock"), 0o700, None, 5)
    client = world.connect_unix(world.path("sock"))
    kid = server(world, listening)
    assert answer(world, client) == str(kid.pid)


@contract()
def test_the_clients_of_one_that_is_killed_are_served_by_another(world: World) -> None:
    listening = world.files.share_unix(world.path("sock"), 0o700, None, None)
    killed = server(world, listening)
    killed.kill(9)
    killed.end()
    client = world.connect_unix(world.path("sock"))
    other = server(world, listening)
    assert answer(world, client) == str(other.pid)


@contract()
def test_a_child_keeps_a_socket_that_the_daemon_has_closed(world: World) -> None:
    listening = world.files.share_unix(world.path("sock"), 0o700, None, None)
    kid = server(world, listening)
    world.kernel.close(listening)
    assert answer(world, world.connect_unix(world.path("sock"))) == str(kid.pid)
    kid.kill(9)
    kid.end()
    with refused(errno.ECONNREFUSED):
        world.connect_unix(world.path("sock"))
    assert world.files.listdir(world.directory) == ["sock"]


@contract()
def test_a_shared_socket_has_the_mode_it_was_given(world: World) -> None:
    for name, mode in (("private", 0o700), ("public", 0o777), ("odd", 0o666)):
        world.files.share_unix(world.path(name), mode, (7, 8), None)
        assert world.mode(world.path(name)) == mode
        assert world.files.stat(world.path(name))[1] == 7


@contract("shared-unix-replaces-what-is-there")
def test_whatever_is_at_the_path_is_replaced_a_live_socket_too(world: World) -> None:
    world.put_file(world.path("file"), b"old")
    world.put_file(world.path("aim"), b"precious")
    world.link(world.path("link"), world.path("aim"))
    first = world.files.share_unix(world.path("live"), 0o700, None, None)
    world.kernel.close(world.files.share_unix(world.path("stale"), 0o700, None, None))
    for name in ("file", "link", "live", "stale"):
        kid = server(world, world.files.share_unix(world.path(name), 0o711, None, None))
        assert world.mode(world.path(name)) == 0o711
        assert answer(world, world.connect_unix(world.path(name))) == str(kid.pid)
    assert world.files.read_file(world.path("aim")) == b"precious"
    assert world.readable(first, 0.05) == 0


@contract("shared-unix-directory-eisdir", "shared-unix-dead-link-eaddrinuse")
def test_a_directory_a_link_to_nowhere_and_what_no_client_could_name_are_refused(world: World) -> None:
    world.make_directory(world.path("directory"))
    world.link(world.path("link"), world.path("nowhere"))
    for name, number in (
        ("directory", errno.EISDIR),
        ("link", errno.EADDRINUSE),
        ("no/sock", errno.ENOENT),
        ("s" * 200, errno.ENAMETOOLONG),
    ):
        with refused(number):
            world.files.share_unix(world.path(name), 0o700, None, None)
    assert world.files.listdir(world.directory) == ["directory", "link"]


@contract()
def test_a_directory_that_is_not_ours_is_eacces(world: World) -> None:
    world.make_directory(world.path("theirs"), 0o755)
    world.become_user(65534)
    with refused(errno.EACCES):
        world.files.share_unix(world.path("theirs/sock"), 0o700, None, None)


@contract()
def test_a_tcp_port_is_shared_and_taken_as_long_as_somebody_has_it(world: World) -> None:
    probe = world.kernel.listen_tcp("127.0.0.1", 0)
    port = world.kernel.socket_port(probe)
    world.kernel.close(probe)
    listening = world.files.share_tcp("127.0.0.1", port, 5)
    kid = server(world, listening)
    assert answer(world, world.connect_tcp(port)) == str(kid.pid)
    world.kernel.close(listening)
    with refused(errno.EADDRINUSE):
        world.files.share_tcp("127.0.0.1", port, None)
    kid.kill(9)
    kid.end()
    world.kernel.close(world.files.share_tcp("127.0.0.1", port, None))


@contract()
def test_without_a_free_descriptor_there_is_no_socket(world: World) -> None:
    files = world.files
    world.leave_room(0)
    with refused(errno.EMFILE):
        files.share_unix(world.path("sock"), 0o700, None, None)
