"""initd.logs.ansi against supervisor's own function, and on pieces of a stream."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from supervisor.dispatchers import stripEscapes

from initd.logs.ansi import AnsiFilter

TEXT = st.lists(st.sampled_from([b"\x1b", b"[", b"\x1b[", b"m", b"31", b"H", b"x", b"\n", b";"]), max_size=30).map(
    b"".join
)


@given(TEXT)
def test_a_whole_stream_is_stripped_as_supervisord_strips_it(text: bytes) -> None:
    stripping = AnsiFilter()
    assert stripping.feed(text) + stripping.rest() == stripEscapes(text)


@given(TEXT, st.data())
def test_the_result_does_not_depend_on_how_the_stream_is_cut(text: bytes, data: st.DataObject) -> None:
    whole, cut = AnsiFilter(), AnsiFilter()
    at = data.draw(st.integers(0, len(text)))
    pieces = cut.feed(text[:at]) + cut.feed(text[at:]) + cut.rest()
    assert pieces == whole.feed(text) + whole.rest()


def test_colours_go_and_text_stays() -> None:
    assert AnsiFilter().feed(b"\x1b[1;31mred\x1b[0m plain") == b"red plain"
