"""Our XML-RPC codec against Python's own: what one writes the other reads, and replies are the same byte for byte."""

from __future__ import annotations

import datetime
import xmlrpc.client
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from initd.control.xmlrpc import BadRequest, DateTime, Parser, response

# What XML can carry: carriage returns do not survive any XML parser, surrogates and control characters are replaced.
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"))
INTS = st.integers(-(2**31), 2**31 - 1)
SCALARS = st.one_of(TEXT, INTS, st.booleans(), st.floats(allow_nan=False, allow_infinity=False))
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXT, inner, max_size=5), max_leaves=20
)


def parse(body: bytes, cuts: list[int]) -> tuple[str, tuple[Any, ...]]:
    parser = Parser()
    edges = sorted({0, len(body), *(cut % (len(body) + 1) for cut in cuts)})
    for start, end in zip(edges, edges[1:], strict=False):
        parser.feed(body[start:end])
    return parser.close()


@given(st.lists(VALUES, max_size=4), st.lists(st.integers(0, 10_000), max_size=8))
def test_requests_of_pythons_client_are_read_whatever_the_pieces(params: list[Any], cuts: list[int]) -> None:
    body = xmlrpc.client.dumps(tuple(params), "some.method").encode()
    assert parse(body, cuts) == ("some.method", tuple(params))


@given(VALUES)
def test_replies_are_those_of_pythons_marshaller_byte_for_byte(value: Any) -> None:
    ours = b"".join(piece for piece in response(value) if isinstance(piece, bytes))
    assert ours.decode() == xmlrpc.client.dumps((value,), methodresponse=True)


@given(VALUES)
def test_replies_are_read_by_pythons_client(value: Any) -> None:
    ours = b"".join(piece for piece in response(value) if isinstance(piece, bytes))
    assert xmlrpc.client.loads(ours.decode())[0][0] == value


@given(st.text())
def test_any_text_at_all_makes_a_reply_that_can_be_read(text: str) -> None:
    ours = b"".join(piece for piece in response(text) if isinstance(piece, bytes))
    assert len(xmlrpc.client.loads(ours)[0][0]) in (len(text), len(text.replace("\r\n", "\n")))


@given(st.binary(max_size=300))
def test_base64_of_text_arrives_as_text_and_of_anything_else_is_refused(data: bytes) -> None:
    body = xmlrpc.client.dumps((xmlrpc.client.Binary(data),), "m").encode()
    try:
        expected: tuple[Any, ...] | None = (data.decode(),)
    except UnicodeDecodeError:
        expected = None
    try:
        assert parse(body, [])[1] == expected
    except BadRequest:
        assert expected is None


@given(st.datetimes(datetime.datetime(1000, 1, 1)))
def test_dates_arrive_as_written(when: datetime.datetime) -> None:
    body = xmlrpc.client.dumps((when,), "m").encode()
    assert parse(body, [])[1] == (DateTime(when.strftime("%Y%m%dT%H:%M:%S")),)


@given(st.binary(max_size=400), st.lists(st.integers(0, 500), max_size=4))
def test_any_bytes_at_all_are_read_or_refused(body: bytes, cuts: list[int]) -> None:
    try:
        method, params = parse(body, cuts)
    except BadRequest:
        return
    assert isinstance(method, str)
    assert isinstance(params, tuple)
