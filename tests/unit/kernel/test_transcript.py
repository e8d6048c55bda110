from __future__ import annotations

import ast
import errno
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initd.errors import KernelError
from initd.kernel import transcript
from initd.kernel.port import Child, ExitStatus, Seen, SetupFailed, SpawnSpec
from initd.kernel.transcript import (
    RecordingError,
    entries,
    is_recording,
    plain,
    plain_error,
    revived,
    revived_error,
    shown,
)

SIMPLE = st.none() | st.booleans() | st.integers() | st.binary() | st.text(st.characters())
RECORDS = st.builds(ExitStatus, st.none() | st.integers(0, 255), st.none() | st.integers(1, 64), st.booleans())
RECORDS |= st.builds(Child, st.integers(1, 9), st.integers(-1, 9), st.none() | st.builds(SetupFailed, st.text(), st.integers()))
RECORDS |= st.builds(Seen, *[st.integers()] * 5, st.text(), st.text(), st.lists(st.text()).map(tuple))
ANSWERS = st.recursive(SIMPLE | RECORDS, lambda inner: st.lists(inner) | st.lists(inner).map(tuple), max_leaves=6)


def read(data: bytes) -> list[tuple[int, Any]]:
    return list(entries(io.BytesIO(data), "r"))


@given(ANSWERS, st.text(st.characters()))
def test_an_answer_and_its_call_come_back_from_one_line_of_ascii(answer: Any, argument: str) -> None:
    line = transcript.line(("call", (shown(argument),), plain(answer)))
    assert line.isascii() and line.count(b"\n") == 1
    ((number, (name, arguments, told)),) = read(transcript.FIRST_LINE + line)
    assert (number, name, arguments) == (2, "call", (shown(argument),))
    assert revived(told) == answer
    assert type(revived(told)) is type(answer)


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.EACCES, "Permission denied", "/x"),
        BlockingIOError(errno.EAGAIN, "again"),
        KernelError(errno.ENOMEM, "fork"),
        ModuleNotFoundError("No module named 'h11'"),
        ValueError("embedded null byte"),
    ],
)
def test_an_error_comes_back_as_what_it_was(error: Exception) -> None:
    made = revived_error(ast.literal_eval(ascii(plain_error(error))))
    assert type(made) is type(error)
    assert (str(made), plain_error(made)) == (str(error), plain_error(error))


def test_an_error_of_our_own_comes_back_with_its_name() -> None:
    assert str(revived_error(plain_error(RecordingError("why")))) == "RecordingError: why"


@given(st.binary(min_size=1001, max_size=1200), st.integers(0, 1200))
def test_a_long_argument_is_told_from_every_other(data: bytes, at: int) -> None:
    other = bytearray(data)
    other[at % len(data)] ^= 1
    assert shown(data) == shown(memoryview(data)) != shown(bytes(other))
    assert len(ascii(shown(data))) < 400


def test_the_environment_of_a_child_counts_but_is_not_written() -> None:
    spec = SpawnSpec("/bin/x", ("x", "-v"), {"TOKEN": "geheim", "A": "1"}, 0, 1, 2)
    told = ascii(shown((spec,)))
    assert "geheim" not in told and "/bin/x" in told and "-v" in told
    assert shown(spec) == shown(spec.replace(env={"A": "1", "TOKEN": "geheim"}))
    assert shown(spec) != shown(spec.replace(env={"A": "1", "TOKEN": "other"}))


def test_another_version_is_refused_by_its_name() -> None:
    with pytest.raises(RecordingError, match=r"^r is a recording of format 99, this program reads format 1$"):
        read(b"initd-recording 99\n('header', (), {})\n")


def test_another_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="^r is no recording of initd$"):
        read(b'{"groups": []}\n')
    path = tmp_path / "file"
    for data, expected in ((b"initd-recording 99\n", True), (b"{}", False), (b"", False)):
        path.write_bytes(data)
        assert is_recording(str(path)) is expected


@pytest.mark.parametrize("broken", [b"('mono', (), 1", b"nonsense(1)", b"('mono', 1, 2)", b"('mono',)", b"\xff", b"[1]"])
def test_a_line_that_is_no_entry_is_named(broken: bytes) -> None:
    with pytest.raises(RecordingError, match=r"^r:3: no entry: "):
        read(transcript.FIRST_LINE + b"('mono', (), 1)\n" + broken + b"\n")


def test_a_last_line_without_its_end_was_being_written() -> None:
    assert read(transcript.FIRST_LINE + b"('mono', (), 1)\n('mono', (), 2)") == [(2, ("mono", (), 1))]
