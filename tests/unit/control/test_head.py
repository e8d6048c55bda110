"""Heads that reach the parser: whole, and with a Host; everything else as it came."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initd.control.head import Heads

BARE = b"POST /RPC2 HTTP/1.1\r\nContent-Length: 2\r\n\r\nab"
FULL = b"POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nab"


def through(data: bytes, *cuts: int) -> bytes:
    heads, taken, at = Heads(1000), b"", 0
    for cut in [*sorted(cuts), len(data)]:
        taken += heads.take(data[at:cut])
        at = cut
    return taken


@given(cuts=st.lists(st.integers(0, len(BARE)), max_size=4))
def test_a_request_without_a_host_gets_one_however_it_arrives(cuts):
    assert through(BARE, *cuts) == FULL


@pytest.mark.parametrize(
    "data",
    [
        FULL,
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHOST: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: b\r\nhost:x\r\n\r\n",
        b"nonsense\r\n\r\n",
    ],
)
def test_everything_else_passes_as_it_came(data):
    assert through(data) == data


def test_a_target_beyond_ascii_is_percent_encoded_and_nothing_else_is():
    body = "\r\nHost: z\u00fcrich\r\n\r\nz\u00fcrich".encode()
    head = "GET /logtail/z\u00fcrich%20 HTTP/1.1".encode()
    assert through(head + body, 14) == b"GET /logtail/z%C3%BCrich%20 HTTP/1.1" + body
    assert through(head + b"\r\n\r\n") == b"GET /logtail/z%C3%BCrich%20 HTTP/1.1\r\nHost: localhost\r\n\r\n"


def test_empty_lines_before_a_request_are_not_part_of_it():
    assert through(b"\r\n\r\n" + BARE, 1, 3) == FULL
    assert through(b"\r\n") == b""


def test_a_head_that_is_too_long_is_the_parsers_to_refuse():
    assert through(b"x" * 1001) == b"x" * 1001


def test_only_heads_are_held_back_and_the_next_request_has_one_again():
    heads = Heads(1000)
    assert heads.take(BARE) == FULL
    assert heads.take(b"GET / HTTP/1.1\r\n") == b"GET / HTTP/1.1\r\n"
    heads.expect()
    assert heads.take(b"GET / HTTP/1.1\r\n\r") == b""
    assert heads.take(b"\n") == b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
