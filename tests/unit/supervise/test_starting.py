import pytest

from initd.states import ProcessState
from initd.supervise.effects import Log, Spawn, StateChanged
from initd.supervise.events import Booted, Reaped, SetupNoted, Spawned, SpawnFailed, StartAsked, StopAsked
from initd.supervise.policy import SECOND, ProcessPolicy, Restart
from initd.supervise.process import Process
from initd.supervise.table import Phase
from tests.unit.supervise.bench import Bench, kills, replies, spawns


def test_boot_starts_what_has_autostart_and_nothing_else():
    bench = Bench(ProcessPolicy("a"), ProcessPolicy("b", autostart=False))
    assert spawns(bench.out) == [1]
    assert bench.state(2) is ProcessState.STOPPED


def test_groups_boot_in_ascending_priority_and_equal_ones_in_the_order_added():
    bench = Bench(
        ProcessPolicy("late", priority=10), ProcessPolicy("early", priority=5), ProcessPolicy("last", priority=10)
    )
    assert spawns(bench.out) == [2, 1, 3]


def test_running_begins_strictly_after_startsecs():
    bench = Bench(ProcessPolicy("a", startsecs=3))
    bench.born(10, at=2)
    assert bench.core.next_deadline() == 5 * SECOND + 1
    bench.tick(5)
    assert bench.state() is ProcessState.STARTING
    bench.do(Spawned(1, 1, 10))  # a repeated report changes nothing but ends the stray child
    bench.tick(5 + 1e-9)
    assert bench.state() is ProcessState.RUNNING


def test_an_exit_at_exactly_startsecs_was_a_run_not_a_failed_start():
    bench = Bench(ProcessPolicy("a", autorestart=Restart.NEVER))
    bench.born(10, at=0)
    bench.dies(0, at=1)
    assert bench.moves() == [("STOPPED", "STARTING"), ("STARTING", "RUNNING"), ("RUNNING", "EXITED")]


@pytest.mark.parametrize("code", [0, 1, -1])
def test_an_exit_within_startsecs_is_a_failure_whatever_its_code(code):
    bench = Bench(ProcessPolicy("a"))
    bench.born(10, at=0)
    bench.dies(code, at=0.5)
    assert bench.state() is ProcessState.BACKOFF
    assert bench.process().spawnerr == "Exited too quickly (process log may have details)"
    assert bench.process().exitstatus is None


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_startretries_allow_one_attempt_more_and_wait_1_2_3_seconds(retries):
    bench = Bench(ProcessPolicy("a", startretries=retries))
    attempts, waits = 0, []
    for _ in range(20):
        if bench.state() is not ProcessState.STARTING:
            break
        attempts += 1
        bench.unborn("no such thing")
        due = bench.core.next_deadline()
        assert due is not None
        if bench.process().failures <= retries:
            waits.append(round(due / SECOND - bench.time, 6))
        bench.tick(due / SECOND + 1e-6)
    assert attempts == retries + 1
    assert waits == [float(k) for k in range(1, retries + 1)]
    assert bench.state() is ProcessState.FATAL
    assert bench.core.next_deadline() is None
    assert bench.lines()[-1] == "gave up: a entered FATAL state, too many start retries too quickly"


def test_a_retry_is_due_strictly_after_its_wait():
    bench = Bench(ProcessPolicy("a"))
    bench.unborn("x", at=4)
    bench.tick(5)
    assert bench.state() is ProcessState.BACKOFF
    bench.tick(5 + 1e-9)
    assert bench.state() is ProcessState.STARTING


def test_the_failure_counter_survives_a_stop_in_backoff_and_a_manual_start():
    bench = Bench(ProcessPolicy("a"))
    bench.unborn("x", at=0)
    bench.do(StopAsked(1, request=1))
    assert bench.state() is ProcessState.STOPPED
    (change, *_) = bench.do(StartAsked(1))
    assert change.tries == 1


def test_a_start_that_waits_is_answered_when_the_program_is_running():
    bench = Bench(ProcessPolicy("a", autostart=False))
    assert replies(bench.do(StartAsked(1, wait=True, request=7))) == {}
    bench.born(10, at=1)
    assert replies(bench.out) == {}
    assert replies(bench.tick(2.1)) == {7: "DONE"}


def test_a_start_that_does_not_wait_is_answered_when_there_is_a_child():
    bench = Bench(ProcessPolicy("a", autostart=False))
    bench.do(StartAsked(1, request=7))
    bench.born(10)
    assert replies(bench.out) == {7: "DONE"}


def test_a_failed_start_answers_spawn_error_and_a_stopped_one_abnormal_termination():
    bench = Bench(ProcessPolicy("a", autostart=False), ProcessPolicy("b", autostart=False))
    bench.do(StartAsked(1, wait=True, request=1))
    bench.do(StartAsked(2, wait=True, request=2))
    bench.unborn("x", instance=1)
    bench.born(11, instance=2)
    bench.do(StopAsked(2))
    assert replies(bench.out) == {1: "SPAWN_ERROR", 2: "ABNORMAL_TERMINATION"}


def test_start_of_something_up_says_so_in_each_such_state():
    bench = Bench(ProcessPolicy("a"))
    assert replies(bench.do(StartAsked(1, request=1))) == {1: "ALREADY_STARTED"}
    bench.born(10)
    assert replies(bench.do(StartAsked(1, request=2))) == {2: "ALREADY_STARTED"}
    bench.tick(1.1)
    assert replies(bench.do(StartAsked(1, request=3))) == {3: "ALREADY_STARTED"}
    bench.dies(1)
    bench.tick(bench.time)
    bench.unborn("x")
    assert bench.state() is ProcessState.BACKOFF
    assert replies(bench.do(StartAsked(1, request=4))) == {4: "ALREADY_STARTED"}


