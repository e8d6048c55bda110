"""initd.signals against Python's own table and supervisor's two functions."""

from __future__ import annotations

import signal

import pytest
from supervisor.datatypes import signal_number as stock_number
from supervisor.options import signame as stock_name

from initd import signals


@pytest.mark.parametrize("number", range(-1, 70))
def test_every_number_is_printed_and_accepted_as_supervisord_does(number: int) -> None:
    assert signals.signal_name(number) == stock_name(number)
    try:
        expected = int(stock_number(str(number)))
    except ValueError:
        expected = None
    assert signals.signal_number(str(number)) == expected


@pytest.mark.parametrize("name", [name for name in dir(signal) if name.startswith("SIG")])
def test_every_name_python_knows_is_accepted_in_any_case_and_without_its_prefix(name: str) -> None:
    number = int(getattr(signal, name))
    for spelling in (name, name.lower(), f" {name}\n", name[3:], name[3:].lower()):
        assert signals.signal_number(spelling) == number


@pytest.mark.parametrize("text", ["", "SIG", "RTMIN+1", "SIGRTMIN+1", "1.0", "0x9", "nope", "SIGSIGTERM"])
def test_what_is_no_signal_is_refused(text: str) -> None:
    assert signals.signal_number(text) is None


def test_the_constants_are_those_of_the_platform() -> None:
    names = [name for name in vars(signals) if name.startswith("SIG")]
    assert len(names) == 33
    for name in names:
        assert getattr(signals, name) == getattr(signal, name)
