"""The program that starts last, once nobody else is on the way up (`-c FILE -- CMD`), and what the core tells its audience."""

from __future__ import annotations

from initd.states import Mood, ProcessState
from initd.supervise import events
from initd.supervise.effects import MoodChanged, Send
from initd.supervise.policy import SECOND, ExitPolicy, GroupPolicy, ListenerPolicy, ProcessPolicy, Restart
from initd.supervise.supervisor import Supervisor
from tests.unit.supervise.bench import Bench, spawns

OTHER, ASLEEP, LAST = 1, 2, 3


def bench() -> Bench:
    """One that starts at boot, one that never does by itself, and one that is last, about to boot."""
    return Bench(
        ProcessPolicy("other", startretries=0),
        ProcessPolicy("asleep", autostart=False),
        ProcessPolicy("cmd", priority=1, last=True, autorestart=Restart.NEVER),
        booted=False,
    )


def restored(made: Bench) -> Bench:
    made.core = Supervisor.restore(made.core.snapshot())
    return made


def test_it_starts_when_the_others_are_up_and_only_once() -> None:
    for again in (lambda made: made, restored):
        made = again(bench())
        made.do(events.Booted())
        assert spawns(again(made).out) == [OTHER]
        made.born(10, 0)
        assert spawns(again(made).out) == [OTHER], "it has not stayed up yet"
        made.tick(1.1)
        assert spawns(again(made).out) == [OTHER, LAST]
        made.born(11, instance=LAST)
        made.dies(0, 5, LAST)
        again(made).tick(50)
        assert made.state(ASLEEP) is ProcessState.STOPPED
        assert spawns(made.out) == [OTHER, LAST]


def test_it_starts_when_the_others_have_given_up() -> None:
    made = bench()
    made.do(events.Booted())
    made.unborn("no", 0)
    assert spawns(made.out) == [OTHER], "BACKOFF is on the way up"
    made.tick(0)
    assert made.state(OTHER) is ProcessState.FATAL and spawns(made.out) == [OTHER, LAST]


def test_it_does_not_start_when_everything_stops_meanwhile() -> None:
    made = bench()
    made.do(events.Booted())
    made.do(events.ShutdownAsked())
    made.unborn("", 1)
    made.tick(2)
    assert spawns(made.out) == [OTHER]


def test_before_the_boot_nobody_is_awaited() -> None:
    made = restored(bench())
    made.tick(1)
    made.do(events.StartAsked(ASLEEP))
    assert spawns(made.out) == [ASLEEP]


def test_once_it_has_been_started_a_restored_core_waits_for_nobody() -> None:
    made = Bench(booted=False)
    made.core = Supervisor(exit_policy=ExitPolicy(when_idle=True))
    for each in (ProcessPolicy("cmd", last=True, autorestart=Restart.NEVER), ProcessPolicy("asleep", autostart=False)):
        made.add(GroupPolicy(each.name, 1, (each,)))
    made.do(events.Booted())
    made.running()
    ears = (ProcessPolicy("ears"),)  # on its way up for ever
    made.add(GroupPolicy("ears", 1, ears, ListenerPolicy(("EVENT",), 10)))
    restored(made).dies(0)
    assert [effect.mood for effect in made.out if isinstance(effect, MoodChanged)] == [Mood.SHUTDOWN]


def listening(*names: str) -> Bench:
    made = Bench(booted=False)
    policy = ListenerPolicy(names, 10)
    made.add(GroupPolicy("ears", -1, (ProcessPolicy("ears"),), policy))
    return made


def sent(made: Bench) -> list[str]:
    return [effect.text.partition("\n")[0] for effect in made.out if isinstance(effect, Send)]


def test_a_listener_is_told_of_the_boot_once_it_is_running_and_not_before() -> None:
    made = listening("SUPERVISOR_STATE_CHANGE")
    made.do(events.Booted())
    made.born(10, 0)
    made.do(events.ListenerSpoke(1, b"READY\n"))
    made.tick(0.5)
    assert sent(made) == []
    made.tick(1.1)
    (head,) = sent(made)
    assert "eventname:SUPERVISOR_STATE_CHANGE_RUNNING " in head


def test_a_listener_is_told_of_time() -> None:
    made = listening("TICK_5")
    made.do(events.Booted())
    made.born(10, 0)
    made.do(events.ListenerSpoke(1, b"READY\n"))
    for second in range(1, 7):
        made.do(events.TimePassed((1000 + second) * SECOND), second)
    made.do(events.TurnBegun(), 7)
    assert len(sent(made)) == 1


def test_what_a_tick_takes_the_place_of_is_told() -> None:
    made = listening("TICK_5")
    made.do(events.Booted())
    for second in range(1, 60):
        made.do(events.TimePassed((1000 + second) * SECOND), second)
    assert "pool ears event buffer overflowed, discarding event 0" in made.lines()
