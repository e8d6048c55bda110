"""The bar: on a terminal only, and gone in the end."""

from __future__ import annotations

import io
import sys

import pytest

from sim.cli import progress
from sim.cli.progress import bar


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_it_says_how_much_is_done_at_what_rate_and_is_wiped_away(monkeypatch):
    now = iter(range(100))
    monkeypatch.setattr(progress.time, "monotonic", lambda: float(next(now)))
    monkeypatch.setattr(sys, "stderr", Terminal())
    with bar(200, "cases") as told:
        told(100)
    drawn = sys.stderr.getvalue().split("\r")
    assert drawn[1].startswith("[..............................] 0 of 200 cases")
    assert drawn[2] == "[###############...............] 100 of 200 cases (50/s, 2s left)\x1b[K"
    assert drawn[-1] == "\x1b[K"


def test_it_is_wiped_away_on_the_way_out_of_trouble_too(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    with pytest.raises(KeyboardInterrupt), bar(10, "cases"):
        raise KeyboardInterrupt
    assert sys.stderr.getvalue().endswith("\r\x1b[K")


def test_a_file_gets_none_of_it(monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with bar(10, "cases") as told:
        told(5)
    assert sys.stderr.getvalue() == ""
