"""The whole daemon with event listeners on the simulated kernel: everything is told, in order, until somebody has taken it."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.property.worlds import HUP, SECOND, TERM, World, ns, program

LISTENERS = (
    "listen",
    "listen after 0.1s",
    "listen after 2s",
    "crash after 3s exit 1",
    "listen FAIL after 1s",
    "print READY",
)
SENT = re.compile(r"event (\d+) sent to listener (\w+)")
LOST = re.compile(r"event buffer overflowed, discarding event (\d+)")


def pool(name: str, events: str, **options: object) -> str:
    options = {"command": f"/usr/bin/{name}", "events": events, **options}
    return f"[eventlistener:{name}]\n" + "".join(f"{key}={value}\n" for key, value in options.items())


def told(world: World) -> list[tuple[int, str]]:
    """(serial, listener) in the order in which events were sent."""
    return [(int(serial), name) for line in world.lines("sent to listener") for serial, name in SENT.findall(line)]


@settings(max_examples=60)
@given(
    size=st.integers(1, 30),
    behaviours=st.tuples(st.sampled_from(LISTENERS), st.sampled_from(LISTENERS)),
    times=st.lists(st.floats(0.5, 20), max_size=20),
    worker=st.sampled_from(("crash after 0.3s exit 1", "crash after 2s exit 0", "run")),
)
def test_every_event_is_taken_once_or_its_loss_is_told(size, behaviours, times, worker):
    names = ("one", "two")
    sections = pool("one", "EVENT", buffer_size=size) + pool("two", "REMOTE_COMMUNICATION", buffer_size=size)
    world = World(
        sections + program("worker", startretries=1),
        {**dict(zip(names, behaviours, strict=True)), "worker": worker},
        servers=True,
        loglevel="debug",
    )
    calls = [world.call(at, "sendRemoteCommEvent", "kind", f"at {at}") for at in times]
    world.run(60)
    assert all(call.value is True for call in calls)
    processed = {name: len(world.lines(f"{name}: event was processed")) for name in names}
    for name, behaviour in zip(names, behaviours, strict=True):
        serials = [serial for serial, listener in told(world) if listener == name]
        if behaviour.startswith("listen") and "FAIL" not in behaviour:
            assert serials == sorted(set(serials)), "each is sent once, in order"
            assert processed[name] in (len(serials), len(serials) - 1)
        elif "FAIL" in behaviour:
            assert not processed[name]
            assert len(set(serials)) <= 1 + len(world.lines(f"pool {name} event buffer overflowed"))
        else:
            assert len(serials) <= (behaviour == "print READY"), "it has said that it is READY once, or never"
    healthy = [name for name, behaviour in zip(names, behaviours, strict=True) if behaviour == "listen"]
    lost = {int(serial) for line in world.lines("pool two ") for serial in LOST.findall(line)}
    if "two" in healthy:
        taken = {serial for serial, listener in told(world) if listener == "two"}
        assert len(taken | lost) == len(times) and not taken & lost


def test_a_listener_that_dies_of_an_event_is_told_it_again():
    dies = [["write", "out", "READY\n"], ["sleep", 3], ["exit", 1]]
    world = World(
        pool("one", "REMOTE_COMMUNICATION", startsecs=0),
        lambda argv, env, attempt: dies if attempt == 1 else "listen",
        servers=True,
        loglevel="debug",
    )
    world.call(1, "sendRemoteCommEvent", "kind", "text")
    world.run(20)
    assert told(world) == [(0, "one"), (0, "one")]
    assert world.lines("event was processed") == ["DEBG one: event was processed"]
    assert world.lines("rebuffering") == ["DEBG rebuffering event 0 for pool one (buf size=0, max=10)"]


def test_a_listener_is_called_running_before_it_is_sent_what_has_waited():
    world = World(pool("one", "REMOTE_COMMUNICATION", startsecs=5), {"one": "listen"}, servers=True, loglevel="debug")
    world.call(1, "sendRemoteCommEvent", "kind", "text")
    world.run(20)
    told = [text.split()[1] for text in world.lines("") if "success: one" in text or "event 0 sent" in text]
    assert told == ["success:", "event"]


def test_ticks_come_at_the_slices_of_the_wall_clock():
    world = World(pool("one", "TICK_5", startsecs=0), {"one": "listen"}, loglevel="debug").run(21)
    assert len(told(world)) == 4


def test_a_pool_that_wants_no_ticks_wakes_nobody():
    def happened(sections: str) -> int:
        world = World(sections, {"one": "listen"}, loglevel="debug").run(10)
        before = world.kernel.events
        return world.run(3600).kernel.events - before

    assert happened(pool("one", "REMOTE_COMMUNICATION", startsecs=0)) == happened(program("one", startsecs=0))


@given(
    running=st.lists(st.booleans(), min_size=1, max_size=5),
    behaviour=st.sampled_from(("listen", "listen after 0.1s")),
    signal=st.sampled_from((TERM, HUP)),
)
def test_listeners_that_are_stopped_last_hear_of_all_that_was_down_before_the_last_group_ended(running, behaviour, signal):
    text = pool("one", "SUPERVISOR_STATE_CHANGE_STOPPING,PROCESS_STATE_STOPPED", startsecs=0)
    for number, runs in enumerate(running):
        text += program(f"p{number}", startsecs=0, autostart=str(runs).lower(), priority=number)
    world = World(text, lambda argv, env, attempt: behaviour if "one" in argv[0] else "run", loglevel="debug")
    world.signal(5, signal)
    world.run(5 + 1)
    stopped = sum(running) - running[0]  # the group of the lowest number goes last, and nobody is left to hear of its end
    assert [serial for serial, _ in told(world)][: 1 + stopped] == list(range(1 + stopped))
    assert signal == HUP or len(told(world)) == 1 + stopped
    assert signal == HUP or world.status == 0


@settings(max_examples=60)
@given(
    period=st.sampled_from((5, 60, 3600)),
    steps=st.lists(st.tuples(st.integers(1, 290_000), st.integers(-9_000_000, 9_000_000)), max_size=6),
)
def test_ticks_follow_the_wall_clock_within_a_second_however_it_is_set(period, steps):
    """Steps are (ms from the start, ms the clock is set by). A slice that lasts is told once, and nothing else is."""
    world = World(pool("one", f"TICK_{period}", startsecs=0, buffer_size=100), {"one": "listen"})
    told, write = [], world.kernel.write

    def listens(fd, data):
        if found := re.search(rb"when:(\d+)", data):
            told.append((world.kernel.now, int(found[1])))
        return write(fd, data)

    world.kernel.write = listens
    wall_ns = {0: world.kernel.clock.wall()}
    for at, by in sorted(steps):
        world.at(at / 1000, lambda by=by: world.kernel.step_wall(by * 1_000_000))
        wall_ns[at * 1_000_000] = wall_ns.get(at * 1_000_000, [*wall_ns.values()][-1]) + by * 1_000_000
    world.run(300)
    known = None
    for begin, end, when in _spans(wall_ns, period, ns(300)):
        ticks = [(time_ns, slice_s) for time_ns, slice_s in told if begin <= time_ns < end]
        assert all(slice_s == when and time_ns <= begin + ns(1) for time_ns, slice_s in ticks), "what the clock shows, and soon"
        if when == known or known is None:
            assert not ticks
        else:
            assert len(ticks) == 1 or (not ticks and end - begin <= ns(1))
        known = when if ticks or known is None else known


def _spans(offsets_ns, period, until_ns):
    """(begin, end, slice) of what the clock shows, with these offsets from these times on."""
    spans, times = [], sorted(offsets_ns)
    for at, over in zip(times, [*times[1:], until_ns]):
        now = at
        while now < over:
            when = (now + offsets_ns[at]) // SECOND // period * period
            end = min(over, (when + period) * SECOND - offsets_ns[at])
            if spans and spans[-1][2] == when:
                spans[-1] = (spans[-1][0], end, when)
            else:
                spans.append((now, end, when))
            now = end
    return spans
