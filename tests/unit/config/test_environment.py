from __future__ import annotations

import pytest

from initd.config.environment import key_value_pairs
from initd.config.values import BadValue


@pytest.mark.parametrize(
    ("text", "pairs", "dropped"),
    [
        ("", {}, ()),
        ("A=1,B=\"v 2\",C='v,3',", {"A": "1", "B": "v 2", "C": "v,3"}, ()),
        ("A=a;B=b", {"A": "a", "B": "b"}, ()),
        ('A=""', {"A": ""}, ()),
        ("A=a b", {"A": "a"}, ("b",)),
        ('A="a""b"', {"A": "a"}, ('"b"',)),
        ("A=$X", {"A": "$"}, ("X",)),
        ("A=1,A=2", {"A": "2"}, ("A=1",)),
        ("A=1,B=x#y,C=3", {"A": "1", "B": "x"}, ("#y,C=3",)),
        ("A=x#c\nB", {"A": "xB"}, ("#c",)),
        ("A==1", {"A": "="}, ("1",)),
        ("A='x\ny'", {"A": "x\ny"}, ()),
    ],
)
def test_pairs_are_read_and_what_is_lost_is_told(text: str, pairs: dict[str, str], dropped: tuple[str, ...]) -> None:
    assert key_value_pairs(text) == (pairs, dropped)


@pytest.mark.parametrize("text", ["A", "A=", "A=1 B=2", "A=a=b", "A=a@b", "=x"])
def test_text_that_is_no_pair_is_refused(text: str) -> None:
    with pytest.raises(BadValue) as refused:
        key_value_pairs(text)
    assert refused.value.text == f"Unexpected end of key/value pairs in value '{text}'"
    assert "quotes" in refused.value.hint


def test_a_quote_must_close() -> None:
    with pytest.raises(BadValue) as refused:
        key_value_pairs("A='x")
    assert refused.value.text == "No closing quotation"
