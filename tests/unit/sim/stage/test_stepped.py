"""A daemon that runs step by step, and what must be so when it is at rest."""

from __future__ import annotations

import threading

import pytest

from initd.states import ProcessState
from sim.kernel import SimKernel
from sim.stage import settled
from sim.stage.site import HEAD, SECOND_NS, Site
from sim.stage.stepped import Stepped
from tests.unit.sim.trips import trips

TEXT = HEAD + "[program:a]\ncommand=/usr/bin/program\nstdout_logfile=NONE\nstderr_logfile=NONE\n"


@pytest.fixture
def stepped():
    """A daemon with one program that runs for ever, 2 s after its start."""
    stepped = Stepped(Site(TEXT, "run forever"))
    stepped.advance(2 * SECOND_NS)
    yield stepped
    stepped.close()
    assert not any(thread is stepped._thread for thread in threading.enumerate())


def told(site):
    return [line.split()[0] for line in site.broken]


def test_time_passes_only_when_it_is_let_and_things_can_be_done_in_between(stepped):
    site = stepped.site
    assert (site.kernel.now, site.states()) == (2 * SECOND_NS, {"a:a": ProcessState.RUNNING})
    call = site.call("supervisor.stopProcess", "a", True)
    assert call.answer is None
    stepped.advance(0)
    assert (call.answer, site.kernel.now) == (True, 2 * SECOND_NS)
    site.terminate()
    stepped.advance(5 * SECOND_NS)
    assert stepped.over
    stepped.advance(SECOND_NS)
    assert site.simulation.exit_status == 0
    assert site.broken == []


@trips("S2", "R1")
def test_who_is_up_without_a_child_and_who_is_dead_and_not_reaped_is_told(stepped, monkeypatch):
    site = stepped.site
    settled.agree(site)
    assert told(site) == []
    monkeypatch.setattr(SimKernel, "peek_exited", lambda kernel: None)
    site.kernel.outsider_kill(next(iter(site.watch.living)), 9)
    stepped.advance(SECOND_NS)
    settled.agree(site)
    assert told(site) == ["R1", "S2"]


@trips("V1", "V2")
@pytest.mark.parametrize(("state", "law"), [("BACKOFF", "V1"), ("STARTING", "V1"), ("STOPPING", "V2")])
def test_what_lasts_longer_than_it_may_is_told(stepped, monkeypatch, state, law):
    site = stepped.site
    monkeypatch.setattr(site, "states", lambda: {"a:a": ProcessState[state]})
    settled.come_true(site)
    assert told(site) == []
    stepped.advance(6 * SECOND_NS)
    settled.come_true(site)
    assert told(site) == [law]


@trips("V5")
def test_a_call_that_is_not_answered_or_not_by_what_happened_is_told(stepped):
    site = stepped.site
    settled.answered(site, [site.call("supervisor.getState")])
    assert told(site) == ["V5"]
    call = site.call("supervisor.stopProcess", "a", True)
    stepped.advance(0)
    settled.answered(site, [call])
    assert told(site) == ["V5"]
    site.changes.clear()
    settled.answered(site, [call])
    assert told(site) == ["V5", "V5"]
