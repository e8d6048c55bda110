from __future__ import annotations

from urllib.parse import urlencode

from hypothesis import given
from hypothesis import strategies as st

from initd.control.web.form import PAIRS, parameters

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(st.dictionaries(TEXT, TEXT))
def test_what_a_form_sends_is_read(fields: dict[str, str]) -> None:
    assert parameters(urlencode(fields), b"") == parameters("", urlencode(fields).encode()) == fields


def test_of_several_values_the_first_in_the_query_and_the_last_in_the_body_count_and_the_body_wins() -> None:
    assert parameters("a=1&a=2&b=3", b"b=4&b=5&c=6") == {"a": "1", "b": "5", "c": "6"}


def test_empty_values_count_as_absent() -> None:
    assert parameters("a=&b&=c&&d=1", b"") == {"": "c", "d": "1"}


def test_what_is_no_encoding_stays_as_it_is() -> None:
    assert parameters("a=%zz%4&b=x%ffy&c=a+b%2B", b"") == {"a": "%zz%4", "b": "x\ufffdy", "c": "a b+"}


def test_no_more_than_so_many_parameters_are_looked_at() -> None:
    assert len(parameters("&".join(f"n{index}=1" for index in range(2 * PAIRS)), b"")) == PAIRS
