"""Which files are taken for AUTO logs, against supervisord's own pattern."""

from __future__ import annotations

import re

from hypothesis import example, given
from hypothesis import strategies as st

from initd.logs.autolog import is_auto

PIECES = st.sampled_from(["---a-", "--", "-", "a", "b", ".log", ".lo", ".1", " ", "\n", "\x85", "\x1f", "é", "---a---a-"])


@given(st.lists(PIECES, max_size=9).map("".join), st.sampled_from(["a", "-a", "", "a-", ".log", "b\n"]))
@example("p-stdout---a-x1.log", "a")
@example("p---a- ---a-x.log.1", "a")
def test_a_name_is_an_auto_log_if_supervisord_takes_it_for_one(name: str, identifier: str) -> None:
    assert is_auto(name, identifier) == bool(re.match(rf".+?---{re.escape(identifier)}-\S+\.log", name))
