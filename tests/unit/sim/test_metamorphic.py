"""Relations between stories: each holds, and each is tripped by a daemon in which what it says does not matter matters."""

from __future__ import annotations

from random import Random

import pytest

from initd.logs.sinks import FileSink
from initd.supervise.policy import SECOND, ProcessPolicy
from initd.supervise.process import Process
from initd.supervise.supervisor import Supervisor
from sim import metamorphic
from sim.generate import PROFILES, scenario
from sim.judges import RELATED, Judges, check
from sim.metamorphic import RELATIONS, STAGES, broken
from sim.stage import core
from tests.unit.sim.trips import trips

CASES = [(stage, change.__name__) for stage, changes in RELATIONS.items() for change in changes]


def first_broken(stage, name, seeds=40):
    """What the relation first says of a few stories of each profile; None if nothing."""
    change = getattr(metamorphic, name)
    for seed in range(seeds):
        for profile in PROFILES:
            played = scenario(seed, profile)
            said = broken(change, played, STAGES[stage].play(played), stage, seed)
            if said:
                return said
    return None


def minds_the_wall(monkeypatch):
    """A step of the wall clock is taken for the time."""

    def step(stage, at, op):
        stage.core._time_passed, stage.wall_offset_ns = None, stage.wall_offset_ns + op.argument
        for actor in stage._actors:
            stage._ask(at, op.replace(kind=core.Kind.STOP, target=actor.name))

    monkeypatch.setitem(core.OPERATIONS, core.Kind.WALL, step)


def minds_the_origin(monkeypatch):
    """Deadlines are whole seconds of the monotonic clock."""
    up_at = ProcessPolicy.up_at
    monkeypatch.setattr(ProcessPolicy, "up_at", lambda policy, at: -(-up_at(policy, at) // SECOND) * SECOND)


def minds_names(monkeypatch):
    """Who has an x in the name gets one try more."""
    monkeypatch.setattr(
        ProcessPolicy, "exhausted", lambda policy, failures: failures > policy.startretries + ("x" in policy.name)
    )


def minds_the_number(monkeypatch):
    """With more programs than one, every deadline is a millisecond late."""
    due = Supervisor.next_deadline

    def late(supervisor):
        when = due(supervisor)
        return when if when is None else when + 1_000_000 * (len(supervisor._members.processes) - 1)

    monkeypatch.setattr(Supervisor, "next_deadline", late)


def minds_being_woken(monkeypatch):
    """Whoever is woken takes the next deadline for over."""
    passed = Supervisor._time_passed

    def early(supervisor, event):
        supervisor._rules.now += SECOND // 2
        passed(supervisor, event)

    monkeypatch.setitem(Supervisor.handle.__globals__["HANDLERS"], metamorphic.TimePassed, early)


def minds_output(monkeypatch):
    """Every chunk of output takes a millisecond of everybody's time."""
    write = FileSink.write

    def slow(sink, data):
        sink._loop.kernel.clock.spend(1_000_000)
        write(sink, data)

    monkeypatch.setattr(FileSink, "write", slow)


def forgets(monkeypatch):
    """A snapshot without the failures so far."""
    restore = Process.restore.__func__
    at = Process.FIELDS.index("failures")
    monkeypatch.setattr(
        Process, "restore", classmethod(lambda cls, values: restore(cls, (*values[:at], 0, *values[at + 1 :])))
    )


def draws_itself(monkeypatch):
    """The order of reaps is somebody else's as well."""
    play, rng = core.play, Random(1)
    monkeypatch.setattr(
        core, "play", lambda played, **options: play(played, **{**options, "late": lambda *_: rng.randrange(2)})
    )


PLANTED = {
    "wall_steps": minds_the_wall,
    "shifted": minds_the_origin,
    "renamed": minds_names,
    "bystander": minds_the_number,
    "split_polls": minds_being_woken,
    "log_volume": minds_output,
    "restored": forgets,
    "replayed": draws_itself,
}
"""By the relation that must notice: a daemon that minds."""


@pytest.mark.parametrize(("stage", "name"), CASES)
def test_the_relation_holds(stage, name):
    assert first_broken(stage, name, seeds=20 if stage == "core" else 3) is None


@trips("M2", "M3")
@pytest.mark.parametrize("name", PLANTED)
def test_the_relation_is_tripped_by_who_minds_what_must_not_matter(name, monkeypatch):
    stage = "core" if name in {change.__name__ for change in RELATIONS["core"]} else "daemon"
    PLANTED[name](monkeypatch)
    said = first_broken(stage, name)
    law = metamorphic.LAWS.get(getattr(metamorphic, name), "O4")
    assert said is not None
    assert said.startswith(f"{law} fail for "), said
    assert f"({name}: " in said


def test_every_relation_has_its_violation():
    assert set(PLANTED) == {name for _, name in CASES}


def test_one_seed_in_so_many_of_a_campaign_tries_a_relation_and_all_take_turns():
    judges = Judges()
    assert all(judges.related(seed, "core") is None for seed in range(1, RELATED))
    said = {metamorphic.relation(number, "core").__closure__[0].cell_contents for number in range(7)}
    assert said == set(RELATIONS["core"])


def test_a_relation_that_does_not_hold_fails_the_seed_and_so_does_one_that_breaks_down():
    def breaks(played, trace):
        raise ZeroDivisionError

    played = scenario(1, "plain")
    assert check(played, core.play, relation=lambda *_: "O4 fail for a")[1:] == (["O4 fail for a"], True)
    assert check(played, core.play, relation=breaks)[1:] == (["O4 fail: ZeroDivisionError()"], True)
