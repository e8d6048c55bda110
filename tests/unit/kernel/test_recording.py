"""What the recording wrappers write, and what happens when they cannot."""

from __future__ import annotations

import errno
import io
from _thread import get_ident

import pytest

from initd.kernel.linux import LinuxKernel
from initd.kernel.linux_files import LinuxFiles
from initd.kernel.recording import BUFFER_BYTES, CALLS, FILE_CALLS, Recording, RecordingFiles, RecordingKernel
from initd.kernel.transcript import entries
from sim.kernel import SimKernel


class Recorded:
    """A simulated kernel, recorded."""

    def __init__(self, **options):
        self.pieces = []
        self.kernel = SimKernel()
        self.recording = Recording(self.pieces.append, **options)
        self.files = RecordingFiles(self.kernel.files, self.recording, get_ident)
        self.port = RecordingKernel(self.kernel, self.files, self.recording, ["unseen"])

    def told(self):
        self.recording.flush()
        return [entry for _, entry in entries(io.BytesIO(b"".join(self.pieces)), "r")]


def test_every_call_of_both_protocols_is_recorded():
    recorded = Recorded()
    assert {name for name in dir(LinuxKernel) if not name.startswith("_")} - {"release"} == set(CALLS)
    assert {name for name in dir(LinuxFiles) if not name.startswith("_")} == set(FILE_CALLS)
    assert all(callable(getattr(recorded.port, name)) for name in CALLS)
    assert all(callable(getattr(recorded.files, name)) for name in FILE_CALLS)


def test_a_call_is_written_with_its_answer_or_its_error():
    recorded = Recorded()
    reader, writer = recorded.port.pipe()
    recorded.port.write(writer, b"abc")
    assert recorded.port.read(reader, 10) == b"abc"
    recorded.port.catch_signals(iter([15, 1]))
    with pytest.raises(ChildProcessError):
        recorded.port.reap(77)
    assert recorded.told() == [
        ("pipe", (), (reader, writer)),
        ("write", (writer, b"abc"), 3),
        ("read", (reader, 10), b"abc"),
        ("catch_signals", ((15, 1),), None),
        ("reap", (77,), None, ("OSError", errno.ECHILD, "No child processes", None)),
    ]
    assert recorded.kernel.machine.caught == {15, 1}


def test_an_operation_is_written_as_the_calls_it_made_where_its_completion_is_taken():
    recorded = Recorded()
    recorded.kernel.files.put("/etc/x", b"text")

    def looks(files):
        files.size("/etc/x")
        files.unlink("/nowhere")

    token = recorded.port.submit("lane", looks)
    hidden = recorded.port.submit("unseen", lambda files: files.size("/etc/x"))
    recorded.port.poll(recorded.kernel.now + 1)
    taken = recorded.port.take_completions()
    assert [completion.token for completion in taken] == [token, hidden]
    missing = ("OSError", errno.ENOENT, "No such file or directory", "/nowhere")
    calls = [("size", ("/etc/x",), 4), ("unlink", ("/nowhere",), None, missing)]
    told = recorded.told()
    assert told[:2] == [("submit", ("lane",), token), ("submit", ("unseen",), hidden)]
    assert told[-1] == ("take_completions", (), [(token, calls, missing), (hidden, [], None)])


def test_a_sleep_is_written_with_its_end_and_what_was_ready_then():
    recorded = Recorded()
    recorded.port.poll(recorded.kernel.now + 5)
    assert recorded.told() == [("poll", (recorded.kernel.now,), [])]


def test_files_used_outside_of_an_operation_are_written_at_once():
    recorded = Recorded()
    recorded.kernel.files.put("/etc/x", b"text")
    assert recorded.files.read_file("/etc/x") == b"text"
    assert recorded.told() == [("files.read_file", ("/etc/x",), b"text")]


def test_what_was_taken_is_written_before_the_loop_sleeps_and_never_held_without_bound():
    recorded = Recorded()
    recorded.port.mono()
    assert not recorded.pieces
    recorded.port.poll(recorded.kernel.now)
    assert b"mono" in recorded.pieces[-1]
    written = len(recorded.pieces)
    for _ in range(BUFFER_BYTES // len("('mono', (), 0)\n") + 1):
        recorded.port.mono()
    assert len(recorded.pieces) == written + 1


def failing(after):
    """A `write` that works so often, then not, and how often it was asked."""
    asked = []

    def write(data):
        asked.append(data)
        if len(asked) > after:
            raise OSError(errno.ENOSPC, "No space left on device")

    return write, asked


def test_a_write_that_fails_ends_the_recording_with_one_warning_at_the_next_sleep():
    write, asked = failing(1)
    kernel, warned = SimKernel(), []
    told = Recording(write)
    told.warn = warned.append
    port = RecordingKernel(kernel, RecordingFiles(kernel.files, told, get_ident), told)
    for _ in range(4):
        port.mono()
        port.poll(kernel.now)
    assert warned == ["the recording ends here: No space left on device"]
    assert len(asked) == 2
    assert port.mono() == kernel.now


def test_a_failure_in_the_middle_of_a_turn_is_told_only_when_the_turn_is_over():
    write, _ = failing(0)
    told, warned = Recording(write), []
    told.warn = warned.append
    for number in range(BUFFER_BYTES):
        told.note("mono", (), number)
    assert not warned
    told.flush()
    told.flush()
    assert len(warned) == 1


def test_a_recording_that_becomes_too_long_ends_whole():
    recorded = Recorded(limit_bytes=100)
    warned = []
    recorded.recording.warn = warned.append
    for _ in range(20):
        recorded.port.mono()
        recorded.port.poll(recorded.kernel.now)
    assert warned == ["the recording ends here: it has reached its limit of 100 bytes"]
    assert sum(map(len, recorded.pieces)) <= 100
    assert 0 < len(recorded.told()) < 20


def test_an_end_by_terminate_is_written():
    recorded = Recorded()
    with pytest.raises(BaseException, match="exit status 3"):
        recorded.port.terminate(3)
    assert b"('terminate', (3,), None)\n" in recorded.pieces[-1]
