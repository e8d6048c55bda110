from __future__ import annotations

import errno
import socket
from pathlib import Path

import pytest

from initd.drive.loop import Loop
from initd.kernel.linux_files import LinuxFiles
from initd.logs import syslog
from initd.logs.sinks import FULL_BYTES, Discard, FileSink
from initd.logs.syslog import Both, LogSocket, SyslogSink, SystemLog, parcel, records


class Receiver:
    """Somebody who receives datagrams, and reads when asked to."""

    def __init__(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.setblocking(False)

    def read(self) -> list[bytes]:
        found = []
        try:
            while True:
                found.append(self._socket.recv(1 << 20))
        except BlockingIOError:
            return found

    def close(self) -> None:
        self._socket.close()


class Refusing(LinuxFiles):
    """Files whose next sendings fail with these errors; `waits` is how long each was ready to wait."""

    def __init__(self, *errors: int) -> None:
        self.errors = list(errors)
        self.waits: list[int] = []

    def send(self, fd: int, record: bytes, wait_ns: int) -> None:
        self.waits.append(wait_ns)
        if self.errors:
            raise OSError(self.errors.pop(0), "refused")
        super().send(fd, record, wait_ns)


def sent(bench, data: bytes, heading: bytes = b"web ", end: bytes = b"") -> list[bytes]:
    return list(records([parcel(bench.kernel, heading, data, end)]))


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"one\n", [b"one"]),
        (b"one", [b"one"]),
        (b"one\ntwo\n\nthree\n\n", [b"one", b"two", b"", b"three"]),
        (b"\n\n", [b""]),
        (b"carriage\r\ntab\t\x1b[1m\n", [b"carriage\r", b"tab\t\x1b[1m"]),
        (b"caf\xc3\xa9 \xff\xfe|\n", [b"caf\xc3\xa9 \xef\xbf\xbd\xef\xbf\xbd|"]),
        (b"cut\0away\nwhole\n", [b"cut", b"whole"]),
        ("\u2028\x0b\x85".encode(), ["\u2028\x0b\x85".encode()]),
    ],
)
def test_each_line_of_a_chunk_is_a_record_as_the_c_library_writes_it(bench, data: bytes, lines: list[bytes]) -> None:
    assert sent(bench, data) == [b"<14>Jan  2 03:04:00 supervisord: web " + line for line in lines]


