"""Slow calls of plugins are named."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from initd.control.facade.timed import timed


def daemon(*times_ns: int) -> Any:
    clock = iter(times_ns)
    made = SimpleNamespace(loop=SimpleNamespace(kernel=SimpleNamespace(mono=lambda: next(clock))), lines=[])
    made.log = lambda level, text: made.lines.append((level, text))
    return made


def test_a_call_over_a_tenth_of_a_second_is_logged_with_its_name() -> None:
    slow = daemon(0, 100_000_001)
    assert timed(slow, "cache.fetch", str.upper, "a") == "A"
    assert slow.lines == [("warn", "plugin call cache.fetch took 100 ms, and everything else waited for it")]


def test_a_call_of_a_tenth_of_a_second_is_not() -> None:
    quick = daemon(0, 100_000_000)
    timed(quick, "cache.fetch", str.upper, "a")
    assert quick.lines == []


def test_one_that_fails_slowly_is_logged_too() -> None:
    slow = daemon(0, 10**9)
    with pytest.raises(ZeroDivisionError):
        timed(slow, "x.y", lambda: 1 // 0)
    assert len(slow.lines) == 1
