"""Our words of `command=` against shlex.split, which is supervisord's."""

from __future__ import annotations

import shlex

from hypothesis import given
from hypothesis import strategies as st

from initd.drive.resolve import split


def words(cut, command: str) -> list[str] | str:  # type: ignore[no-untyped-def]
    try:
        return cut(command)
    except ValueError as error:
        return str(error)


@given(st.text(st.sampled_from("ab \t\r\n\x0b\x0c\x1f\x85\xa0\u2003\"'\\#;&|é\0"), max_size=20) | st.text(max_size=20))
def test_any_command_is_cut_as_shlex_cuts_it(command: str) -> None:
    assert words(split, command) == words(shlex.split, command)
