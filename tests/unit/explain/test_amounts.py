"""How durations, counts, places and sizes are said."""

from __future__ import annotations

import pytest

from initd.explain.amounts import ordinal, seconds, size, times


@pytest.mark.parametrize(
    ("duration_s", "shown"),
    [
        (0, "less than 0.01 s"),
        (0.0099, "less than 0.01 s"),
        (0.01, "0.01 s"),
        (0.024, "0.02 s"),
        (2.54, "2.5 s"),
        (10, "10 s"),
        (119, "119 s"),
        (120, "2 min"),
        (3 * 3600, "3 h"),
        (50 * 3600, "2 days"),
    ],
)
def test_a_duration_has_as_many_digits_as_matter(duration_s: float, shown: str) -> None:
    assert seconds(int(duration_s * 1e9)) == shown


def test_places_in_a_row_end_as_they_are_spoken() -> None:
    assert [ordinal(number) for number in (1, 2, 3, 4, 11, 12, 13, 21, 102, 111)] == [
        *("1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "111th")
    ]


def test_what_is_counted_no_further_is_said_to_be_at_least_that() -> None:
    assert [times(count) for count in (1, 2, 3, 7, 8)] == ["once", "twice", "three times", "seven times", "8 times or more"]


def test_sizes_are_in_the_largest_unit() -> None:
    assert [size(count) for count in (1023, 1 << 10, 64 << 20, 3 << 29)] == ["1023 bytes", "1 KiB", "64 MiB", "1.5 GiB"]
