"""Calls that wait, clients that do not behave, and signals that fail: by the whole daemon over simulated sockets."""

from __future__ import annotations

import errno

from hypothesis import given
from hypothesis import strategies as st

from tests.property.worlds import KILL, SECOND, TERM, Call, World, ns, program

quarters = st.integers(0, 16).map(lambda count: count / 4)


@given(
    startsecs=st.integers(0, 3),
    life=st.none() | quarters,
    wait=st.booleans(),
    delay=quarters,
    stop=st.none() | quarters.map(lambda at: at + 0.1),
)
def test_a_start_is_answered_once_at_the_change_it_waits_for(startsecs, life, wait, delay, stop):
    text = program("p", autostart="false", startsecs=startsecs, startretries=0, autorestart="false")
    world = World(text, {"p": "run" if life is None else f"exit 0 after {life}s"}, servers=True)
    world.kernel.delay_lane("spawn:1", ns(delay))
    start = world.call(1, "startProcess", "p", wait)
    stopping = None if stop is None else world.call(1 + stop, "stopProcess", "p")
    world.run(30)
    born_ns, up_ns = ns(1 + delay), ns(1 + delay + startsecs) + 1
    ends = [(up_ns if wait else born_ns, "")]
    if life is not None and wait and life < startsecs:
        ends.append((ns(1 + delay + life), "SPAWN_ERROR"))
    elif life is not None and wait:
        ends.append((max(ns(1 + delay + life), born_ns), ""))  # dead, but not too quickly
    if stop is not None:
        ends.append((ns(1 + stop), "ABNORMAL_TERMINATION"))
    assert start.responses == 1
    first = min(time_ns for time_ns, _ in ends)
    assert start.answered_ns == first
    assert start.fault in [fault for time_ns, fault in ends if time_ns == first]
    assert stopping is None or stopping.responses == 1


@given(
    answer_after=st.none() | quarters,
    wait=st.booleans(),
    stopwaitsecs=st.integers(1, 5),
    more=st.lists(quarters, max_size=2),
)
def test_a_stop_is_answered_once_at_the_change_it_waits_for_and_further_ones_are_refused(
    answer_after, wait, stopwaitsecs, more
):
    behaviour = "ignore TERM" if answer_after is None else f"slow term {answer_after}s"
    world = World(program("p", stopwaitsecs=stopwaitsecs), {"p": behaviour}, servers=True)
    stop = world.call(5, "stopProcess", "p", wait)
    others = [world.call(5.01 + after, "stopProcess", "p") for after in more]
    polls = []
    original = world.kernel.poll
    world.kernel.poll = lambda deadline: (polls.append(world.kernel.now), original(deadline))[1]
    world.run(20)
    took = stopwaitsecs if answer_after is None else min(answer_after, stopwaitsecs)
    assert (stop.responses, stop.value) == (1, True)
    assert stop.answered_ns == ns(5 + took if wait else 5)
    assert world.entered("p", "STOPPED") == [ns(5 + took)]
    assert [other.fault for other in others] == ["NOT_RUNNING"] * len(more)
    assert len(polls) < 60 + 20 * len(more), "waiting costs nothing"


@given(
    lasts=st.integers(1, 12).map(lambda count: count / 4),
    start_after=quarters,
    stop_after=st.none() | quarters,
    wait=st.booleans(),
    startsecs=st.integers(0, 2),
    stopping=st.sampled_from([("stopProcess", "p"), ("stopProcessGroup", "p"), ("stopAllProcesses",)]),
)
def test_a_start_during_a_stop_comes_after_it_unless_a_stop_in_between_calls_it_off(
    lasts, start_after, stop_after, wait, startsecs, stopping
):
    world = World(program("p", startsecs=startsecs), {"p": f"slow term {lasts}s"}, servers=True)
    world.call(5, "stopProcess", "p")
    asked, down = 5.01 + start_after, 5 + lasts
    start = world.call(asked, "startProcess", "p", wait)
    again = None if stop_after is None else world.call(asked + 0.01 + stop_after, *stopping)
    world.run(40)
    assert start.responses == 1
    born = max(asked, down)
    if again is not None and asked + 0.01 + stop_after < born:
        assert start.fault == "ABNORMAL_TERMINATION"
        assert start.answered_ns == ns(asked + 0.01 + stop_after)
        assert again.value is True or [each["status"] for each in again.value] == [80]
        assert len(world.spawned("p")) == 1
        assert world.state("p") == "STOPPED"
        return
    assert [each.time_ns for each in world.spawned("p")] == [0, ns(born)]
    up_ns = ns(born + startsecs) + 1 if wait else ns(born)
    if again is None or ns(asked + 0.01 + stop_after) > up_ns:
        assert start.value is True
        assert start.answered_ns == up_ns
    else:
        assert start.fault == "ABNORMAL_TERMINATION"
    assert again is None or again.value is True or [each["status"] for each in again.value] == [80]
    assert world.state("p") == ("RUNNING" if again is None else "STOPPED")


