"""How things end, by the shipped daemon on a simulated kernel: stop signals, SIGKILL, the order of a shutdown, leftovers."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from initd.signals import signal_name
from tests.property.worlds import HUP, KILL, SECOND, TERM, World, is_down, ns, program

STOP_AT = 5
halves = st.integers(0, 12).map(lambda count: count / 2)


def patient(signal: str, delay: float | None) -> list[object]:
    """Steps of a process that ends `delay` seconds after a signal, or never for None."""
    answer = [["ignore", signal]] if delay is None else [["handle", signal, [["sleep", delay], ["exit", 0]]]]
    return [*answer, ["pause"]]


@given(
    number=st.sampled_from([1, 2, 3, 10, 15]),
    wait=st.integers(0, 5),
    groups=st.sampled_from([(False, False), (False, True), (True, True)]),
    delay=st.none() | halves,
    by_shutdown=st.booleans(),
)
def test_the_stop_signal_comes_first_and_sigkill_exactly_after_stopwaitsecs(number, wait, groups, delay, by_shutdown):
    assume(wait or delay != 0)  # both at once, in either order
    name = signal_name(number)[3:]
    as_group, kill_group = groups
    text = program("p", stopsignal=name, stopwaitsecs=wait, stopasgroup=as_group, killasgroup=kill_group)
    child = ["fork", [["ignore", name], ["pause"]]]
    world = World(text, {"p": [child, *patient(name, delay)]}, servers=True, pid=50)
    if by_shutdown:
        world.signal(STOP_AT, TERM)
    else:
        world.call(STOP_AT, "stopProcess", "p")
    world.run(30)
    (leader,) = world.pids("p")
    (member,) = [each.pid for each in world.seen if each.what == "fork"]
    stop_ns, kill_ns = ns(STOP_AT), ns(STOP_AT + wait)
    escalates = delay is None or delay > wait
    assert world.signals(leader) == [(stop_ns, number)] + [(kill_ns, KILL)] * escalates
    expected = [(stop_ns, number)] * as_group + [(kill_ns, KILL)] * (escalates and kill_group)
    assert world.signals(member) == expected
    end_ns = kill_ns if escalates else ns(STOP_AT + (delay or 0))
    assert world.moves("p")[2:] == [(stop_ns, "RUNNING", "STOPPING"), (end_ns, "STOPPING", "STOPPED")]
    assert world.status == (0 if by_shutdown else None)


members = st.tuples(
    st.sampled_from(["run", "run", "slow", "off", "backoff"]), st.integers(1, 3), st.integers(0, 8).map(lambda n: n / 4)
)
plans = st.lists(st.tuples(st.integers(1, 3), st.lists(members, min_size=1, max_size=4)), min_size=1, max_size=4)


@given(plan=plans, number=st.sampled_from([1, 2, 3, 15]))
def test_a_shutdown_takes_one_group_after_the_other_by_priority_each_as_soon_as_the_last_is_down(plan, number):
    text, behaviours, order = "", {}, []
    for at, (priority, content) in enumerate(plan):
        names = [f"g{at}m{member}" for member in range(len(content))]
        text += f"[group:g{at}]\npriority={priority}\nprograms={','.join(names)}\n"
        for name, (kind, own, delay) in zip(names, content, strict=True):
            behaviours[name] = "crash after 0.1s" if kind == "backoff" else patient("TERM", delay)
            text += program(name, priority=own, autostart=kind != "off", startretries=9)
        stops = sorted(zip(names, content, strict=True), key=lambda each: each[1][1])[::-1]
        order.append((priority, at, [(f"g{at}:{name}", kind, delay) for name, (kind, _, delay) in stops]))
    world = World(text, behaviours)
    world.signal(STOP_AT, number)
    world.run(STOP_AT + 30)
    now_ns, expected = ns(STOP_AT), []
    for _, _, stops in sorted(order, key=lambda each: each[:2])[::-1]:
        for name, kind, _ in stops:
            if kind != "off":
                expected.append((now_ns, name, "FATAL" if kind == "backoff" else "STOPPING"))
        now_ns += max((ns(delay) for _, kind, delay in stops if kind in ("run", "slow")), default=0)
    changes = [(each.time_ns, each.name, each.change.new.name) for each in world.simulation.changes]
    seen = [each for each in changes if each[0] >= ns(STOP_AT) and each[2] in ("FATAL", "STOPPING")]
    if number == HUP:
        assert seen[: len(expected)] == expected
        again = [time_ns for time_ns, _, new in changes if new == "STARTING" and time_ns >= ns(STOP_AT)]
        assert set(again[: len(behaviours) - text.count("autostart=False")]) <= {now_ns}
    else:
        assert seen == expected
        assert world.status == 0
        assert all(is_down(world, name) for name in world.simulation.states())


@given(
    lives=st.lists(st.integers(0, 2000), min_size=1, max_size=4),
    at=st.one_of(st.integers(0, 12 * SECOND), st.sampled_from([0, SECOND, 2 * SECOND])),
    delay_ms=st.integers(0, 3000),
    restart=st.booleans(),
    tick_us=st.sampled_from([0, 0, 7]),
)
def test_nothing_is_born_after_the_signal_that_ends_the_daemon(lives, at, delay_ms, restart, tick_us):
    names = [f"p{number}" for number in range(len(lives))]
    text = "".join(program(name, startretries=50, autorestart="true") for name in names)
    behaviours = {name: f"crash after {life}ms" for name, life in zip(names, lives, strict=True)}
    # While it takes its time to stop, the turn of the others has not come, and what they wait for may.
    text += program("slow", priority=1000)
    behaviours["slow"] = "slow term 4s"
    world = World(text, behaviours, tick_ns=tick_us * 1000)
    world.kernel.delay_lane("*", delay_ms * 1_000_000)
    world.signal(at / SECOND, TERM)
    if restart:
        world.signal(max(at / SECOND - 0.01, 0), HUP)
    world.run(60)
    mark = next(number for number, each in enumerate(world.seen) if (each.what, each.detail) == ("daemon", TERM))
    assert not [each for each in world.seen[mark:] if each.what == "spawn"]
    assert world.status == 0
    assert not world.kernel.processes()


def test_nothing_is_born_in_the_very_turn_in_which_a_retry_falls_due_and_the_signal_comes():
    """The retry is due at 1.300000001 s; the signal comes in that nanosecond, and in those around it."""
    for late in (-1, 0, 1):
        world = World(program("p"), {"p": "crash after 0.3s"})
        world.signal((1_300_000_001 + late) / SECOND, TERM)
        world.run(20)
        assert len(world.spawned("p")) == (2 if late == 1 else 1), late
        assert world.status == 0


@given(
    waits=st.lists(st.integers(0, 12), min_size=1, max_size=3),
    others=st.integers(0, 2),
    pid=st.sampled_from([1, 30]),
)
def test_what_survives_sigkill_is_killed_again_and_again_given_up_after_the_cap_and_named(waits, others, pid):
    stuck = [f"d{number}" for number in range(len(waits))]
    text = "[group:g]\npriority=900\nprograms=" + ",".join(stuck) + "\n"
    text += "".join(program(name, stopwaitsecs=wait) for name, wait in zip(stuck, waits, strict=True))
    text += "".join(program(f"p{number}", priority=5) for number in range(others))
    world = World(text, dict.fromkeys(stuck, "dstate 1000s"), pid=pid)
    world.signal(STOP_AT, TERM)
    world.run(200)
    over_ns = ns(STOP_AT + max(waits) + 30)
    for name, wait in zip(stuck, waits, strict=True):
        (child,) = world.pids(name)
        sent = [time_ns for time_ns, number in world.signals(child) if time_ns < over_ns]
        assert sent[0] == ns(STOP_AT), "the stop signal"
        # Again each stopwaitsecs, but not more often than once a second.
        again = [first + step for first in [ns(STOP_AT + wait)] for step in range(0, ns(60), ns(max(wait, 1)))]
        assert sent[1:] == [time_ns for time_ns in again if time_ns < over_ns]
        line = f"CRIT giving up on {name} (pid {child}): it does not die of SIGKILL"
        assert world.lines("giving up on " + name) == [line]
    for number in range(others):
        assert world.entered(f"p{number}", "STOPPED") == [over_ns]
    assert world.status == 1


@given(wait=st.integers(0, 5), life_ms=st.integers(1, 40_000))
def test_a_child_that_comes_out_of_its_uninterruptible_sleep_in_time_is_not_given_up(wait, life_ms):
    world = World(program("d", stopwaitsecs=wait), {"d": f"dstate {life_ms + 5000}ms"})
    world.signal(STOP_AT, TERM)
    world.run(100)
    in_time = life_ms < (wait + 30) * 1000
    if in_time:
        assert world.entered("d", "STOPPED") == [ns(STOP_AT) + life_ms * 1_000_000]
    assert world.status == (0 if in_time or life_ms == (wait + 30) * 1000 else 1)
    assert bool(world.lines("giving up")) == bool(world.status)


@given(
    delays=st.lists(st.none() | halves.filter(lambda delay: delay != 2), max_size=4), pid=st.sampled_from([1, 1, 44])
)
def test_leftovers_are_termed_then_killed_after_two_seconds_as_pid_1_and_left_alone_otherwise(delays, pid):
    def leftover(delay):
        return ["fork", [["fork", [["setsid"], ["close", 0], ["close", 1], ["close", 2], *patient("TERM", delay)]]]]

    steps = [step for delay in delays for step in (leftover(delay), ["wait"])]
    world = World(program("p"), {"p": [*steps, ["pause"]]}, pid=pid)
    world.signal(STOP_AT, TERM)
    world.run(30)
    escaped = [each.pid for each in world.seen if each.what == "fork" and each.detail not in world.pids("p")]
    assert len(escaped) == len(delays)
    for one, delay in zip(escaped, delays, strict=True):
        if pid != 1:
            assert world.signals(one) == []
            assert world.kernel.process(one) is not None
        else:
            killed = delay is None or delay > 2
            assert world.signals(one) == [(ns(5), TERM)] + [(ns(7), KILL)] * killed
            assert world.ended(one) == (ns(7) if killed else ns(5 + delay))
    assert world.status == 0
    if pid == 1:
        assert not world.kernel.processes()


@given(count=st.integers(1, 4), times=st.lists(halves, min_size=1, max_size=5))
def test_more_signals_to_end_accelerate_nothing(count, times):
    text = "".join(program(f"p{number}", priority=number, stopwaitsecs=4) for number in range(count))
    behaviours = {f"p{number}": "ignore TERM" for number in range(count)}
    world = World(text, behaviours)
    world.signal(STOP_AT, TERM)
    for after in times:
        world.signal(STOP_AT + after, TERM)
    world.run(100)
    ends = [world.entered(f"p{number}", "STOPPED") for number in range(count)][::-1]
    assert ends == [[ns(STOP_AT + 4 * (number + 1))] for number in range(count)]
    assert all(len(world.signals(pid)) == 2 for number in range(count) for pid in world.pids(f"p{number}"))
