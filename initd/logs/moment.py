"""A moment as log lines tell it, and the calendar behind it (ISO 8601, proleptic Gregorian)."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from initd.kernel.port import Kernel

SECOND_NS = 1_000_000_000


def utc_text(wall_ns: int) -> str:
    """`2026-11-23T23:26:18.042Z`."""
    _, year, month, day, hour, minute, second = utc(wall_ns)
    return f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{_milliseconds(wall_ns):03}Z"


def local_text(kernel: Kernel, wall_ns: int) -> str:
    """`2026-11-24T00:26:18.042+01:00`: the time of the place, and how far it is ahead of UTC."""
    year, month, day, hour, minute, second = kernel.local_time(wall_ns)
    ahead_s = days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - wall_ns // SECOND_NS
    hours, minutes = divmod(abs(ahead_s) // 60, 60)
    zone = f"{'-' if ahead_s < 0 else '+'}{hours:02}:{minutes:02}"
    return f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{_milliseconds(wall_ns):03}{zone}"


def utc(wall_ns: int) -> tuple[int, int, int, int, int, int, int]:
    """Days since the epoch, then year, month, day, hour, minute, second."""
    since, seconds = divmod(wall_ns // SECOND_NS, 86400)
    # Count from 1 March of year 0, so that the leap day is the last of its year; 719468 days lie before the epoch.
    era, day_of_era = divmod(since + 719468, 146097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    year = year_of_era + era * 400 + (month <= 2)
    day = day_of_year - (153 * shifted + 2) // 5 + 1
    return since, year, month, day, seconds // 3600, seconds // 60 % 60, seconds % 60


def days(year: int, month: int, day: int) -> int:
    """Days from the epoch to a date, the other way round than `utc`."""
    if month <= 2:
        year -= 1
    before = (153 * ((month + 9) % 12) + 2) // 5
    return year * 365 + year // 4 - year // 100 + year // 400 + before + day - 1 - 719468


def _milliseconds(wall_ns: int) -> int:
    return wall_ns // 1_000_000 % 1000
