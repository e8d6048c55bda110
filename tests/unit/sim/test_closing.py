"""The last line of a command."""

from __future__ import annotations

from sim.closing import closing


def test_it_counts_as_pytest_does_and_names_unknown_where_there_is_any():
    assert closing(3, 1, 0, 2.0, "cases") == "3 passed, 1 failed in 2.00s (2.0 cases/s)"
    assert closing(3000, 0, 2, 1.5, "cases", ", more") == "3000 passed, 0 failed, 2 unknown in 1.50s (2,001 cases/s, more)"


def test_no_time_at_all_is_no_division_by_it():
    assert closing(1, 0, 0, 0.0, "cases").startswith("1 passed, 0 failed in 0.00s (")
