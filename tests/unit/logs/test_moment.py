"""initd.logs.moment: against the standard library, for any moment and any place."""

from __future__ import annotations

import datetime

from hypothesis import given
from hypothesis import strategies as st

from initd.logs.moment import days, local_text, utc, utc_text

SECONDS = st.integers(-2_000_000_000, 8_000_000_000)
UTC = datetime.UTC
EPOCH = datetime.date(1970, 1, 1)


class Place:
    """Somewhere so far ahead of UTC."""

    def __init__(self, minutes: int) -> None:
        self.zone = datetime.timezone(datetime.timedelta(minutes=minutes))

    def local_time(self, wall_ns: int) -> tuple[int, ...]:
        return datetime.datetime.fromtimestamp(wall_ns // 10**9, self.zone).timetuple()[:6]


@given(SECONDS, st.integers(0, 999_999_999))
def test_utc_is_that_of_the_standard_library(seconds: int, nanoseconds: int) -> None:
    moment = datetime.datetime.fromtimestamp(seconds, UTC)
    made = utc_text(seconds * 10**9 + nanoseconds)
    assert made == f"{moment:%Y-%m-%dT%H:%M:%S}.{nanoseconds // 1_000_000:03}Z"
    assert utc(seconds * 10**9)[1:] == moment.timetuple()[:6]
    assert days(moment.year, moment.month, moment.day) == (moment.date() - EPOCH).days


@given(SECONDS, st.integers(-14 * 60, 14 * 60))
def test_local_time_names_the_same_moment(seconds: int, minutes: int) -> None:
    place = Place(minutes)
    made = local_text(place, seconds * 10**9 + 42_000_000)
    assert datetime.datetime.fromisoformat(made) == datetime.datetime.fromtimestamp(seconds, UTC).replace(microsecond=42_000)
    assert made[-6:] == datetime.datetime.fromtimestamp(seconds, place.zone).isoformat()[-6:]