@given(lives=st.lists(st.tuples(quarters, st.booleans()), min_size=1, max_size=4), wait=st.booleans())
def test_calls_on_all_programs_are_answered_once_when_the_last_of_them_is_there(lives, wait):
    text, behaviours = "", {}
    for number, (delay, _) in enumerate(lives):
        text += program(f"p{number}", priority=number, autostart="false", stopwaitsecs=60)
        behaviours[f"p{number}"] = f"slow term {delay}s"
    world = World(text, behaviours, servers=True)
    start, stop = world.call(1, "startAllProcesses", wait), world.call(10, "stopAllProcesses", wait)
    world.run(30)
    assert (start.responses, stop.responses) == (1, 1)
    assert [each["status"] for each in start.value] == [each["status"] for each in stop.value] == [80] * len(lives)
    assert start.answered_ns == (ns(2) + 1 if wait else ns(1))
    assert stop.answered_ns == ns(10 + max(delay for delay, _ in lives) if wait else 10)
    assert all(world.state(name) == "STOPPED" for name in behaviours)


TALK = program("p", stopwaitsecs=3) + program("q", autostart="false", startsecs=3) + program("crash")
BEHAVIOURS = {"p": "slow term 2s", "crash": "crash after 0.4s"}


def talk(disturb=lambda world: None):
    """A daemon with two waiting calls, and what somebody else does to its socket."""
    world = World(TALK, BEHAVIOURS, servers=True)
    calls = [world.call(5, "stopProcess", "p"), world.call(6, "startProcess", "q")]
    disturb(world)
    world.run(15)
    assert [(call.responses, call.value, call.answered_ns) for call in calls] == [
        (1, True, ns(7)),
        (1, True, ns(9) + 1),
    ]
    return world


UNDISTURBED = talk().simulation.changes
requests = st.sampled_from(
    [
        Call("stopProcess", ("nobody",)).request,
        Call("getAllProcessInfo", ()).request,
        Call("tailProcessStdoutLog", ("p", 0, 10_000_000)).request,
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /logtail/p HTTP/1.0\r\n\r\n",
        b"POST /RPC2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
        b"POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n",
    ]
)
noise = st.one_of(
    st.binary(max_size=300),
    st.tuples(requests, st.integers(0, 400)).map(lambda pair: pair[0][: pair[1]]),
    st.tuples(requests, st.integers(0, 300), st.binary(min_size=1, max_size=4)).map(
        lambda parts: parts[0][: parts[1]] + parts[2] + parts[0][parts[1] + len(parts[2]) :]
    ),
)
endings = st.sampled_from(["close", "reset", "shutdown", "stall", ""])


@given(st.lists(st.tuples(quarters.map(lambda at: at * 3), noise, endings, st.integers(0, 3)), min_size=1, max_size=5))
def test_half_requests_and_garbage_change_nothing_and_hold_up_nobody(clients):
    def disturb(world):
        for at, data, ending, after in clients:

            def come(data=data, ending=ending, after=after):
                client = world.connect()
                client.send(data)
                if ending:
                    world.kernel.at(world.kernel.now + after * SECOND, getattr(client, ending))

            world.at(at, come)

    assert talk(disturb).simulation.changes == UNDISTURBED


@given(
    call=st.sampled_from([("stopProcess", "p"), ("startProcess", "q"), ("stopAllProcesses",), ("startAllProcesses",)]),
    leaves_ms=st.integers(1, 4000),
    how=st.sampled_from(["close", "reset", "shutdown"]),
)
def test_a_client_that_vanishes_in_a_waiting_call_changes_nothing_and_leaks_nothing(call, leaves_ms, how):
    def run(vanishes):
        world = World(TALK, BEHAVIOURS, servers=True)
        calling = world.call(5, *call)
        world.at(5 + leaves_ms / 1000, getattr_later(calling, how) if vanishes else lambda: None)
        world.at(20, getattr_later(calling, "close"))
        return world.run(30)

    there, gone = run(False), run(True)
    assert gone.simulation.changes == there.simulation.changes
    assert gone.kernel.open_count() == there.kernel.open_count()


