"""The format of a recording: one line an entry, each a Python literal; nothing here reads or writes files.

After the first line, which names the format and its version, an entry is `(name, arguments, answer)`, or `(name,
arguments, None, error)` for a call that raised. Most names are calls of the port (initd/kernel/port.py). The others:

    header        who ran where: the fields of the host, the command line, versions
    files.NAME    a call of `Files` made on the loop's thread, before the loop runs
    begin         what surrounds the daemon has found: console, nofile, notices
    hook          the surroundings were asked, (name,): what they answered, and what they had to say
    effect        what an observer sees: a state change, for instance
    end           the exit status

Answers are whole; arguments are what a replay compares, so long ones are kept as length, digest and beginning. An operation
given to `submit` is not written itself: the answer of `take_completions` lists, for each that ended, the calls it made.
A line is complete once it has its newline, so a recording that was cut short anywhere is good up to there.
"""

from __future__ import annotations

import builtins
from hashlib import blake2b

from initd.errors import InitdError, KernelError
from initd.kernel.port import Child, ExitStatus, Seen, SetupFailed
from initd.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO, Any

    Entry = tuple[Any, ...]
    """(name, arguments, answer) or (name, arguments, None, error)."""

MAGIC = b"initd-recording "
VERSION = 1
FIRST_LINE = MAGIC + b"%d\n" % VERSION
SHORT = 1000
"""Arguments of so many bytes or characters are written whole."""
SHOWN = 60
"""So much of a longer one is written for a reader."""

_ANSWERS: dict[str, type[Record]] = {each.__name__: each for each in (Child, ExitStatus, Seen, SetupFailed)}
_SIMPLE = frozenset({int, bool, type(None), float})


class RecordingError(InitdError):
    """A file that is no recording, or one that cannot be read here; the text says which and why."""


def line(entry: Entry) -> bytes:
    """One entry as written."""
    return ascii(entry).encode("ascii") + b"\n"


def shown(value: Any) -> Any:
    """An argument as it is compared; it never changes with the memory address or the hash seed."""
    kind = type(value)
    if kind in _SIMPLE:
        return value
    if kind is tuple:
        return tuple([shown(each) for each in value]) if value else value
    if kind is str:
        return value if len(value) <= SHORT else _digested(value.encode("utf-8", "surrogatepass"), value[:SHOWN])
    if isinstance(value, bytes | bytearray | memoryview):
        data = bytes(value)
        return data if len(data) <= SHORT else _digested(data, data[:SHOWN])
    if isinstance(value, list | tuple):
        return tuple([shown(each) for each in value])
    if isinstance(value, Record):
        return (kind.__name__, *[shown(each) for each in value.values()])
    if hasattr(value, "items"):
        text = ascii(sorted(value.items()))
        return _digested(text.encode("ascii"), ", ".join(sorted(value))[:SHOWN])
    return str(value)


def _digested(data: bytes, beginning: str | bytes) -> tuple[str, int, str, str | bytes]:
    return "long", len(data), blake2b(data, digest_size=12).hexdigest(), beginning


def plain(value: Any) -> Any:
    """An answer as a literal, from which `revived` makes it again."""
    if type(value) in _SIMPLE or not value:
        return value
    if isinstance(value, Record):
        return {type(value).__name__: tuple([plain(each) for each in value.values()])}
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, tuple):
        return tuple([plain(each) for each in value])
    return value


def revived(value: Any) -> Any:
    """The answer that `plain` was given."""
    if isinstance(value, dict):
        ((name, values),) = value.items()
        return _ANSWERS[name](*map(revived, values))
    if isinstance(value, list):
        return list(map(revived, value))
    if isinstance(value, tuple):
        return tuple(map(revived, value))
    return value


def plain_error(error: Exception) -> tuple[Any, ...]:
    """An exception as a literal: its class, then what it takes to make it again."""
    name = type(error).__name__
    if isinstance(error, KernelError):
        return name, error.errno, error.stage
    if isinstance(error, OSError) and error.errno is not None:
        return "OSError", error.errno, error.strerror, error.filename
    return name, str(error)


def revived_error(error: tuple[Any, ...]) -> Exception:
    """The exception again, or for one of our own that is no OSError, a RuntimeError of that text."""
    name, *rest = error
    if name == "KernelError":
        return KernelError(*rest)
    if name == "OSError":
        return OSError(*rest)
    made = getattr(builtins, name, None)
    if isinstance(made, type) and issubclass(made, Exception):
        return made(*rest)
    return RuntimeError(f"{name}: {' '.join(map(str, rest))}")


def is_recording(path: str) -> bool:
    """Whether a file begins as a recording does, of whatever version; OSError."""
    with open(path, "rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def entries(file: IO[bytes], path: str) -> Iterator[tuple[int, Entry]]:
    """(line number, entry) of each complete line of an open recording; RecordingError."""
    from ast import literal_eval  # a daemon only writes

    first = file.readline()
    if not first.startswith(MAGIC):
        raise RecordingError(f"{path} is no recording of initd")
    if first != FIRST_LINE:
        found = first.removeprefix(MAGIC).decode("ascii", "replace").strip()
        raise RecordingError(f"{path} is a recording of format {found}, this program reads format {VERSION}")
    for number, text in enumerate(file, 2):
        if not text.endswith(b"\n"):
            return
        try:
            entry = literal_eval(text.decode("ascii"))
        except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
            raise RecordingError(f"{path}:{number}: no entry: {error}") from None
        if not (isinstance(entry, tuple) and len(entry) in (3, 4) and isinstance(entry[1], tuple)):
            raise RecordingError(f"{path}:{number}: no entry: expected (name, arguments, answer)")
        yield number, entry
