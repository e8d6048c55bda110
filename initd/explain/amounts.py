"""Durations, counts, places and sizes as people say them."""

from __future__ import annotations

from initd.supervise.policy import SECOND

_PLACES = {1: "st", 2: "nd", 3: "rd"}
_TIMES = ("", "once", "twice", "three times", "four times", "five times", "six times", "seven times")


def seconds(duration_ns: int) -> str:
    """A duration: 0.02 s, 2.5 s, 12 s, 3 min, 5 h, 2 days."""
    if duration_ns < SECOND // 100:
        return "less than 0.01 s"
    if duration_ns < 10 * SECOND:
        return f"{duration_ns / SECOND:.{2 if duration_ns < SECOND else 1}f} s"
    whole = duration_ns // SECOND
    for unit, size in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if whole >= 2 * size:
            return f"{whole // size} {unit}"
    return f"{whole} s"


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th."""
    return f"{number}{'th' if 10 < number % 100 < 14 else _PLACES.get(number % 10, 'th')}"


def times(count: int) -> str:
    """Once, twice, three times; what is more than is counted is so often or more."""
    return _TIMES[count] if count < len(_TIMES) else f"{count} times or more"


def size(count_bytes: int) -> str:
    """Bytes in the largest unit that leaves a whole number, or one digit behind the point."""
    for power, unit in ((30, "GiB"), (20, "MiB"), (10, "KiB")):
        if count_bytes >= 1 << power:
            return f"{count_bytes / (1 << power):.1f}".removesuffix(".0") + f" {unit}"
    return f"{count_bytes} bytes"
