"""The rules of one program, by the shipped daemon on a simulated kernel: starts, retries, restarts, clocks, reaping."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.property.worlds import CONT, SECOND, STOP, TERM, World, ns, program

quarters = st.integers(0, 24).map(lambda count: count / 4)
SLACK_NS = 50_000_000
"""What a daemon whose every call costs 20 µs may be late."""


@given(startsecs=st.integers(-1, 4), life=quarters, code=st.integers(0, 3))
def test_a_start_counts_once_it_has_lasted_longer_than_startsecs_whatever_the_exit_code(startsecs, life, code):
    text = program("p", startsecs=startsecs, startretries=0, autorestart="false")
    world = World(text, {"p": f"exit {code} after {life}s"}).run(20)
    if life < startsecs:
        assert world.moves("p")[1:] == [(ns(life), "STARTING", "BACKOFF"), (ns(life), "BACKOFF", "FATAL")]
        assert world.lines("success:") == []
    else:
        up_ns = max(ns(startsecs) + 1, 0)
        expected = [(min(up_ns, ns(life)), "STARTING", "RUNNING"), (ns(life), "RUNNING", "EXITED")]
        assert world.moves("p")[1:] == expected
        assert len(world.lines("success:")) == (up_ns < ns(life))


@given(retries=st.integers(-1, 8), life=st.integers(0, 900))
def test_startretries_n_gives_n_plus_1_attempts_and_the_kth_wait_is_just_over_k_seconds(retries, life):
    text = program("p", startretries=retries)
    world = World(text, {"p": f"crash after {life}ms"}).run(120)
    starts, failures = world.entered("p", "STARTING"), world.entered("p", "BACKOFF")
    assert len(world.spawned("p")) == len(starts) == len(failures) == max(retries, 0) + 1
    for number, (failed, again) in enumerate(zip(failures, starts[1:], strict=False), start=1):
        assert again - failed == number * SECOND + 1
    assert world.entered("p", "FATAL") == failures[-1:]
    assert world.state("p") == "FATAL"


@given(retries=st.integers(0, 5), tick_us=st.integers(1, 20), choose=st.randoms(use_true_random=False))
def test_waits_are_never_short_and_little_late_on_a_slow_machine(retries, tick_us, choose):
    text = program("p", startretries=retries) + program("q", startsecs=2)
    machine = {"tick_ns": tick_us * 1000, "choose": choose.randrange}
    world = World(text, {"p": "crash after 0.3s"}, **machine).run(60)
    starts, failures = world.entered("p", "STARTING"), world.entered("p", "BACKOFF")
    assert len(starts) == retries + 1
    for number, (failed, again) in enumerate(zip(failures, starts[1:], strict=False), start=1):
        assert number * SECOND < again - failed <= number * SECOND + SLACK_NS
    (begun,), (up,) = world.entered("q", "STARTING"), world.entered("q", "RUNNING")
    assert 2 * SECOND < up - begun <= 2 * SECOND + SLACK_NS


@given(
    mode=st.sampled_from(["true", "false", "unexpected"]),
    codes=st.sets(st.integers(0, 4)),
    end=st.sampled_from(["exit 0", "exit 1", "exit 2", "exit 4", "by KILL", "by SEGV", "by TERM"]),
)
def test_autorestart_follows_its_mode_the_exit_code_and_signals_which_are_never_expected(mode, codes, end):
    text = program("p", autorestart=mode, exitcodes=",".join(map(str, sorted(codes))), startsecs=1)
    world = World(text, {"p": f"crash after 5s {end}"}).run(13)
    expected = end.startswith("exit") and int(end[5:]) in codes
    restarts = mode == "true" or (mode == "unexpected" and not expected)
    assert len(world.spawned("p")) == (3 if restarts else 1)
    assert world.entered("p", "EXITED") == ([ns(5), ns(10)] if restarts else [ns(5)])
    assert all(change.change.expected == expected for change in world.simulation.changes if change.change.new == 100)
    if restarts:
        assert world.entered("p", "STARTING") == [0, ns(5), ns(10)]
    kind = "; expected" if expected else "; not expected"
    assert all(kind in line for line in world.lines("exited: p")), world.log()


@given(run_s=st.integers(1, 12), life_ms=st.integers(0, 150), mode=st.sampled_from(["exit 0", "exit 1"]))
def test_a_program_that_is_up_at_once_and_ends_at_once_restarts_in_a_burst_then_5_times_a_second(run_s, life_ms, mode):
    text = program("p", startsecs=0, autorestart="true")
    world = World(text, {"p": f"{mode} after {life_ms}ms"}).run(run_s)
    times = [each.time_ns for each in world.spawned("p")]
    if life_ms == 0:
        assert times[:6] == [0] * 6
        assert len(times) >= 6 + 5 * (run_s - 1)
    for at, begin in enumerate(times):
        within = [time_ns for time_ns in times[at + 1 :] if time_ns <= begin + SECOND]
        assert len(within) <= 5 + 5, "a burst of 5, then 5 a second"
    assert len(times) <= 1 + 5 + 5 * run_s
    assert world.state("p") in ("EXITED", "RUNNING", "STARTING")
    assert "FATAL" not in world.path("p")


@given(
    startsecs=st.integers(0, 3),
    life_ms=st.integers(0, 5000),
    stop_ms=st.integers(1, 4000),
    length_ms=st.integers(0, 9000),
    code=st.integers(0, 1),
)
def test_a_program_that_is_already_dead_is_never_logged_running(startsecs, life_ms, stop_ms, length_ms, code):
    """The daemon itself is held (SIGSTOP) for a while, so that deadlines and exits are all seen late."""
    text = program("p", startsecs=startsecs, startretries=1, autorestart="false")
    world = World(text, {"p": f"exit {code} after {life_ms}ms"})
    world.signal(stop_ms / 1000, STOP)
    world.signal((stop_ms + length_ms) / 1000, CONT)
    world.run(30)
    held_from, held_to = ns(stop_ms / 1000), ns((stop_ms + length_ms) / 1000)
    lasting = 0
    for child in world.spawned("p"):
        died = world.ended(child.pid)
        up_ns = child.time_ns + startsecs * SECOND + 1
        if held_from < up_ns < held_to:
            up_ns = held_to  # that is when it could be noticed
        lasting += died > up_ns
    assert len(world.lines("success:")) == lasting
    assert len(world.lines("exited: p")) == len(world.spawned("p"))
    assert not world.zombies()


def story(steps):
    """What a busy daemon does while the wall clock is set to other times."""
    text = program("crash") + program("loop", autorestart="true") + program("stubborn", stopwaitsecs=3)
    behaviours = {"crash": "crash after 0.4s", "loop": "exit 1 after 2.5s", "stubborn": "ignore TERM"}
    world = World(text, behaviours)
    for seconds, by_s in steps:
        world.at(seconds, lambda by_s=by_s: world.kernel.step_wall(by_s * SECOND))
    world.signal(14.2, TERM)
    world.run(60)
    return world.simulation.changes, world.seen, [line[24:] for line in world.log().splitlines()], world.status


UNDISTURBED = story([])


@given(st.lists(st.tuples(quarters.map(lambda at: at * 3), st.integers(-(10**9), 10**8)), min_size=1, max_size=6))
def test_steps_of_the_wall_clock_change_nothing_but_displayed_times(steps):
    assert story(steps) == UNDISTURBED


def test_the_undisturbed_story_is_worth_telling():
    changes, seen, lines, status = UNDISTURBED
    assert status == 0
    assert {change.change.new.name for change in changes} >= {"BACKOFF", "FATAL", "RUNNING", "EXITED", "STOPPED"}
    assert any(each.what == "signal" and each.detail == 9 for each in seen)


@given(count=st.integers(1, 40), pid=st.sampled_from([1, 1, 77]))
def test_every_orphan_is_reaped_as_pid_1_with_ten_lines_a_second_and_one_for_the_rest(count, pid):
    world = World(program("p"), {"p": f"fork orphans {count} for 3s"}, pid=pid).run(20)
    assert not world.zombies()
    told, rest = world.lines("reaped unknown pid"), world.lines("more unknown pids")
    if pid != 1:
        assert told == rest == []
    else:
        assert len(told) == min(count, 10)
        assert rest == ([f"INFO reaped {count - 10} more unknown pids"] if count > 10 else [])


@given(restarts=st.integers(1, 60), redirect=st.booleans(), late=st.booleans(), user=st.booleans())
def test_any_number_of_restarts_leaves_no_descriptor_open(restarts, redirect, late, user):
    extra = {"user": "nobody"} if user else {}
    text = program("p", startsecs=0, autorestart="true", redirect_stderr=str(redirect).lower(), **extra)
    behaviour = {"p": f"flap {restarts} times after 0.3s then run"}
    world = World(text, behaviour)
    world.kernel.late_notes = late
    counts = []
    world.at(0.2, lambda: counts.append(world.kernel.open_count()))
    world.at(restarts * 0.3 + 5, lambda: counts.append(world.kernel.open_count()))
    world.run(restarts * 0.3 + 6)
    assert world.kernel.attempts("p") == restarts + 1
    assert counts[0] == counts[1]


def test_a_daemon_with_nothing_to_do_never_wakes_up():
    world = World(program("a") + program("b", startsecs=30))
    polls = []
    original = world.kernel.poll
    world.kernel.poll = lambda deadline: (polls.append(world.kernel.now), original(deadline))[1]
    world.run(86_400)
    assert [world.state("a"), world.state("b")] == ["RUNNING", "RUNNING"]
    assert [time_ns for time_ns in polls if time_ns > ns(31)] == []
    assert len(polls) < 40
