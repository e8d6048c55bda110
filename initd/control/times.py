"""Points in time as text: uptime and stop time for people (supervisord-4.3 §2.6), dates for HTTP (RFC 9110 §5.6.7).

Month and day names are English whatever the locale, as supervisord's are, which never sets one.
"""

from __future__ import annotations

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed")
"""Counted from the epoch, which was a Thursday."""

SECOND_NS = 1_000_000_000


def uptime(elapsed_ns: int) -> str:
    """`H:MM:SS`, with `1 day, ` or `N days, ` before it; a negative time counts as none."""
    seconds = max(0, elapsed_ns) // SECOND_NS
    days, seconds = divmod(seconds, 86400)
    clock = f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{days} day{'' if days == 1 else 's'}, {clock}" if days else clock


def short_time(local: tuple[int, int, int, int, int, int]) -> str:
    """`Nov 23 07:06 AM` for (year, month, day, hour, minute, second)."""
    _, month, day, hour, minute, _ = local
    return f"{_MONTHS[month - 1]} {day:02} {hour % 12 or 12:02}:{minute:02} {'AM' if hour < 12 else 'PM'}"


def ctime(local: tuple[int, int, int, int, int, int]) -> str:
    """`Mon Nov 23 07:06:05 2026` for (year, month, day, hour, minute, second)."""
    year, month, day, hour, minute, second = local
    return f"{_DAYS[_days(year, month, day) % 7]} {_MONTHS[month - 1]} {day:2} {hour:02}:{minute:02}:{second:02} {year}"


def http_date(wall_ns: int) -> str:
    """`Mon, 23 Nov 2026 23:26:18 GMT`."""
    days, year, month, day, hour, minute, second = _utc(wall_ns)
    return f"{_DAYS[days % 7]}, {day:02} {_MONTHS[month - 1]} {year} {hour:02}:{minute:02}:{second:02} GMT"


def log_date(wall_ns: int) -> str:
    """`23/Nov/2026:23:26:18 +0000`, as access logs write it."""
    _, year, month, day, hour, minute, second = _utc(wall_ns)
    return f"{day:02}/{_MONTHS[month - 1]}/{year}:{hour:02}:{minute:02}:{second:02} +0000"


def _utc(wall_ns: int) -> tuple[int, int, int, int, int, int, int]:
    """Days since the epoch, then year, month, day, hour, minute, second in the proleptic Gregorian calendar."""
    days, seconds = divmod(wall_ns // SECOND_NS, 86400)
    # Count from 1 March of year 0, so that the leap day is the last of its year; 719468 days lie before the epoch.
    era, day_of_era = divmod(days + 719468, 146097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    year = year_of_era + era * 400 + (month <= 2)
    day = day_of_year - (153 * shifted + 2) // 5 + 1
    return days, year, month, day, seconds // 3600, seconds // 60 % 60, seconds % 60


def _days(year: int, month: int, day: int) -> int:
    """Days from the epoch to a date, the other way round than `_utc`."""
    if month <= 2:
        year -= 1
    before = (153 * ((month + 9) % 12) + 2) // 5
    return year * 365 + year // 4 - year // 100 + year // 400 + before + day - 1 - 719468
