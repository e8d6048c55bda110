from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initd.control.times import ctime, http_date, log_date, short_time, uptime

SECOND_NS = 1_000_000_000


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00:00"), (59, "0:00:59"), (3661, "1:01:01"), (86399, "23:59:59"), (-5, "0:00:00")]
    + [(86400, "1 day, 0:00:00"), (2 * 86400 + 36000, "2 days, 10:00:00"), (400 * 86400, "400 days, 0:00:00")],
)
def test_uptimes_read_as_supervisorctl_shows_them(seconds: int, text: str) -> None:
    assert uptime(seconds * SECOND_NS) == text


@given(st.integers(0, 10**7))
def test_uptimes_are_those_of_timedelta(seconds: int) -> None:
    assert uptime(seconds * SECOND_NS + 5) == str(datetime.timedelta(seconds=seconds))


@given(st.datetimes(datetime.datetime(1970, 1, 1), datetime.datetime(2200, 1, 1)))
def test_stop_times_are_those_of_strftime(at: datetime.datetime) -> None:
    local = (at.year, at.month, at.day, at.hour, at.minute, at.second)
    assert short_time(local) == at.strftime("%b %d %I:%M %p")


@given(st.integers(0, 7_000_000_000))
def test_dates_are_those_of_the_calendar(seconds: int) -> None:
    at = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    assert http_date(seconds * SECOND_NS + 1) == at.strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert log_date(seconds * SECOND_NS) == at.strftime("%d/%b/%Y:%H:%M:%S +0000")


@given(st.datetimes(datetime.datetime(1970, 1, 1), datetime.datetime(2200, 1, 1)))
def test_moments_are_those_of_ctime(at: datetime.datetime) -> None:
    assert ctime((at.year, at.month, at.day, at.hour, at.minute, at.second)) == at.ctime()