def getattr_later(calling, how):
    return lambda: getattr(calling.client, how)()


@given(number=st.sampled_from([errno.EPERM, errno.EINVAL]), life=st.integers(6, 12), autorestart=st.booleans())
def test_a_signal_that_is_refused_leads_to_unknown_and_the_end_of_the_child_leads_out_of_it(number, life, autorestart):
    text = program("p", autorestart=str(autorestart).lower()) + program("q")
    world = World(text, {"p": f"exit 0 after {life}s"}, servers=True)
    world.kernel.faults.fail("kill", number, times=1)
    stop = world.call(5, "stopProcess", "p")
    start = world.call(5.5, "startProcess", "p")
    world.signal(life + 20, TERM)
    world.run(60)
    assert (stop.fault, start.fault) == ("FAILED", "FAILED")
    assert world.path("p")[:4] == ["STARTING", "RUNNING", "STOPPING", "UNKNOWN"]
    # It was to be stopped: it is not started again.
    assert world.moves("p")[4:] == [(ns(life), "UNKNOWN", "STOPPED")]
    assert len(world.spawned("p")) == 1
    assert world.status == 0
    assert world.entered("q", "STOPPED") == [ns(life + 20)]


@given(call=st.sampled_from(["kill", "killpg"]), at=st.integers(3, 8), life=st.integers(9, 14))
def test_a_signal_that_meets_nobody_leaves_the_program_stopping_until_it_is_reaped(call, at, life):
    as_group = call == "killpg"
    world = World(program("p", stopasgroup=as_group, stopwaitsecs=30), {"p": f"exit 0 after {life}s"}, servers=True)
    world.kernel.faults.fail(call, errno.ESRCH, times=1)
    stop = world.call(at, "stopProcess", "p")
    world.run(40)
    assert world.moves("p")[2:] == [(ns(at), "RUNNING", "STOPPING"), (ns(life), "STOPPING", "STOPPED")]
    assert (stop.value, stop.answered_ns) == (True, ns(life))


steps = st.tuples(
    st.integers(0, 60).map(lambda count: count / 4),
    st.sampled_from(
        ["startProcess", "stopProcess", "removeProcessGroup", "addProcessGroup", "signalProcess", "stopAllProcesses"]
    ),
    st.sampled_from(["a", "b", "c"]),
    st.booleans(),
)
lanes = st.lists(st.sampled_from([0, 0, 0.5, 3, None]), min_size=6, max_size=6)
BUSY = {"a": "slow term 1.5s", "b": "crash after 0.7s", "c": "ignore TERM"}


@given(
    script=st.lists(steps, max_size=14),
    delays=lanes,
    seed=st.randoms(use_true_random=False),
    pid=st.sampled_from([1, 9]),
)
def test_whatever_is_asked_in_whatever_order_each_call_has_one_answer_and_each_program_one_child(
    script, delays, seed, pid
):
    text = program("a") + program("b", autorestart="true", startsecs=0) + program("c", stopwaitsecs=2)
    world = World(text, BUSY, servers=True, pid=pid, choose=seed.randrange)
    for instance, delay in enumerate(delays, start=1):
        if delay is None:
            world.kernel.withhold(f"spawn:{instance}")
        else:
            world.kernel.delay_lane(f"spawn:{instance}", ns(delay))
    extra = {"signalProcess": ("USR1",), "removeProcessGroup": (), "addProcessGroup": ()}
    calls = []
    for at, method, name, wait in script:
        params = (wait,) if method == "stopAllProcesses" else (name, *extra.get(method, (wait,)))
        calls.append(world.call(at, method, *params))
    world.at(30, world.kernel.heal)
    world.signal(60, TERM)
    world.run(120)
    assert [call.responses for call in calls] == [1] * len(calls)
    assert all(call.fault != "UNKNOWN_METHOD" for call in calls)
    for name in "abc":
        for one, two in zip(world.pids(name), world.pids(name)[1:], strict=False):
            born = next(each.time_ns for each in world.spawned(name) if each.pid == two)
            assert (world.ended(one) or 0) <= born, "never two children at once"
            assert world.ended(one) is not None
    assert world.status == 0
    assert not world.kernel.processes()
    assert world.kernel.now <= ns(60 + 5)
    assert not [number for pid in world.pids("a") for _, number in world.signals(pid) if number == KILL]
