from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from initd.kernel.linux_syslog import connect, send

PATIENCE_NS = 60_000_000_000


def fill(fd: int) -> int:
    for count in range(100_000):
        try:
            send(fd, b"x", 0)
        except BlockingIOError:
            return count
    raise AssertionError("never full")


def test_a_receiver_that_makes_room_while_it_is_waited_for_gets_the_record(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(tmp_path / "log"))
        fd, _ = connect(str(tmp_path / "log"))
        with socket.socket(fileno=fd):
            waiting = fill(fd)
            sender = threading.Thread(target=send, args=(fd, b"last", PATIENCE_NS))
            sender.start()
            received = [receiver.recv(100) for _ in range(waiting + 1)]
            sender.join()
    assert received == [b"x"] * waiting + [b"last"]


def test_a_receiver_that_goes_while_it_is_waited_for_ends_the_wait(tmp_path: Path) -> None:
    receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    receiver.bind(str(tmp_path / "log"))
    fd, _ = connect(str(tmp_path / "log"))
    with socket.socket(fileno=fd):
        fill(fd)
        closing = threading.Timer(0.05, receiver.close)
        closing.start()
        with pytest.raises(ConnectionRefusedError):
            send(fd, b"last", PATIENCE_NS)
        closing.join()


def test_a_long_record_goes_into_a_stream_piece_by_piece(tmp_path: Path) -> None:
    record = bytes(range(256)) * 8192
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "log"))
        listening.listen()
        fd, _ = connect(str(tmp_path / "log"))
        with socket.socket(fileno=fd) as ours:
            sender = threading.Thread(target=send, args=(fd, record, PATIENCE_NS))
            sender.start()
            connection, _ = listening.accept()
            received = bytearray()
            while len(received) < len(record):
                received += connection.recv(1 << 16)
            sender.join()
            assert ours.fileno() == fd and not ours.get_inheritable()
            connection.close()
    assert received == record
