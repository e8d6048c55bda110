from __future__ import annotations

import errno
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initd.control.rpc_logs import BLOCK_BYTES, read_window, tail_window
from initd.errors import ProtocolFault
from tests.unit.control.fake import World

NUMBERS = st.integers(-20, 20)


@pytest.fixture
def log(world: World) -> str:
    world.daemon.program("web", 1)
    world.kernel.files.put("/var/log/web.out", b"1234567")
    return "/var/log/web.out"


@given(st.binary(max_size=12), NUMBERS, NUMBERS)
def test_windows_are_those_of_the_stock_daemon(data: bytes, offset: int, length: int) -> None:
    from supervisor.options import readFile, tailFile

    descriptor = os.memfd_create("log")
    try:
        os.write(descriptor, data)
        path = f"/proc/self/fd/{descriptor}"
        try:
            expected = readFile(path, offset, length)
        except ValueError as error:
            expected = error.args[0]
        try:
            start, count = read_window(len(data), offset, length)
            assert data[start : start + count] == expected
        except ProtocolFault as fault:
            assert fault.text == expected
        start, count, overflow = tail_window(len(data), offset, length)
        text, size, stock_overflow = tailFile(path, offset, length)
        assert (data[start : start + count], len(data), overflow) == (text.encode(), size, stock_overflow)
    except UnicodeDecodeError:
        return  # there is nothing to compare with: stock fails
    finally:
        os.close(descriptor)


def test_a_slice_is_read_and_an_impossible_one_refused(world: World, log: str) -> None:
    assert world.call("readProcessStdoutLog", "web", 2, 3) == "345"
    assert world.call("readProcessLog", "web", -3, 0) == "567"
    assert world.call("readProcessLog", "web", 100, 0) == ""
    assert world.fault("readProcessLog", "web", -3, 1) == (3, "BAD_ARGUMENTS")
    assert world.fault("readProcessLog", "web", 0, -1) == (3, "BAD_ARGUMENTS")


def test_a_tail_says_where_it_ends_and_whether_there_was_more(world: World, log: str) -> None:
    assert world.call("tailProcessStdoutLog", "web", 0, 3) == ["567", 7, True]
    assert world.call("tailProcessLog", "web", 0, 100) == ["1234567", 7, False]


def test_a_log_that_is_not_there_is_no_file_and_its_tail_is_empty(world: World) -> None:
    process = world.daemon.program("web", 1)
    assert world.fault("readProcessStderrLog", "web", 0, 0) == (20, "NO_FILE: /var/log/web.err")
    assert world.call("tailProcessStderrLog", "web", 5, 5) == ["", 0, False]
    process.logs = ("", "")
    assert world.fault("readProcessStderrLog", "web", "x", 0) == (20, "NO_FILE: ")
    process.logs = (None, None)
    assert world.fault("readProcessStderrLog", "web", "x", 0) == (20, "NO_FILE")
    assert world.call("tailProcessStderrLog", "web", "x", 5) == ["", 0, False]


def test_a_log_that_cannot_be_read_has_failed_and_its_tail_is_empty(world: World, log: str) -> None:
    world.kernel.files.fail(log, errno.EIO, "read_at")
    assert world.fault("readProcessLog", "web", 0, 0) == (30, "FAILED")
    assert world.call("tailProcessLog", "web", 5, 5) == ["", 5, False]


def test_a_device_cannot_be_read_back(world: World) -> None:
    world.daemon.program("web", 1).logs = ("/dev/stdout", "")
    assert world.fault("readProcessLog", "web", 0, 0) == (30, "FAILED")


def test_the_device_that_swallows_everything_reads_as_empty(world: World) -> None:
    world.daemon.main_log = "/dev/null"
    world.daemon.program("web", 1).logs = ("/dev/null", "")
    assert world.call("readLog", 0, 0) == ""
    assert world.call("readProcessLog", "web", -10, 0) == ""
    assert world.call("tailProcessLog", "web", 0, 10) == ["", 0, False]


def test_offsets_have_to_be_numbers(world: World, log: str) -> None:
    assert world.call("readProcessLog", "web", "2", "3") == "345"
    assert world.fault("readProcessLog", "web", "x", 0) == (2, "INCORRECT_PARAMETERS")
    assert world.fault("tailProcessLog", "web", 0, None) == (2, "INCORRECT_PARAMETERS")


def test_the_main_log_is_read_the_same_way(world: World) -> None:
    assert world.call("readLog", 2, 3) == "234"
    assert world.call("readMainLog", -2, 0) == "56"
    world.daemon.main_log = ""
    assert world.fault("readLog", 0, 0) == (20, "NO_FILE: syslog")


def test_cut_and_invalid_utf_8_is_replaced_and_offsets_stay_in_bytes(world: World) -> None:
    world.daemon.program("web", 1)
    world.kernel.files.put("/var/log/web.out", "a\u00e9z".encode() + b"\xff\x1b")
    assert world.call("readProcessLog", "web", 0, 2) == "a\ufffd"
    assert world.call("readProcessLog", "web", 2, 0) == "\ufffdz\ufffd\ufffd"
    assert world.call("tailProcessLog", "web", 0, 3) == ["z\ufffd\ufffd", 6, True]


def test_a_long_log_arrives_whole_even_where_characters_straddle_its_blocks(world: World) -> None:
    text = "x" + "\u00e9\u20ac" * (BLOCK_BYTES // 2)
    world.daemon.program("web", 1)
    world.kernel.files.put("/var/log/web.out", text.encode())
    assert world.call("readProcessLog", "web", 0, 0) == text
    assert world.call("tailProcessLog", "web", 0, 10**9) == [text, len(text.encode()), False]


def test_a_log_that_is_rotated_away_while_it_is_read_ends_there(world: World, log: str) -> None:
    world.kernel.files.put("/var/log/web.out", b"y" * 3_000_000)
    client_reads = world.kernel.files.read_at
    calls: list[int] = []

    def read_at(path: str, offset: int, length: int) -> bytes:
        calls.append(offset)
        if len(calls) > 2:
            raise FileNotFoundError(errno.ENOENT, path)
        return client_reads(path, offset, length)

    world.kernel.files.read_at = read_at
    assert len(world.call("readProcessLog", "web", 0, 0)) == 2 * BLOCK_BYTES


def test_a_frozen_log_delays_nobody_else(world: World, log: str) -> None:
    world.kernel.files.hang(log)
    answer = world.begin("readProcessLog", "web", 0, 0)
    assert world.call("readLog", 0, 3) == "012"
    assert world.call("getState")["statename"] == "RUNNING"
    world.kernel.files.release(log)
    world.settle()
    assert answer() == "1234567"


def test_what_names_no_process_has_no_log(world: World, log: str) -> None:
    for method in ("readProcessStdoutLog", "tailProcessStderrLog"):
        for name in ("nope", "web:*"):
            assert world.fault(method, name, 0, 0) == (10, f"BAD_NAME: {name}")
