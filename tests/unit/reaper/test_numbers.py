"""Signals, exit statuses and times as a person writes them on the command line of the init."""

from __future__ import annotations

import pytest

from initd.errors import ConfigError
from initd.reaper.numbers import code_of, pair_of, signal_of, time_of

SIGNALS = {
    "1": 1, "64": 64, "32": 32, "007": 7, "TERM": 15, "sigterm": 15, " Term ": 15, "SIGIO": 29, "CLD": 17,
    "RTMIN": 34, "SIGRTMAX": 64, "RTMIN+0": 34, "rtmin+3": 37, "SIGRTMIN+30": 64, "RTMAX-0": 64, "SIGRTMAX-30": 34,
}  # fmt: skip


@pytest.mark.parametrize("text", SIGNALS)
def test_a_signal_has_a_name_or_a_number(text: str) -> None:
    assert signal_of(text, "-r") == SIGNALS[text]


@pytest.mark.parametrize(
    "text",
    [
        "", "0", "65", "-1", "1.0", "²", "NO", "_DFL", "SIG_IGN", "RTMIN+31", "RTMAX-31", "RTMIN-1", "RTMAX+1",
        "RTMIN+", "RTMIN3", "RTMIN++3", "RTMIN+x", "RTMIN+²", "TERM1+3", "RTMIN*3", "QUIT+3",
    ],
)  # fmt: skip
def test_anything_else_is_no_signal(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^-r: no signal"):
        signal_of(text, "-r")


def test_an_exit_status_is_a_byte() -> None:
    assert [code_of(text, "-e") for text in ("0", "7", "255")] == [0, 7, 255]
    for text in ("", "256", "-1", "+1", "1.5", "x", "²"):
        with pytest.raises(ConfigError, match="^-e: no exit status"):
            code_of(text, "-e")


def test_a_time_is_in_seconds() -> None:
    assert [time_of(text, "-k") for text in ("0", "2", "0.5", "1e3")] == [0, 2_000_000_000, 500_000_000, 10**12]
    for text in ("", "x", "-1", "nan", "inf", "1e9"):
        with pytest.raises(ConfigError, match="^-k: no time"):
            time_of(text, "-k")


def test_a_pair_has_a_colon_and_the_rest_of_it_is_the_second() -> None:
    assert [pair_of(text, "-r") for text in ("1:2", ":", "a:b:c")] == [("1", "2"), ("", ""), ("a", "b:c")]
    with pytest.raises(ConfigError, match="^-r: expected two values"):
        pair_of("12", "-r")
