"""Reading logs over RPC: slices and tails, counted in bytes (supervisord-4.3 §5.6; D15).

Files are read off the loop, one lane a path, at most BLOCK_BYTES at a time; the rest of a long slice is read while the
reply is being sent. When the file shrinks meanwhile (it was rotated), the slice ends there.
"""

from __future__ import annotations

import codecs
from functools import partial

from initd.control.faults import Fault, fault
from initd.control.rpc_names import find_process, integer
from initd.control.steps import off_loop
from initd.control.xmlrpc import SLICE_CHARS, Text
from initd.errors import ProtocolFault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any

    from initd.control.rpc import Method, Rpc
    from initd.control.steps import Later, Steps
    from initd.drive.loop import Loop
    from initd.kernel.port import Files

BLOCK_BYTES = 256 * 1024
STDOUT, STDERR = 0, 1
NOTHING = "/dev/null"
"""The one device that reads as an empty log: many images log there."""


def read_window(size: int, offset: int, length: int) -> tuple[int, int]:
    """(start, count) of what `read` returns of a log of `size` bytes; BAD_ARGUMENTS."""
    if length < 0 or (offset < 0 and length):
        raise fault(Fault.BAD_ARGUMENTS)
    if offset < 0:
        return max(0, size + offset), min(size, -offset)
    start = min(offset, size)
    return start, min(length, size - start) if length else size - start


def tail_window(size: int, offset: int, length: int) -> tuple[int, int, bool]:
    """(start, count, overflow) of what `tail` returns of a log of `size` bytes."""
    overflow = size > offset + length
    if overflow:
        offset = size - 1
    if offset + length > size:
        if offset >= size:
            length = 0
        offset = size - length
    start = max(0, offset)
    return start, max(0, min(length, size - start)), overflow


def read_main_log(rpc: Rpc, offset: Any, length: Any) -> Steps:
    if not rpc.daemon.main_log:
        raise fault(Fault.NO_FILE, "syslog")
    return _read(rpc, rpc.daemon.main_log, rpc.daemon.settle_main_log, offset, length)


def read_stdout(rpc: Rpc, name: Any, offset: Any, length: Any) -> Steps:
    return _read(rpc, *_log(rpc, name, STDOUT), offset, length)


def read_stderr(rpc: Rpc, name: Any, offset: Any, length: Any) -> Steps:
    return _read(rpc, *_log(rpc, name, STDERR), offset, length)


def tail_stdout(rpc: Rpc, name: Any, offset: Any, length: Any) -> Steps:
    return _tail(rpc, *_log(rpc, name, STDOUT), offset, length)


def tail_stderr(rpc: Rpc, name: Any, offset: Any, length: Any) -> Steps:
    return _tail(rpc, *_log(rpc, name, STDERR), offset, length)


def _log(rpc: Rpc, name: Any, stream: int) -> tuple[str | None, Later]:
    """Where the log is, and how to wait for what is on its way there: supervisord has nothing on its way."""
    instance = find_process(rpc.daemon, name).instance
    return rpc.daemon.log_paths(instance)[stream], partial(rpc.daemon.settle_logs, instance)


def _read(rpc: Rpc, path: str | None, settled: Later, offset: Any, length: Any) -> Steps:
    if not path:
        raise fault(Fault.NO_FILE, path)

    def operation(files: Files) -> tuple[int, int, bytes]:
        try:
            size = files.size(path)
        except OSError:
            raise fault(Fault.NO_FILE, path) from None
        try:
            start, count = read_window(size, integer(offset), integer(length))
            return start, count, _block(files, path, start, count)
        except OSError:
            raise fault(Fault.FAILED) from None

    yield settled
    start, count, block = yield off_loop(rpc.daemon.loop, lane(path), operation)
    return _text(rpc.daemon.loop, path, start, count, block)


def _tail(rpc: Rpc, path: str | None, settled: Later, offset: Any, length: Any) -> Steps:
    if not path:
        return ["", 0, False]

    def operation(files: Files) -> tuple[int, int, bool, int, bytes]:
        try:
            size = files.size(path)
        except OSError:
            raise fault(Fault.NO_FILE, path) from None
        start, count, overflow = tail_window(size, integer(offset), integer(length))
        return start, count, overflow, size, _block(files, path, start, count)

    yield settled
    try:
        start, count, overflow, size, block = yield off_loop(rpc.daemon.loop, lane(path), operation)
    except OSError:
        return ["", integer(offset), False]
    except ProtocolFault as error:
        if error.code == Fault.NO_FILE:
            return ["", 0, False]
        raise
    return [_text(rpc.daemon.loop, path, start, count, block), size, overflow]


def lane(path: str) -> str:
    """Where reading of that file queues: apart from its writer, and from other files."""
    return f"read {path}"


def _block(files: Files, path: str, start: int, count: int) -> bytes:
    """The first part of a slice; something is read even of an empty one, to learn that the target can be read."""
    if path == NOTHING:
        return b""
    return files.read_at(path, start, max(1, min(count, BLOCK_BYTES)))[:count]


def _text(loop: Loop, path: str, start: int, count: int, block: bytes) -> str | Text:
    """A slice whose first block is there: as it is if that is all and it is short, else to be read on while it is sent."""
    if len(block) == count <= SLICE_CHARS:
        return block.decode("utf-8", "replace")
    return Text(_slices(loop, path, start, count, block))


def _slices(loop: Loop, path: str, start: int, count: int, block: bytes) -> Generator[Any, Any, None]:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    end = start + count
    while block:
        for first in range(0, len(block), SLICE_CHARS):
            yield decoder.decode(block[first : first + SLICE_CHARS])
        start += len(block)
        if start >= end:
            break
        try:
            block = yield off_loop(loop, lane(path), _reader(path, start, min(end - start, BLOCK_BYTES)))
        except OSError:  # gone or rotated away: the reply is well under way and ends here
            break
    yield decoder.decode(b"", True)


def _reader(path: str, start: int, count: int) -> Any:
    return lambda files: files.read_at(path, start, count)


METHODS: dict[str, Method] = {
    "readLog": read_main_log,
    "readMainLog": read_main_log,
    "readProcessLog": read_stdout,
    "readProcessStderrLog": read_stderr,
    "readProcessStdoutLog": read_stdout,
    "tailProcessLog": tail_stdout,
    "tailProcessStderrLog": tail_stderr,
    "tailProcessStdoutLog": tail_stdout,
}
