from initd.states import ProcessState
from initd.supervise.effects import GroupChanged, MemberChanged, Told
from initd.supervise.events import (
    Booted,
    Emitted,
    GroupAdded,
    GroupRemoved,
    MemberAdded,
    MemberRemoved,
    Reaped,
    ShutdownAsked,
    SignalAsked,
    Signalled,
    Spawned,
    SpawnFailed,
    StartAsked,
)
from initd.supervise.notifications import Notification
from initd.supervise.policy import GroupPolicy, ListenerPolicy, ProcessPolicy
from initd.supervise.supervisor import Supervisor
from tests.unit.supervise.bench import Bench, kills, replies, spawns


def test_a_group_added_later_starts_at_once():
    bench = Bench()
    given = bench.do(GroupAdded(GroupPolicy("g", 1, (ProcessPolicy("a"),)), 1))
    assert given[0] == GroupChanged("g", True, (1,))
    assert replies(given) == {1: "DONE"}
    assert spawns(given) == [1]


def test_a_group_of_a_name_that_is_taken_is_refused():
    bench = Bench(ProcessPolicy("a"))
    assert replies(bench.do(GroupAdded(GroupPolicy("a", 1, ()), 1))) == {1: "ALREADY_ADDED"}


def test_a_group_can_be_removed_only_when_it_is_down():
    bench = Bench(ProcessPolicy("a"))
    assert replies(bench.do(GroupRemoved("a", 1))) == {1: "STILL_RUNNING"}
    assert replies(bench.do(GroupRemoved("b", 2))) == {2: "BAD_NAME"}
    bench.unborn("x")
    assert bench.state() is ProcessState.BACKOFF
    assert replies(bench.do(GroupRemoved("a", 3))) == {3: "STILL_RUNNING"}


def test_news_of_a_removed_instance_never_reach_the_newcomer():
    bench = Bench(ProcessPolicy("a", autostart=False))
    bench.do(GroupRemoved("a"))
    bench.do(GroupAdded(GroupPolicy("a", 1, (ProcessPolicy("a"),))))
    assert bench.process(2).name == "a"
    before = bench.core.snapshot()
    assert kills(bench.do(Spawned(1, 1, 50))) == [(50, 9, True)]
    bench.do(SpawnFailed(1, 1, "x"))
    bench.do(Reaped(1, 50, 0, "exit status 0"))
    bench.do(Signalled(1, 50, 9))
    assert replies(bench.do(StartAsked(1, request=1))) == {1: "BAD_NAME"}
    assert bench.core.snapshot() == before


def test_two_members_of_one_name_collapse_to_the_last():
    bench = Bench()
    bench.add(GroupPolicy("g", 1, (ProcessPolicy("a", startsecs=1), ProcessPolicy("a", startsecs=2))))
    (process,) = bench.core.groups[0].processes
    assert process.policy.startsecs == 2


def test_a_group_that_is_removed_is_announced_and_its_programs_are_nobodys():
    bench = Bench(ProcessPolicy("a", autostart=False))
    given = bench.do(GroupRemoved("a", 1))
    assert given[0] == GroupChanged("a", False, (1,))
    assert replies(given) == {1: "DONE"}
    assert replies(bench.do(SignalAsked(1, 1, request=2))) == {2: "BAD_NAME"}
    assert replies(bench.do(Signalled(1, 10, 1, request=3))) == {3: "NOT_RUNNING"}


def test_a_group_that_is_removed_while_a_restart_waits_is_not_restarted():
    bench = Bench(ProcessPolicy("a"))
    bench.running()
    bench.dies(1)
    assert bench.process().restart_waits
    bench.do(GroupRemoved("a"))
    assert bench.core.next_deadline() is None
    assert bench.tick(bench.time + 1) == []


