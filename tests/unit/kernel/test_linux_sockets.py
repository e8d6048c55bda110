from __future__ import annotations

import errno
import fcntl
import os
import socket
import stat
from typing import TYPE_CHECKING

import pytest

from initd.kernel import linux_sockets
from initd.kernel.port import HANGUP, READABLE
from tests.unit.kernel.launching import needs_root

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from initd.kernel.linux import LinuxKernel


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "daemon.sock"


@pytest.fixture
def client() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as made:
        yield made


def stale(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
        dead.listen()


def test_a_unix_listener_has_its_mode_at_its_path_and_nothing_beside_it(kernel: LinuxKernel, path: Path) -> None:
    fd = kernel.listen_unix(str(path), 0o710, (os.getuid(), -1))
    assert stat.S_ISSOCK(path.lstat().st_mode)
    assert stat.S_IMODE(path.lstat().st_mode) == 0o710
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
    assert kernel.socket_port(fd) == 0
    assert not os.get_blocking(fd) and not os.get_inheritable(fd)
    kernel.close(fd)


@needs_root
def test_a_unix_listener_belongs_to_whom_it_was_made_for(kernel: LinuxKernel, path: Path) -> None:
    fd = kernel.listen_unix(str(path), 0o700, (4321, 4322))
    assert (path.lstat().st_uid, path.lstat().st_gid) == (4321, 4322)
    kernel.close(fd)


def test_a_connection_moves_data_both_ways(kernel: LinuxKernel, path: Path, client: socket.socket) -> None:
    listening = kernel.listen_unix(str(path), 0o700, None)
    with pytest.raises(BlockingIOError):
        kernel.accept(listening)
    kernel.watch(listening, READABLE)
    client.connect(str(path))
    assert kernel.poll(None) == [(listening, READABLE)]
    connection, peer = kernel.accept(listening)
    assert peer == ""
    assert not os.get_blocking(connection) and not os.get_inheritable(connection)
    with pytest.raises(BlockingIOError):
        kernel.read(connection, 10)
    client.sendall(b"question")
    assert kernel.read(connection, 100) == b"question"
    assert kernel.write(connection, b"answer") == 6
    assert client.recv(100) == b"answer"
    client.close()
    kernel.watch(connection, READABLE)
    assert kernel.poll(None) == [(connection, READABLE | HANGUP)]
    kernel.close(connection)
    kernel.close(listening)


def test_a_live_listener_is_left_alone(kernel: LinuxKernel, path: Path, client: socket.socket) -> None:
    with socket.socket(socket.AF_UNIX) as theirs:
        theirs.bind(str(path))
        theirs.listen()
        with pytest.raises(OSError, match="Address already in use") as caught:
            kernel.listen_unix(str(path), 0o700, None)
        assert caught.value.errno == errno.EADDRINUSE
        client.connect(str(path))


def test_a_listener_with_a_full_backlog_is_alive(kernel: LinuxKernel, path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as theirs:
        theirs.bind(str(path))
        theirs.listen(0)
        waiting = []
        with pytest.raises(BlockingIOError):
            while True:
                waiting.append(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK))
                waiting[-1].connect(str(path))
        with pytest.raises(OSError, match="Address already in use"):
            kernel.listen_unix(str(path), 0o700, None)
        for caller in waiting:
            caller.close()


def test_a_datagram_socket_is_somebodys(kernel: LinuxKernel, path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as theirs:
        theirs.bind(str(path))
        with pytest.raises(OSError, match="Address already in use"):
            kernel.listen_unix(str(path), 0o700, None)


def test_a_stale_socket_is_replaced(kernel: LinuxKernel, path: Path, client: socket.socket) -> None:
    stale(path)
    fd = kernel.listen_unix(str(path), 0o700, None)
    client.connect(str(path))
    kernel.close(kernel.accept(fd)[0])
    kernel.close(fd)


@pytest.mark.parametrize("kind", ["file", "directory", "link to a stale socket"])
def test_what_is_no_socket_is_left_alone(kernel: LinuxKernel, path: Path, kind: str) -> None:
    if kind == "file":
        path.write_text("precious")
    elif kind == "directory":
        path.mkdir()
    else:
        stale(path.with_name("target"))
        path.symlink_to("target")
    before = path.lstat().st_ino
    with pytest.raises(FileExistsError):
        kernel.listen_unix(str(path), 0o700, None)
    assert path.lstat().st_ino == before


def test_a_failure_leaves_nothing_behind(kernel: LinuxKernel, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object) -> None:
        raise PermissionError(errno.EPERM, "chown")

    monkeypatch.setattr(os, "chown", refuse)
    before = kernel.open_count()
    with pytest.raises(PermissionError):
        kernel.listen_unix(str(path), 0o700, (1, 1))
    assert list(path.parent.iterdir()) == []
    assert kernel.open_count() == before


def test_a_missing_directory_is_enoent(kernel: LinuxKernel, path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        kernel.listen_unix(str(path / "below"), 0o700, None)


def test_a_path_as_long_as_an_address_can_be_is_bound(kernel: LinuxKernel, tmp_path: Path) -> None:
    long = f"{tmp_path}/{'s' * (106 - len(str(tmp_path)))}"
    assert len(long) == 107
    kernel.close(kernel.listen_unix(long, 0o700, None))


def test_a_lock_that_another_holds_delays_and_does_not_refuse(
    kernel: LinuxKernel, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linux_sockets, "LOCK_PAUSE_S", 0.0001)
    held = os.open(path.parent, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    kernel.close(kernel.listen_unix(str(path), 0o700, None))
    os.close(held)


def test_a_tcp_listener_tells_its_port_and_its_peers(kernel: LinuxKernel) -> None:
    listening = kernel.listen_tcp("127.0.0.1", 0)
    port = kernel.socket_port(listening)
    assert port > 0
    with socket.create_connection(("127.0.0.1", port)) as client:
        kernel.watch(listening, READABLE)
        assert kernel.poll(None) == [(listening, READABLE)]
        connection, peer = kernel.accept(listening)
        assert peer == "127.0.0.1:" + str(client.getsockname()[1])
        assert not os.get_blocking(connection) and not os.get_inheritable(connection)
    kernel.close(connection)
    with pytest.raises(OSError, match="Address already in use"):
        kernel.listen_tcp("127.0.0.1", port)
    kernel.close(listening)
    kernel.close(kernel.listen_tcp("", port))  # at once, in spite of the connection just closed


def test_a_listener_that_was_handed_over_is_served_like_our_own(kernel: LinuxKernel, path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as inherited, socket.socket(socket.AF_UNIX) as client:
        inherited.bind(str(path))
        inherited.listen()
        fd = inherited.detach()
        client.connect(str(path))
        assert kernel.socket_port(fd) == 0
        kernel.close(kernel.accept(fd)[0])
        kernel.close(fd)


def test_accepting_on_what_does_not_listen_is_an_error(kernel: LinuxKernel) -> None:
    ends = kernel.pipe()
    with pytest.raises(OSError, match="non-socket"):
        kernel.accept(ends[0])
    for fd in ends:
        kernel.close(fd)


def test_closing_a_listener_frees_its_number_and_its_port(kernel: LinuxKernel) -> None:
    before = kernel.open_count()
    fd = kernel.listen_tcp("", 0)
    kernel.close(fd)
    assert kernel.open_count() == before
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(fd)


def test_connections_that_are_gone_already_are_passed_over(path: Path) -> None:
    errors = sorted(linux_sockets.TRANSIENT_ACCEPT)
    connected, other = socket.socketpair()

    class Listening:
        family = socket.AF_UNIX

        def _accept(self) -> tuple[int, str]:
            if errors:
                raise OSError(errors.pop(), "gone")
            return connected.detach(), ""

    sockets = linux_sockets.Sockets()
    sockets._listening[-7] = Listening()  # type: ignore[assignment]
    fd, peer = sockets.accept(-7)
    assert (errors, peer) == ([], "")
    os.close(fd)
    other.close()


def test_a_port_of_a_moment_ago_can_be_listened_on(kernel: LinuxKernel) -> None:
    fd = kernel.listen_tcp("127.0.0.1", 0)
    with socket.socket(fileno=os.dup(fd)) as listening:
        assert listening.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR)
    kernel.close(fd)
