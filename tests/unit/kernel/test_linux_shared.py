from __future__ import annotations

import errno
import os
import socket
import stat
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from initd.kernel import linux_shared
from initd.kernel.linux_files import LinuxFiles
from tests.unit.kernel.launching import needs_root

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILES = LinuxFiles()


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    before = os.umask(0)
    yield tmp_path / "php.sock"
    os.umask(before)


def waiting_client(path: Path) -> socket.socket:
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        client.connect(str(path))
    except BaseException:
        client.close()
        raise
    return client


def taken(fd: int) -> socket.socket:
    return socket.socket(fileno=fd)


def test_a_child_finds_the_very_name_that_was_asked_for_and_may_wait_on_it(path: Path) -> None:
    with taken(FILES.share_unix(str(path), 0o660, None, None)) as shared:
        assert shared.getsockname() == str(path)
        assert os.get_blocking(shared.fileno()) and not os.get_inheritable(shared.fileno())
        assert stat.S_IMODE(path.lstat().st_mode) == 0o660
        assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_until_owner_and_mode_are_set_it_is_ours_alone(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modes = []
    monkeypatch.setattr(os, "chown", lambda *to: modes.append(stat.S_IMODE(path.lstat().st_mode)))
    taken(linux_shared.share_unix(str(path), 0o666, (0, 0), None)).close()
    assert modes == [0o600]


@needs_root
def test_it_belongs_to_whom_it_was_made_for(path: Path) -> None:
    taken(FILES.share_unix(str(path), 0o700, (4321, -1), None)).close()
    assert (path.lstat().st_uid, path.lstat().st_gid) == (4321, os.getgid())


def test_as_many_clients_wait_as_the_backlog_says_and_one_more(path: Path) -> None:
    with taken(FILES.share_unix(str(path), 0o700, None, 2)), ExitStack() as clients:
        for _ in range(3):
            clients.enter_context(waiting_client(path))
        with pytest.raises(BlockingIOError):
            waiting_client(path)


@pytest.mark.parametrize(("call", "what"), [("chown", "ownership"), ("chmod", "permissions")])
def test_a_refused_change_says_which_and_leaves_nothing(
    path: Path, call: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, call, refuse)
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(PermissionError) as refused:
        linux_shared.share_unix(str(path), 0o700, (1, 1), None)
    text = f"[Errno 1] Could not change {what} of socket file: Operation not permitted: '{path}'"
    assert str(refused.value) == text
    assert not os.path.lexists(path) and len(os.listdir("/proc/self/fd")) == before


def test_a_tcp_socket_listens_at_a_host_by_name_with_the_backlog_it_was_given() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with taken(FILES.share_tcp("localhost", port, 1)) as shared:
        assert shared.getsockname() == ("127.0.0.1", port)
        assert shared.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR)
        with pytest.raises(OSError, match="Address already in use"):
            FILES.share_tcp("127.0.0.1", port, None)


def test_a_host_nobody_knows_is_told_in_the_resolvers_words() -> None:
    with pytest.raises(OSError, match=r"^\[Errno -\d+\] "):
        FILES.share_tcp("no.such.host.invalid", 9000, None)


def test_a_moment_without_descriptors_is_waited_for(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make, failing = linux_shared._socket.socket, [errno.EMFILE, errno.EMFILE]

    def scarce(*arguments: int) -> socket.socket:
        if failing:
            raise OSError(failing.pop(), "Too many open files")
        return make(*arguments)  # type: ignore[return-value]

    monkeypatch.setattr(linux_shared._socket, "socket", scarce)
    monkeypatch.setattr(linux_shared, "OPEN_PAUSE_S", 0)
    taken(linux_shared.share_unix(str(path), 0o700, None, None)).close()
    failing += [errno.EMFILE] * linux_shared.OPEN_TRIES
    with pytest.raises(OSError, match="Too many open files"):
        linux_shared.share_unix(str(path), 0o700, None, None)
