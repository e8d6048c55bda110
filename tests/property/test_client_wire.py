"""The client's XML-RPC against the standard library's, in both directions."""

from __future__ import annotations

import xmlrpc.client

from hypothesis import given
from hypothesis import strategies as st

from initd.control.client.wire import decode_response, encode_call

# what XML 1.0 allows, but for the carriage return, which a parser turns into a newline
CHARACTERS = st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff") | st.sampled_from("\t\n")
TEXT = st.text(CHARACTERS, max_size=20)
INT32 = st.integers(-(2**31), 2**31 - 1)
VALUES = st.recursive(
    TEXT | INT32 | st.booleans() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_every_response_is_decoded_to_what_was_sent(value: object) -> None:
    document = xmlrpc.client.dumps((value,), methodresponse=True)  # type: ignore[arg-type]
    assert decode_response(document.encode()) == value


@given(st.lists(TEXT | INT32 | st.booleans(), max_size=4))
def test_every_call_is_read_by_the_standard_library_as_it_was_meant(params: list[str | int]) -> None:
    read, method = xmlrpc.client.loads(encode_call("supervisor.x", tuple(params)))
    assert (list(read), method) == (params, "supervisor.x")
