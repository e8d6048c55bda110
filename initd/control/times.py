"""Points in time as text: uptime and stop time for people (supervisord-4.3 §2.6), dates for HTTP (RFC 9110 §5.6.7).

Month and day names are English whatever the locale, as supervisord's are, which never sets one.
"""

from __future__ import annotations

from initd.logs.moment import days, utc

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed")
"""Counted from the epoch, which was a Thursday."""

SECOND_NS = 1_000_000_000


def uptime(elapsed_ns: int) -> str:
    """`H:MM:SS`, with `1 day, ` or `N days, ` before it; a negative time counts as none."""
    seconds = max(0, elapsed_ns) // SECOND_NS
    whole, seconds = divmod(seconds, 86400)
    clock = f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{whole} day{'' if whole == 1 else 's'}, {clock}" if whole else clock


def short_time(local: tuple[int, int, int, int, int, int]) -> str:
    """`Nov 23 07:06 AM` for (year, month, day, hour, minute, second)."""
    _, month, day, hour, minute, _ = local
    return f"{_MONTHS[month - 1]} {day:02} {hour % 12 or 12:02}:{minute:02} {'AM' if hour < 12 else 'PM'}"


def ctime(local: tuple[int, int, int, int, int, int]) -> str:
    """`Mon Nov 23 07:06:05 2026` for (year, month, day, hour, minute, second)."""
    year, month, day, hour, minute, second = local
    return f"{_DAYS[days(year, month, day) % 7]} {_MONTHS[month - 1]} {day:2} {hour:02}:{minute:02}:{second:02} {year}"


def http_date(wall_ns: int) -> str:
    """`Mon, 23 Nov 2026 23:26:18 GMT`."""
    since, year, month, day, hour, minute, second = utc(wall_ns)
    return f"{_DAYS[since % 7]}, {day:02} {_MONTHS[month - 1]} {year} {hour:02}:{minute:02}:{second:02} GMT"


def log_date(wall_ns: int) -> str:
    """`23/Nov/2026:23:26:18 +0000`, as access logs write it."""
    _, year, month, day, hour, minute, second = utc(wall_ns)
    return f"{day:02}/{_MONTHS[month - 1]}/{year}:{hour:02}:{minute:02}:{second:02} +0000"
