"""Our lexer of `environment=` against shlex, set up as supervisord sets it up."""

from __future__ import annotations

import shlex

from hypothesis import example, given
from hypothesis import strategies as st

from initd.config.environment import key_value_pairs, split
from initd.config.values import BadValue

texts = st.text(st.sampled_from("AB1_=,;\"'# \t\n\r\\$/.+-():@é{}"), max_size=24)


def _tokens(text: str) -> list[str] | str:
    lexer = shlex.shlex(text)
    lexer.wordchars += "/.+-():"
    try:
        return list(lexer)
    except ValueError as error:
        return str(error)


@given(texts)
@example("A=x#c\n  B")
@example("A=it's")
@example("'a''b'\"c\"")
@example('A="x')
def test_any_text_is_cut_as_shlex_cuts_it(text: str) -> None:
    try:
        found: list[str] | str = split(text)[0]
    except BadValue as error:
        found = error.text
    assert found == _tokens(text)


@given(st.dictionaries(st.text("ABC_", min_size=1), st.text("abc ,;#=%$\n'")))
def test_pairs_in_double_quotes_come_back_and_nothing_is_dropped(pairs: dict[str, str]) -> None:
    written = ",".join(f'{key}="{value}"' for key, value in pairs.items())
    assert key_value_pairs(written) == ({key: value.strip("'") for key, value in pairs.items()}, ())
