"""Capture mode, however a stream is torn: what a reference finds that looks at the stream as a whole."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from initd.logs.capture import Capture, Kind
from sim.invariants.capturing import BEGIN, END, divide, kept

WORDS = st.sampled_from([BEGIN, END, BEGIN[:9], BEGIN[9:], END[:5], END[5:], b"<!--", b"x", b"one\n", b"y" * 30, BEGIN[:-1]])
STREAMS = st.lists(WORDS, max_size=14).map(b"".join)


def torn(stream: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)})
    return [stream[first:last] for first, last in zip(places, places[1:])]


@given(STREAMS, st.lists(st.integers(0, 400), max_size=8), st.sampled_from([1, 5, 31, 1000]))
@example(BEGIN[:10] + BEGIN + b"x" + END + BEGIN[10:], [], 5)
@example(BEGIN + b"y" * 40 + END, [30, 60], 31)
def test_what_is_found_in_pieces_is_what_the_whole_stream_has(stream: bytes, cuts: list[int], bound: int) -> None:
    chunks, capture = torn(stream, cuts), Capture(bound)
    pieces = [piece for chunk in chunks for piece in capture.feed(chunk)] + capture.rest()
    found = divide(stream)
    assert [piece.data for piece in pieces if piece.kind is Kind.MESSAGE] == list(kept(chunks, bound))
    assert b"".join(piece.data for piece in pieces if piece.kind is Kind.OUTPUT) == found.output
    everything = b"".join(piece.data for piece in pieces if piece.kind is not Kind.MESSAGE)
    assert found.everything.startswith(everything)
    assert len(found.everything) - len(everything) <= (len(END) if found.unfinished is not None else 0)


@given(STREAMS, st.lists(st.integers(0, 400), max_size=8))
def test_a_message_that_is_not_too_long_is_told_as_it_is(stream: bytes, cuts: list[int]) -> None:
    assert list(kept(torn(stream, cuts), 1000)) == [stream[first:last] for first, last in divide(stream).messages]
