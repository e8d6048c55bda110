"""Whenever the daemon dies, the next one carries on; whatever call fails, with whatever, only what it was for suffers."""

from __future__ import annotations

import os

import pytest

from sim.stage.breakpoints import deaths, failures
from sim.stage.small import SMALL

THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "long"
LONGER = ("logs that rotate", "restart")
"""Of these, every change tries a third of the places, and the long run all."""


def step(small):
    return 3 if small.name in LONGER and not THOROUGH else 1


@pytest.mark.parametrize("small", SMALL, ids=[small.name for small in SMALL])
def test_a_daemon_killed_at_any_port_call_is_followed_by_one_that_serves_supervises_and_ends_cleanly(small):
    verdicts = list(deaths(small, step(small)))
    assert len(verdicts) > 150
    assert [verdict for verdict in verdicts if verdict.broken] == []


@pytest.mark.parametrize("small", SMALL, ids=[small.name for small in SMALL])
def test_any_failure_of_any_port_call_concerns_one_program_at_most_and_never_the_daemon(small):
    verdicts = list(failures(small, step(small)))
    assert len(verdicts) > 150
    assert [verdict for verdict in verdicts if verdict.broken] == []
