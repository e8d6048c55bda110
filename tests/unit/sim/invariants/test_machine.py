"""What only the kernel knows: each rule is tripped by what breaks it, and by nothing that the daemon does."""

from __future__ import annotations

import pytest

from sim.generate import scenario
from sim.invariants.catalogue import CATALOGUE
from sim.invariants.machine import NAMES, Watch
from sim.stage import daemon
from tests.unit.sim.trips import trips

SPAWN, EXIT, REAP = (5, "spawn", 100, ()), (7, "exit", 100, None), (7, "reap", 100, None)


def broken(*heard, fds=(0, 1, 2), end=None, killed=None):
    """The names of the rules that are broken."""
    watch = Watch(lambda pid: dict.fromkeys(fds))
    watch.baseline = 4
    for each in heard:
        watch.hear(*each)
    if killed:
        watch.killed(8, killed, 15)
    watch.end(**{"now_ns": 9, "open_count": 4, "exited": False, "excused": set(), **(end or {})})
    return [each.split()[0] for each in watch.broken]


def test_a_child_that_is_born_dies_and_is_reaped_breaks_nothing():
    assert broken(SPAWN, EXIT, REAP) == []
    assert broken(SPAWN, end={"open_count": 7}) == []
    assert broken(SPAWN, (9, "exit", 100, None)) == [], "it has only just ended"
    assert broken(SPAWN, killed=100) == broken(SPAWN, (9, "exit", 100, None), killed=100) == []
    assert broken(SPAWN, end={"exited": True, "excused": {100}}) == []


@trips("R1", "R2")
@pytest.mark.parametrize(
    ("name", "case"),
    [
        ("R1", (SPAWN, EXIT, REAP, REAP)),
        ("R1", (SPAWN, EXIT)),
        ("R2", (SPAWN, EXIT, (8, "reap", 100, None))),
    ],
)
def test_a_reap_that_is_missing_late_or_one_too_many_is_told(name, case):
    assert broken(*case) == [name]


@trips("R4", "R8", "R9", "T8")
def test_the_others_are_told_too():
    assert broken(SPAWN, EXIT, REAP, killed=100) == ["R4"]
    assert broken(SPAWN, EXIT, REAP, end={"open_count": 5}) == ["R8"]
    assert broken(SPAWN, fds=(0, 1, 2, 7)) == ["R9"]
    assert broken(SPAWN, end={"exited": True}) == ["T8"]


@trips("S4")
@pytest.mark.parametrize(
    ("heard", "now_ns", "late", "false"),
    [
        ((SPAWN,), 5, False, True),
        ((SPAWN,), 8, False, True),
        ((SPAWN,), 9, False, False),
        ((SPAWN, EXIT), 9, True, True),
        ((SPAWN, EXIT, REAP), 9, False, True),
        ((SPAWN, EXIT, REAP), 9, True, False),
        ((SPAWN, EXIT, REAP), 7, True, True),
        ((SPAWN, (8, "exit", 100, None), (8, "reap", 100, None)), 8, False, False),
    ],
)
def test_a_program_is_called_running_by_a_child_that_is_there_for_more_than_startsecs(heard, now_ns, late, false):
    """Of 3 ns. Where reaps may be late, nobody knows when who is dead has died; who is not reaped is not looked for."""
    watch = Watch(lambda pid: dict.fromkeys((0, 1, 2)), slack_ns=50 if late else 0)
    for each in heard:
        watch.hear(*each)
    watch.running(now_ns, "a:a", 100, 3)
    assert [each.split()[0] for each in watch.broken] == ["S4"] * false


def test_the_catalogue_says_which_these_are():
    assert {name for name, where in CATALOGUE.items() if where == "machine"} == set(NAMES)


def test_the_daemon_stage_fails_where_one_is_broken(monkeypatch):
    monkeypatch.setattr(Watch, "killed", lambda watch, now_ns, pid, signal: watch._tell("R4", now_ns, "planted"))
    told = [seed for seed in range(20) if any(op.kind.value == "stop" for op in scenario(seed, "plain").ops)]
    with pytest.raises(daemon.StageError, match="R4 fail"):
        for seed in told:
            daemon.play(scenario(seed, "plain"))


def test_a_daemon_that_breaks_down_is_no_story(monkeypatch):
    monkeypatch.setattr("initd.drive.spawner.Spawner._fork_ready", lambda spawner: 1 / 0)
    with pytest.raises(daemon.StageError, match="ZeroDivisionError"):
        daemon.play(scenario(0, "plain"))