def test_a_child_of_an_attempt_that_is_over_is_killed_and_not_credited():
    bench = Bench(ProcessPolicy("a"))
    bench.unborn("x", at=0)
    given = bench.do(Spawned(1, 1, 77))
    assert kills(given) == [(77, 9, True)]
    assert bench.process().pid == 0


def test_a_child_of_an_earlier_attempt_is_killed_while_the_next_one_is_under_way():
    bench = Bench(ProcessPolicy("a"))
    bench.do(StopAsked(1))
    bench.unborn("")
    bench.do(StartAsked(1))
    assert kills(bench.do(Spawned(1, 1, 77))) == [(77, 9, True)]
    bench.born(78)
    assert bench.process().pid == 78


def test_a_start_forgets_how_the_last_child_ended():
    bench = Bench(ProcessPolicy("a", autorestart=Restart.NEVER))
    bench.running()
    bench.dies(3)
    bench.do(SetupNoted(1, 1, "exec", 2))
    process = bench.process()
    assert (process.exitstatus, process.spawnerr, process.note) == (3, "Bad exit code 3", ("exec", 2))
    bench.do(StartAsked(1))
    assert (process.exitstatus, process.spawnerr, process.note) == (None, "", None)


def test_news_of_an_attempt_that_was_overtaken_are_not_of_the_next_one():
    bench = Bench(ProcessPolicy("a"))
    bench.do(StopAsked(1))
    bench.unborn("")
    bench.do(StartAsked(1))
    before = bench.core.snapshot()
    assert bench.do(SpawnFailed(1, 1, "late")) == []
    assert bench.do(SetupNoted(1, 1, "exec", 2)) == []
    assert bench.core.snapshot() == before
    bench.do(SetupNoted(1, 2, "exec", 2))
    assert bench.process().note == ("exec", 2)


def test_a_program_that_was_started_and_stopped_before_the_boot_is_not_started_by_it():
    bench = Bench(ProcessPolicy("a"), ProcessPolicy("b"), booted=False)
    bench.do(StartAsked(1))
    bench.do(StopAsked(1))
    bench.unborn("")
    assert spawns(bench.do(Booted())) == [2]


def test_starts_at_boot_and_by_command_keep_their_order_and_those_by_itself_do_not():
    bench = Bench(ProcessPolicy("a"), ProcessPolicy("b", autostart=False))
    bench.do(StartAsked(2))
    bench.running(10)
    bench.dies(1)
    bench.tick(bench.time)
    bench.unborn("x", instance=2)
    bench.tick(bench.time + 1.1)
    ordered = [(effect.instance, effect.ordered) for effect in bench.out if isinstance(effect, Spawn)]
    assert ordered == [(1, True), (2, True), (1, False), (2, False)]


def test_the_time_on_the_wall_of_a_start_is_kept_whether_there_is_a_child_or_not():
    bench = Bench(ProcessPolicy("a"))
    bench.do(SpawnFailed(1, 1, "x", 111))
    assert bench.process().start_wall == 111
    bench.tick(1.1)
    bench.do(Spawned(1, 2, 10, 222))
    assert bench.process().start_wall == 222
    bench.do(Reaped(1, 10, 0, "exit status 0", 333))
    assert (bench.process().start_wall, bench.process().stop_wall) == (222, 333)


def test_a_change_tells_what_goes_with_its_state_and_nothing_else():
    bench = Bench(ProcessPolicy("a", startretries=1, autorestart=Restart.NEVER))
    bench.unborn("x", at=0)
    bench.tick(1.1)
    bench.running(10)
    bench.do(StopAsked(1))
    bench.dies(0)
    bench.do(StartAsked(1))
    bench.running(11)
    bench.dies(1)
    for _ in range(2):
        bench.do(StartAsked(1))
        bench.unborn("x")
        bench.tick(bench.time)
    extras = [(c.new.name, c.pid, c.tries, c.expected) for c in bench.out if isinstance(c, StateChanged)]
    assert extras == [
        ("STARTING", 0, 0, True),
        ("BACKOFF", 0, 1, True),
        ("STARTING", 0, 1, True),
        ("RUNNING", 10, 0, True),
        ("STOPPING", 10, 0, True),
        ("STOPPED", 10, 0, True),
        ("STARTING", 0, 0, True),
        ("RUNNING", 11, 0, True),
        ("EXITED", 11, 0, False),
        ("STARTING", 0, 0, True),
        ("BACKOFF", 0, 1, True),
    ]


def test_a_process_begins_stopped_with_nothing_known_of_it():
    policy = ProcessPolicy("a")
    assert Process(1, "g", policy).snapshot() == (
        *(1, "g", policy, Phase.STOPPED, 0, 0, 0, None, None, 0),
        *(False, 0, 0, "", None, False, 0, 0, (), (), (), None, 0),
    )
    with pytest.raises(ValueError, match="zip"):
        Process.restore((1, "g", policy))


def test_a_start_has_its_lines():
    bench = Bench(ProcessPolicy("a", startsecs=2))
    bench.unborn("no such thing", at=0)
    assert bench.process().spawnerr == "no such thing"
    bench.tick(1.1)
    bench.born(10)
    bench.tick(4)
    assert [effect for effect in bench.out if isinstance(effect, Log)] == [
        Log("info", "spawnerr: no such thing"),
        Log("info", "spawned: 'a' with pid 10"),
        Log("info", "success: a entered RUNNING state, process has stayed up for > than 2 seconds (startsecs)"),
    ]
