"""Lines on their way to a log, for any bytes in any pieces: in raw they are what came, in JSON each is a message."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initd.config.model import FormatConfig
from initd.logs import lines as lines_module
from initd.logs.formats import form_of
from initd.logs.lines import Lines

ODD = (b"", b"\n", b"\r\n", b"\r", b"\0", b"x" * 9, b"\xff", "\N{SNOWMAN}".encode(), b'"\\')
ANY = st.lists(st.sampled_from(ODD) | st.binary(max_size=9))
WRITERS = st.lists(st.tuples(st.integers(0, 2), ANY.map(b"".join)), max_size=30)
LONGEST = 16


@pytest.fixture(autouse=True)
def _short_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines_module, "LONGEST_BYTES", LONGEST)


class Clock:
    def wall(self) -> int:
        return 0


class Stream:
    """A descriptor that several write to."""

    own, full = True, False
    unfinished: object = None

    def __init__(self) -> None:
        self.data = b""

    def write(self, data: bytes) -> None:
        if self.unfinished is not None:
            data, self.unfinished = b"\n" + data, None
        self.data += data

    def end(self) -> None:
        pass

    def when_room(self, callback) -> None:
        pass

    forget = reopen = clear = close = when_room


def form(kind: str, name: str):
    return form_of(Clock(), FormatConfig(kind, f"{name} |", "none"), name, name, "stdout", 1)


def played(kinds: list[str], said: list[tuple[int, bytes]]) -> bytes:
    """What is in the stream after those who write in that order have ended."""
    stream = Stream()
    writers = [Lines(stream, name, None if kind == "raw" else form(kind, str(name))) for name, kind in enumerate(kinds)]
    for who, data in said:
        writers[who].write(data)
    for writer in writers:
        writer.end()
    return stream.data


def of(who: int, said: list[tuple[int, bytes]]) -> bytes:
    return b"".join(data for each, data in said if each == who)


@given(WRITERS)
def test_one_writer_alone_is_byte_for_byte_what_it_wrote(said) -> None:
    said = [(0, data) for _, data in said]
    assert played(["raw"], said) == of(0, said)


@given(WRITERS)
def test_every_message_is_a_line_of_its_writer_in_order_and_none_is_missing(said) -> None:
    messages: dict[str, list[str]] = {"0": [], "1": [], "2": []}
    rest = ""
    for line in played(["json"] * 3, said).decode().split("\n")[:-1]:
        record = json.loads(line)
        rest = rest if record.get("partial") else ""
        messages[record["program"]].append(record["message"] + ("" if record.get("partial") else "\n"))
    for who, found in messages.items():
        wrote = of(int(who), said)
        lines = wrote.split(b"\n")
        if not lines[-1]:
            lines.pop()
        # A cut may stand between the bytes of what is no UTF-8 anyway: compare by what is left of it.
        expected = [line.removesuffix(b"\r").decode("utf-8", "replace") for line in lines]
        got = "".join(found).split("\n")[:-1]
        assert [each.replace("\ufffd", "") for each in got] == [each.replace("\ufffd", "") for each in expected]


@given(WRITERS, st.lists(st.sampled_from(["raw", "prefix", "json"]), min_size=3, max_size=3))
def test_lines_that_are_not_too_long_are_never_mixed_whatever_stands_beside_them(said, kinds) -> None:
    said = [(who, data.replace(b"{", b"(")) for who, data in said]
    expected: dict[int, list[bytes]] = {}
    for who, kind in enumerate(kinds):
        # Each writer has lines that show whose they are, and cannot be taken for those of another.
        marked = b"".join(b"%d:%s\n" % (who, line[: LONGEST - 2]) for line in of(who, said).split(b"\n"))
        expected[who] = marked.split(b"\n")[:-1]
        kinds[who] = kind
    pieces: list[tuple[int, bytes]] = []
    left = {who: b"".join(line + b"\n" for line in lines)[:-1] for who, lines in expected.items()}
    for who, data in said:
        size = len(data) + 1
        pieces.append((who, left[who][:size]))
        left[who] = left[who][size:]
    pieces += list(left.items())
    stream = played(kinds, pieces)
    found: dict[int, list[bytes]] = {0: [], 1: [], 2: []}
    for line in stream.removesuffix(b"\n").split(b"\n"):
        if line.startswith(b"{"):
            message = json.loads(line)["message"].encode()
            found[int(message[:1])].append(message)
        else:
            line = line[4:] if line[1:3] == b" |" else line
            found[int(line[:1])].append(line)
    for who, lines in expected.items():
        same = [line.removesuffix(b"\r").decode("utf-8", "replace").encode() for line in lines]
        assert found[who] == (same if kinds[who] == "json" else lines)
