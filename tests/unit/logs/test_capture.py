"""initd.logs.capture: a stream divided by tokens, however it is cut into reads."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from initd.logs.capture import BEGIN, END, Capture, Kind

PIECES = st.lists(
    st.one_of(st.sampled_from([BEGIN, END, b"<", b"<!--", b"x", b"-->"]), st.binary(max_size=40)), max_size=12
)


def divide(chunks: list[bytes], maxbytes: int = 10_000) -> list[tuple[Kind, bytes]]:
    capture = Capture(maxbytes)
    pieces = [piece for chunk in chunks for piece in capture.feed(chunk)] + capture.rest()
    return [(piece.kind, piece.data) for piece in pieces]


def of(kind: Kind, pieces: list[tuple[Kind, bytes]]) -> bytes:
    return b"".join(data for each, data in pieces if each is kind)


@given(PIECES, st.lists(st.integers(1, 30), min_size=1, max_size=20))
@example([BEGIN, b"message", END], [1])
@example([b"short"], [100])
def test_how_a_stream_is_cut_changes_nothing(pieces: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(pieces)
    chunks, at, turn = [], 0, 0
    while at < len(stream):
        chunks.append(stream[at : at + cuts[turn % len(cuts)]])
        at, turn = at + cuts[turn % len(cuts)], turn + 1
    whole, cut = divide([stream]), divide(chunks)
    assert [data for kind, data in whole if kind is Kind.MESSAGE] == [
        data for kind, data in cut if kind is Kind.MESSAGE
    ]
    assert of(Kind.OUTPUT, whole) == of(Kind.OUTPUT, cut)


@given(PIECES)
def test_what_is_not_between_tokens_is_output_to_the_last_byte(pieces: list[bytes]) -> None:
    stream, expected, messages = b"".join(pieces), b"", []
    while stream:
        before, begun, stream = stream.partition(BEGIN)
        expected += before
        if begun:
            message, ended, stream = stream.partition(END)
            messages += [message] if ended else []
    found = divide([b"".join(pieces)])
    assert of(Kind.OUTPUT, found) == expected
    assert [data for kind, data in found if kind is Kind.MESSAGE] == messages


def test_little_waits_until_more_than_a_token_is_there() -> None:
    capture = Capture(100)
    assert capture.feed(b"x" * len(BEGIN)) == []
    assert [piece.data for piece in capture.feed(b"y")] == [b"x" * len(BEGIN) + b"y"]


def test_of_a_message_about_the_last_bytes_are_kept() -> None:
    found = divide([BEGIN + b"a" * 20, b"b" * 30, b"c" * 30, END + b"."], maxbytes=64)
    assert [data for kind, data in found if kind is Kind.MESSAGE] == [b"b" * 20 + b"c" * 30]
