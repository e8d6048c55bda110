"""Every tolerated difference is a row of docs/deliberate-differences.md, and every row is reached."""

from __future__ import annotations

import re

import pytest

from tests.conformance.differences import ROWS, marked, named, reached
from tests.conformance.golden import ROOT


def test_no_difference_is_tolerated_without_a_row() -> None:
    assert sorted(set(reached()) - set(ROWS)) == []


@pytest.mark.parametrize("row", ROWS)
def test_a_row_is_reached_by_a_scenario_or_a_test(row: str) -> None:
    assert reached().get(row)


@pytest.mark.parametrize("test", sorted({test for _, test in (*marked(), *named())}))
def test_what_is_said_to_reach_a_row_is_a_test(test: str) -> None:
    path, _, name = test.partition("::")
    assert re.search(rf"^    def {name}\(|^def {name}\(", (ROOT / path).read_text(), re.M)