def test_lines_of_the_main_log_keep_their_heading_and_their_end(bench, monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    receiver = Receiver(tmp_path / "log")
    monkeypatch.setattr(syslog.LogSocket.__init__, "__defaults__", (str(tmp_path / "log"),))
    system_log = SystemLog(bench.loop, bench.warnings.append)
    system_log.of_main_log().write(b"2024-01-02 03:04:00,000 DEBG 'web' stdout output:\none\ntwo\n")
    system_log.close(bench.answers.append)
    bench.settle()
    heading = b"<14>Jan  2 03:04:00 supervisord: 2024-01-02 03:04:00,000 DEBG "
    assert receiver.read() == [heading + rest for rest in (b"'web' stdout output:\n", b"one\n", b"two\n")]
    assert bench.answers == [None]


def test_a_restarted_receiver_gets_every_line(bench, tmp_path: Path) -> None:
    files, log = LinuxFiles(), LogSocket(str(tmp_path / "log"))
    for count in range(3):
        receiver = Receiver(tmp_path / "log")
        assert log.append(files, [parcel(bench.kernel, b"web ", b"%d\n" % count)]) == []
        assert receiver.read() == sent(bench, b"%d" % count)
        receiver.close()
    log.close(files)


def test_a_missing_receiver_costs_lines_which_are_counted_and_told_of_once(bench, tmp_path: Path) -> None:
    files, path = LinuxFiles(), str(tmp_path / "log")
    log = LogSocket(path)
    lost = sent(bench, b"one\ntwo\n") + sent(bench, b"three\n")
    notes = log.append(files, [parcel(bench.kernel, b"web ", b"one\ntwo\n")])
    assert notes == [f"could not write to log target {path!r}: No such file or directory; output is lost"]
    assert log.append(files, [parcel(bench.kernel, b"web ", b"three\n")]) == []
    receiver = Receiver(tmp_path / "log")
    total = sum(map(len, lost)) + 7
    notes = log.append(files, [parcel(bench.kernel, b"web ", b"four\n")], dropped=7)
    assert notes == [f"log target {path!r} takes output again, {total} bytes were lost"]
    assert log.append(files, [parcel(bench.kernel, b"web ", b"five\n")]) == []
    assert receiver.read() == sent(bench, b"four\nfive\n")
    log.close(files)


def test_what_was_lost_and_not_told_of_is_when_the_log_is_closed(bench, tmp_path: Path) -> None:
    files, path = LinuxFiles(), str(tmp_path / "log")
    log = LogSocket(path)
    assert log.close(files) == []
    log.append(files, [parcel(bench.kernel, b"web ", b"one\n")])
    assert log.close(files) == [f"log target {path!r} is closed, {len(sent(bench, b'one')[0])} bytes were lost"]
    assert log.close(files) == []
    receiver = Receiver(tmp_path / "log")
    assert log.append(files, [parcel(bench.kernel, b"web ", b"two\n")]) == []
    assert receiver.read() == sent(bench, b"two\n")
    log.close(files)


def test_what_waits_goes_out_before_what_comes_under_another_loop(bench, monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    receiver = Receiver(tmp_path / "log")
    monkeypatch.setattr(syslog.LogSocket.__init__, "__defaults__", (str(tmp_path / "log"),))
    system_log = SystemLog(bench.loop, bench.warnings.append)
    system_log.of_main_log().write(b"-" * 29 + b"one")
    system_log.of_main_log().write(b"-" * 29 + b"two")
    assert not system_log.idle
    assert system_log.held_bytes > 64
    system_log.close(bench.answers.append)
    later = Loop(bench.kernel, bench.errors.append)
    later.inherit(bench.loop)
    system_log.hand_over(later, bench.warnings.append)
    system_log.of_main_log().write(b"-" * 29 + b"three")
    bench.loop = later
    bench.settle()
    assert [record[-8:].lstrip(b"-") for record in receiver.read()] == [b"one\n", b"two\n", b"three\n"]
    assert (system_log.idle, system_log.held_bytes, bench.answers) == (True, 0, [None])
    system_log.close(bench.answers.append)
    bench.settle()


def test_a_full_receiver_is_waited_for_once_and_then_not_before_it_has_taken_something(bench, tmp_path: Path) -> None:
    receiver = Receiver(tmp_path / "log")
    files, log = Refusing(errno.EAGAIN, errno.EAGAIN), LogSocket(str(tmp_path / "log"))
    for data in (b"one\ntwo\n", b"three\n", b"four\n", b"five\n"):
        log.append(files, [parcel(bench.kernel, b"web ", data)])
    assert files.waits == [syslog.WAIT_NS, 0, 0, syslog.WAIT_NS]
    assert receiver.read() == sent(bench, b"four\nfive\n")
    log.close(files)


def test_a_record_that_is_too_long_costs_nothing_but_itself(bench, tmp_path: Path) -> None:
    receiver = Receiver(tmp_path / "log")
    log = LogSocket(str(tmp_path / "log"))
    notes = log.append(LinuxFiles(), [parcel(bench.kernel, b"web ", b"one\n" + b"x" * (1 << 20) + b"\nthree\n")])
    assert receiver.read() == sent(bench, b"one\nthree\n")
    size = len(sent(bench, b"x" * (1 << 20))[0])
    assert [note.partition(": ")[2] or note.rpartition(", ")[2] for note in notes] == [
        "Message too long; output is lost",
        f"{size} bytes were lost",
    ]
    log.close(LinuxFiles())


def test_a_stream_gets_records_that_end(bench, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "log"))
        listening.listen()
        log = LogSocket(str(tmp_path / "log"))
        assert log.append(LinuxFiles(), [parcel(bench.kernel, b"web ", b"one\ntwo\n")]) == []
        connection, _ = listening.accept()
        with connection:
            assert connection.recv(1000) == b"".join(record + b"\0" for record in sent(bench, b"one\ntwo\n"))
        log.close(LinuxFiles())


def test_a_stream_is_full_when_either_of_its_two_logs_is(bench, tmp_path: Path) -> None:
    queue = FileSink(bench.loop, LogSocket(str(tmp_path / "log")), bench.warnings.append)
    both = Both(Discard(), SyslogSink(queue, lambda data: parcel(bench.kernel, b"", data)))
    room: list[str] = []
    both.write(b"x")
    assert not both.full
    both.write(b"x" * FULL_BYTES)
    assert both.full
    both.when_room(lambda: room.append("room"))
    gone = lambda: room.append("gone")  # noqa: E731
    both.when_room(gone)
    both.forget(gone)
    bench.settle()
    assert room == ["room"]
    assert not both.full
    assert len(bench.warnings) == 1, "there is no receiver"