def test_a_process_joins_a_live_group_last_and_starts_if_it_autostarts():
    bench = Bench(ProcessPolicy("a"))
    given = bench.do(MemberAdded("a", ProcessPolicy("b"), 1))
    assert given[0] == MemberChanged("a", True, 2, "b")
    assert replies(given) == {1: "DONE"}
    assert spawns(given) == [2]
    assert spawns(bench.do(MemberAdded("a", ProcessPolicy("c", autostart=False)))) == []
    assert [process.name for process in bench.core.groups[0].processes] == ["a", "b", "c"]


def test_a_process_that_joins_before_the_start_starts_with_the_others():
    bench = Bench(ProcessPolicy("a"), booted=False)
    assert spawns(bench.do(MemberAdded("a", ProcessPolicy("b")))) == []
    assert spawns(bench.do(Booted())) == [1, 2]


def test_who_cannot_join_is_told_why():
    bench = Bench(ProcessPolicy("a"))
    assert replies(bench.do(MemberAdded("x", ProcessPolicy("b"), 1))) == {1: "BAD_NAME"}
    assert replies(bench.do(MemberAdded("a", ProcessPolicy("a"), 2))) == {2: "ALREADY_ADDED"}
    bench.do(ShutdownAsked())
    assert replies(bench.do(MemberAdded("a", ProcessPolicy("b"), 3))) == {3: "SHUTDOWN_STATE"}
    assert replies(bench.do(MemberRemoved(1, 4))) == {4: "SHUTDOWN_STATE"}


def test_a_process_leaves_its_group_only_when_it_is_down_and_its_number_is_nobodys_then():
    bench = Bench(ProcessPolicy("a", autostart=False))
    bench.do(MemberAdded("a", ProcessPolicy("b")))
    assert replies(bench.do(MemberRemoved(2, 1))) == {1: "STILL_RUNNING"}
    given = bench.do(MemberRemoved(1, 2))
    assert given[0] == MemberChanged("a", False, 1, "a")
    assert replies(given) == {2: "DONE"}
    assert replies(bench.do(MemberRemoved(1, 3))) == {3: "BAD_NAME"}
    assert [process.name for process in bench.core.groups[0].processes] == ["b"]


def test_a_listener_that_leaves_is_told_nothing_any_more():
    bench = Bench()
    listens = ListenerPolicy(("REMOTE_COMMUNICATION",))
    bench.add(GroupPolicy("g", 1, (ProcessPolicy("a", autostart=False), ProcessPolicy("b", autostart=False)), listens))
    bench.do(MemberRemoved(1))
    assert not bench.core.audience.pools.is_listener(1)
    assert bench.core.audience.pools.is_listener(2)
    bench.do(GroupRemoved("g"))
    assert bench.core.audience.pools.empty


def test_who_overhears_is_told_of_everything_whether_there_are_listeners_or_not():
    bench = Bench(ProcessPolicy("a", autostart=False))
    assert not [each for each in bench.do(Emitted(Notification("X"))) if isinstance(each, Told)]
    bench.core.audience.overhear({"X", "PROCESS_STATE_STARTING"})
    assert bench.do(Emitted(Notification("X"))) == [Told(Notification("X"))]
    assert bench.do(Emitted(Notification("Y"))) == []
    given = [each.notification.name for each in bench.do(StartAsked(1)) if isinstance(each, Told)]
    assert given == ["PROCESS_STATE_STARTING"]
    bench.core = Supervisor.restore(bench.core.snapshot())
    assert bench.do(Emitted(Notification("X"))) == [Told(Notification("X"))]


def test_a_notification_reaches_who_listens_to_what_a_plugin_says_it_is():
    bench = Bench()
    for name, listens in (("own", "X"), ("kind", "REMOTE_COMMUNICATION"), ("other", "PROCESS_STATE")):
        bench.add(GroupPolicy(name, 1, (ProcessPolicy(name, autostart=False),), ListenerPolicy((listens,))))
    bench.do(Emitted(Notification("X", "", ("REMOTE_COMMUNICATION",))))
    pools = bench.core.audience.pools._pools
    assert {name: len(pool.waiting) for name, pool in pools.items()} == {"own": 1, "kind": 1, "other": 0}
