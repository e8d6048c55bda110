"""initd.logs.lastwords on texts, and on real files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from initd.kernel.linux_files import LinuxFiles
from initd.logs import lastwords
from initd.logs.lastwords import KEPT_BYTES, LIMIT_BYTES, Tail, last_words
from initd.states import Mood
from initd.supervise.effects import Exit

END = Exit(Mood.SHUTDOWN, status=3, program="g:web", cause="exited (exit status 3; not expected)")


def tail(*chunks: bytes) -> Tail:
    made = Tail()
    for chunk in chunks:
        made.add(chunk)
    return made


def test_a_short_output_is_kept_whole_and_ends_in_a_newline() -> None:
    assert tail(b"a\nb").lines() == b"a\nb\n"
    assert tail(b"a\n", b"b\n").lines() == b"a\nb\n"
    assert tail().lines() == b""


@pytest.mark.parametrize("size", [1, 7, 100, KEPT_BYTES - 1, KEPT_BYTES, KEPT_BYTES + 1, 3 * KEPT_BYTES])
def test_of_a_long_output_the_last_whole_lines_are_kept_however_it_came(size: int) -> None:
    data = b"".join(b"line %d\n" % number for number in range(2000))
    kept = tail(*[data[at : at + size] for at in range(0, len(data), size)]).lines()
    assert data.endswith(b"\n" + kept) and kept.startswith(b"line ")
    assert KEPT_BYTES - 20 < len(kept) <= KEPT_BYTES


def test_a_single_line_that_is_too_long_loses_its_beginning() -> None:
    assert tail(b"x" * 10_000 + b"end").lines() == b"x" * (KEPT_BYTES - 3) + b"end\n"


def test_the_message_says_who_and_how_and_never_is_too_long() -> None:
    assert last_words(END, tail(b"oops\n")) == (
        b"initd: g:web exited (exit status 3; not expected); exit status 3\ninitd: its last output:\noops\n"
    )
    assert last_words(END, None) == b"initd: g:web exited (exit status 3; not expected); exit status 3\n"
    long = last_words(END.replace(cause="\u00e9" * 5000), tail(b"x" * 5000))
    assert len(long) <= LIMIT_BYTES and b"; exit status 3\n" in long and long.endswith(b"xxx\n")


def test_it_is_written_where_there_is_somebody_to_read_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    message = tmp_path / "termination-log"
    monkeypatch.setattr(lastwords, "TERMINATION_LOG", str(message))
    reader, writer = os.pipe()
    lastwords.write(LinuxFiles(), b"one\n", writer)
    assert not message.exists()  # the file is the runtime's to make
    message.touch()
    lastwords.write(LinuxFiles(), b"two\n", writer)
    assert message.read_bytes() == b"two\n"
    assert os.read(reader, 100) == b"one\ntwo\n"
    os.close(reader)
    lastwords.write(LinuxFiles(), b"three\n", writer)  # nobody reads any more
    os.close(writer)
    lastwords.write(LinuxFiles(), b"four\n", -1)
    assert message.read_bytes() == b"two\nthree\nfour\n"


def test_of_a_run_there_is_no_more_than_it_has_written_and_no_more_than_is_kept() -> None:
    made = tail(b"before\n")
    made.begin()
    assert made.recent == b""
    made.add(b"a\n")
    made.add(b"b\n")
    assert made.recent == b"a\nb\n"
    made.add(b"x" * (KEPT_BYTES + 5))
    assert made.recent == b"x" * KEPT_BYTES
