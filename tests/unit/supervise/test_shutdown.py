import pytest

from initd.states import Mood, ProcessState
from initd.supervise.effects import CancelSpawn, Exit, Log, MoodChanged, Send
from initd.supervise.events import (
    Booted,
    Emitted,
    GroupAdded,
    GroupRemoved,
    ListenerSpoke,
    Reaped,
    ShutdownAsked,
    StartAsked,
    StopAsked,
    TimePassed,
)
from initd.supervise.notifications import Notification
from initd.supervise.policy import SECOND, ExitPolicy, GroupPolicy, ListenerPolicy, ProcessPolicy
from initd.supervise.process import Process
from initd.supervise.shutdown import HEARING_NS, REPORT_NS, Shutdown
from initd.supervise.supervisor import Supervisor
from tests.unit.supervise.bench import Bench, kills, replies, spawns


def test_groups_stop_one_after_the_other_from_the_highest_priority_number_down():
    bench = Bench(ProcessPolicy("a", priority=1), ProcessPolicy("b", priority=2))
    bench.born(10, instance=1)
    bench.born(11, instance=2)
    given = bench.do(ShutdownAsked())
    assert given[0] == MoodChanged(Mood.SHUTDOWN)
    assert kills(given) == [(11, 15, False)]
    assert kills(bench.dies(0, instance=2)) == [(10, 15, False)]
    assert bench.dies(0, instance=1)[-1] == Exit(Mood.SHUTDOWN)


def test_members_of_a_group_stop_together_the_last_of_equals_first():
    bench = Bench(booted=False)
    bench.add(GroupPolicy("g", 5, (ProcessPolicy("x", priority=7), ProcessPolicy("y"), ProcessPolicy("z"))))
    bench.do(Booted())
    for instance in (1, 2, 3):
        bench.born(10 + instance, instance=instance)
    assert [pid for pid, _, _ in kills(bench.do(ShutdownAsked()))] == [13, 12, 11]


def test_a_program_in_backoff_is_given_up_at_its_turn_and_not_retried():
    bench = Bench(ProcessPolicy("low", priority=1), ProcessPolicy("high", priority=2))
    bench.unborn("x", at=0, instance=1)
    bench.born(11, instance=2)
    bench.do(ShutdownAsked())
    assert spawns(bench.tick(5)) == []
    assert bench.state(1) is ProcessState.BACKOFF
    given = bench.dies(0, at=6, instance=2)
    assert bench.state(1) is ProcessState.FATAL
    assert isinstance(given[-1], Exit)


def test_nothing_is_born_after_a_shutdown_has_begun():
    bench = Bench(ProcessPolicy("low", priority=1), ProcessPolicy("high", priority=2))
    bench.running(pid=11, instance=2)
    given = bench.do(ShutdownAsked())
    assert CancelSpawn(1, 1) in given
    assert replies(bench.do(StartAsked(1, request=4))) == {4: "SHUTDOWN_STATE"}
    assert replies(bench.do(GroupAdded(GroupPolicy("c", 1, ()), 5))) == {5: "SHUTDOWN_STATE"}
    assert replies(bench.do(GroupRemoved("low", 6))) == {6: "SHUTDOWN_STATE"}
    bench.unborn("", instance=1)
    bench.dies(1, instance=2)
    bench.tick(bench.time + 100)
    assert spawns(bench.out) == [1, 2]


def test_a_start_that_waits_for_a_stop_is_off_when_the_daemon_shuts_down():
    bench = Bench(ProcessPolicy("a"))
    bench.running()
    bench.do(StopAsked(1))
    bench.do(StartAsked(1, wait=True, request=3))
    assert replies(bench.do(ShutdownAsked())) == {3: "ABNORMAL_TERMINATION"}


def test_a_shutdown_overrides_a_restart_and_never_the_reverse():
    bench = Bench(ProcessPolicy("a"))
    bench.born(10)
    bench.do(ShutdownAsked(restart=True))
    assert bench.core.mood is Mood.RESTARTING
    assert bench.do(ShutdownAsked(restart=True)) == []
    bench.do(ShutdownAsked())
    bench.do(ShutdownAsked(restart=True))
    assert bench.dies(0)[-1] == Exit(Mood.SHUTDOWN)


def test_the_wait_is_logged_at_once_and_every_three_seconds():
    bench = Bench(ProcessPolicy("a"))
    bench.running()
    start = bench.time
    bench.do(ShutdownAsked())
    for at in (1, 3, 3.1, 6, 6.2):
        bench.tick(start + at)
    assert bench.lines().count("waiting for a to die") == 3


def test_what_survives_sigkill_is_given_up_after_the_cap_and_named():
    bench = Bench(ProcessPolicy("a", stopwaitsecs=2), ProcessPolicy("b", priority=1))
    bench.running(pid=10, instance=1)
    bench.running(pid=11, instance=2)
    start = bench.time
    bench.do(ShutdownAsked())
    bench.tick(start + 2)
    bench.tick(start + 31.9)
    assert not any(isinstance(effect, Exit) for effect in bench.out)
    assert kills(bench.tick(start + 32))[-1] == (11, 15, False)  # its group is over, the next one's turn
    assert bench.dies(0, instance=2)[-1] == Exit(Mood.SHUTDOWN, (("a", 10),), 1)


def test_the_cap_is_one_for_all_groups_that_cannot_be_killed():
    bench = Bench(*(ProcessPolicy(name, stopwaitsecs=2, priority=number) for number, name in enumerate("cba")))
    for instance in (1, 2, 3):
        bench.running(pid=9 + instance, instance=instance)
    start = bench.time
    bench.do(ShutdownAsked())
    for second in range(1, 60):
        if isinstance((bench.tick(start + second) or [None])[-1], Exit):
            break
    assert second == (2 + 30) + (2 + 1) + (2 + 1)
    assert bench.out[-1] == Exit(Mood.SHUTDOWN, (("a", 12), ("b", 11), ("c", 10)), 1)


def test_the_cap_never_shortens_a_stopwaitsecs():
    bench = Bench(booted=False)
    bench.add(GroupPolicy("g", 1, (ProcessPolicy("short", stopwaitsecs=1), ProcessPolicy("long", stopwaitsecs=100))))
    from initd.supervise.events import Booted

    bench.do(Booted())
    bench.running(pid=10, instance=1)
    bench.running(pid=11, instance=2)
    start = bench.time
    bench.do(ShutdownAsked())
    for second in range(1, 130):
        bench.tick(start + second)
        assert not any(isinstance(effect, Exit) for effect in bench.out), second
    assert isinstance(bench.tick(start + 130)[-1], Exit)


def test_nobody_is_given_up_whose_end_is_known_when_the_cap_is_over():
    bench = Bench(booted=False)
    bench.add(GroupPolicy("g", 1, (ProcessPolicy("a", stopwaitsecs=1), ProcessPolicy("b", stopwaitsecs=1))))
    bench.do(Booted())
    bench.running(pid=10, instance=1)
    bench.running(pid=11, instance=2)
    start = bench.time
    bench.do(ShutdownAsked())
    bench.tick(start + 1)
    bench.time = start + 31
    assert not any(isinstance(effect, Exit) for effect in bench.dies(-1, instance=1))
    assert bench.dies(-1, instance=2)[-1] == Exit(Mood.SHUTDOWN)


def test_a_shutdown_with_nothing_running_ends_at_once():
    bench = Bench(ProcessPolicy("a", autostart=False))
    assert bench.do(ShutdownAsked()) == [MoodChanged(Mood.SHUTDOWN), Exit(Mood.SHUTDOWN)]


@pytest.mark.parametrize("backwards", [False, True])
def test_a_shutdown_looks_at_each_program_a_few_times_however_many_there_are(monkeypatch, backwards):
    count = 300
    bench = Bench(booted=False)
    bench.add(GroupPolicy("g", 5, tuple(ProcessPolicy(f"p{number}") for number in range(count))))
    bench.do(Booted())
    instances = list(range(1, count + 1))
    for instance in instances:
        bench.born(1000 + instance, instance=instance)
    looks = []
    state_of = Process.state.fget
    monkeypatch.setattr(Process, "state", property(lambda process: looks.append(process) or state_of(process)))
    bench.do(ShutdownAsked())
    for instance in instances[::-1] if backwards else instances:
        given = bench.dies(0, instance=instance)
    assert isinstance(given[-1], Exit)
    assert len(looks) < 20 * count


def test_a_sigkill_of_an_earlier_stop_does_not_count_for_the_cap():
    bench = Bench(ProcessPolicy("a", stopwaitsecs=100))
    bench.running(pid=10)
    start = bench.time
    bench.do(StopAsked(1))
    bench.tick(start + 100)
    bench.dies(-1)
    bench.do(StartAsked(1))
    bench.running(pid=11)
    start = bench.time
    bench.do(ShutdownAsked())
    for second in range(1, 100):
        bench.tick(start + second)
        assert not any(isinstance(effect, Exit) for effect in bench.out), second
    assert kills(bench.tick(start + 100)) == [(11, 9, False)]


def test_a_shutdown_is_looked_at_when_its_line_is_due_although_no_program_has_a_deadline_before():
    bench = Bench(ProcessPolicy("a", stopwaitsecs=10))
    bench.running()
    bench.do(ShutdownAsked())
    assert bench.core.next_deadline() == round(bench.time * SECOND) + REPORT_NS + 1
    bench.tick(bench.time + 9.5)  # the next line would be due after the SIGKILL
    assert bench.core.next_deadline() == round((bench.time + 0.5) * SECOND)


def test_whoever_waits_for_the_end_of_what_is_given_up_on_hears_so():
    bench = Bench(ProcessPolicy("a", stopwaitsecs=2))
    bench.running()
    start = bench.time
    bench.do(StopAsked(1, wait=True, request=5))
    bench.do(ShutdownAsked())
    bench.tick(start + 2)
    assert replies(bench.tick(start + 32)) == {5: "FAILED"}


def test_what_one_group_leaves_of_the_cap_is_the_next_ones():
    bench = Bench(ProcessPolicy("a", stopwaitsecs=2), ProcessPolicy("b", stopwaitsecs=2, priority=1))
    bench.running(pid=10, instance=1)
    bench.running(pid=11, instance=2)
    start = bench.time
    bench.do(ShutdownAsked())
    bench.tick(start + 2)
    bench.dies(-1, at=start + 12)  # ten seconds after its SIGKILL
    bench.tick(start + 14)
    for second in range(15, 60):
        if isinstance((bench.tick(start + second) or [None])[-1], Exit):
            break
    assert second == 12 + 2 + (30 - 10)


def test_a_shutdown_is_looked_at_for_its_line_or_its_cap_whichever_is_sooner():
    bench = Bench(ProcessPolicy("a", stopwaitsecs=2))
    bench.running()
    start = bench.time
    bench.do(ShutdownAsked())
    bench.tick(start + 2)
    looks = []
    for _ in range(40):
        due = bench.core.next_deadline() / SECOND
        looks.append(due - start)
        if isinstance((bench.tick(due) or [None])[-1], Exit):
            break
    assert looks[0] == pytest.approx(3)
    assert looks[-1] == pytest.approx(32)


def test_a_start_during_a_shutdown_is_refused_whatever_the_state():
    bench = Bench(*(ProcessPolicy(name, priority=number) for number, name in enumerate("abc")))
    bench.running(10, instance=1)
    bench.running(11, instance=3)
    bench.do(StopAsked(2))
    bench.unborn("", instance=2)
    bench.do(ShutdownAsked())
    before = bench.core.snapshot()
    for instance in (2, 3):
        assert replies(bench.do(StartAsked(instance, request=instance))) == {instance: "SHUTDOWN_STATE"}
    assert bench.core.snapshot() == before


def test_a_restart_that_a_shutdown_has_missed_is_not_waiting_any_more():
    bench = Bench(ProcessPolicy("a", priority=1), ProcessPolicy("b", priority=2))
    bench.running(10, instance=1)
    bench.running(11, instance=2)
    bench.dies(1, instance=1)
    bench.do(ShutdownAsked())
    bench.tick(bench.time)
    assert bench.state(1) is ProcessState.EXITED
    assert replies(bench.do(StopAsked(1, request=1))) == {1: "NOT_RUNNING"}


def test_what_is_given_up_on_is_told_once_and_its_late_end_answers_nobody():
    bench = Bench(ProcessPolicy("a", stopwaitsecs=2))
    bench.running()
    start = bench.time
    bench.do(StopAsked(1, wait=True, request=5))
    bench.do(ShutdownAsked())
    bench.tick(start + 2)
    bench.tick(start + 32)
    assert Log("crit", "giving up on a (pid 10): it does not die of SIGKILL") in bench.out
    assert replies(bench.dies(-1)) == {}


@pytest.mark.parametrize("shutting", [False, True])
def test_a_core_that_is_restored_is_the_same_and_goes_on_the_same(shutting):
    bench = Bench(
        ProcessPolicy("a", stopwaitsecs=2), ProcessPolicy("b", priority=1), ProcessPolicy("c", autostart=False)
    )
    bench.running(10, instance=1)
    bench.running(11, instance=2)
    bench.dies(1, instance=2)
    if shutting:
        bench.do(ShutdownAsked())
    snapshot = bench.core.snapshot()
    other = Supervisor.restore(snapshot)
    assert other.snapshot() == snapshot
    assert other.next_deadline() == bench.core.next_deadline() is not None
    then = (
        GroupAdded(GroupPolicy("d", 1, (ProcessPolicy("d"),)), 1), TimePassed(), StopAsked(1, True, 2), StartAsked(3, True, 3),
        Reaped(1, 10, 0, "exit status 0"), GroupRemoved("c", 4),
    )  # fmt: skip
    for event in then:
        assert other.handle(event, 9 * SECOND) == bench.core.handle(event, 9 * SECOND)
        assert other.snapshot() == bench.core.snapshot()
    with pytest.raises(ValueError, match="zip"):
        Shutdown.restore((1,))


class Hearing(Bench):
    """Programs whose number is their priority, and a listener, the last instance, that is READY; all RUNNING but `idle`."""

    def __init__(
        self,
        *priorities: int,
        idle: tuple[int, ...] = (),
        priority: int = -1,
        most_ns: int | None = None,
        buffer_size: int = 10,
        events: tuple[str, ...] = ("SUPERVISOR_STATE_CHANGE_STOPPING", "PROCESS_STATE_STOPPED"),
    ) -> None:
        super().__init__(booted=False)
        self.core = Supervisor(exit_policy=ExitPolicy(shutdown_ns=most_ns))
        for number in priorities:
            self.add(GroupPolicy(f"p{number}", number, (ProcessPolicy(f"p{number}", autostart=number not in idle),)))
        listener = ProcessPolicy("l", startsecs=0)
        self.add(GroupPolicy("l", priority, (listener,), ListenerPolicy(events, buffer_size)))
        self.do(Booted())
        self.last = len(priorities) + 1
        for instance in range(1, self.last + 1):
            if self.state(instance) is ProcessState.STARTING:
                self.born(10 + instance, instance=instance)
        self.tick(self.time + 1.1)
        self.do(ListenerSpoke(self.last, b"READY\n"))

    def turns(self, most: int = 5) -> list[int]:
        """Turns without time passing, up to the stop of the listener; who has been told what so far."""
        for _ in range(most):
            due_ns = self.core.next_deadline()
            if due_ns is None or due_ns > round(self.time * SECOND) or self.state(self.last) is ProcessState.STOPPING:
                break
            self.tick(self.time)
        return [
            sent.text.split()[5] + sent.text.partition("processname:")[2][:3]
            for sent in self.out
            if isinstance(sent, Send)
        ]

    def answers(self) -> None:
        self.do(ListenerSpoke(self.last, b"RESULT 2\nOKREADY\n"))


STOPPING, STOPPED = "eventname:SUPERVISOR_STATE_CHANGE_STOPPING", "eventname:PROCESS_STATE_STOPPED"


def test_listeners_hear_of_the_stop_before_it_is_their_turn_although_nothing_else_runs():
    bench = Hearing(1, 2, idle=(1, 2))
    bench.do(ShutdownAsked())
    assert bench.state(bench.last) is ProcessState.RUNNING
    assert bench.turns() == [STOPPING]
    assert bench.state(bench.last) is ProcessState.STOPPING
    sends = [index for index, effect in enumerate(bench.out) if isinstance(effect, Send)]
    assert len(kills(bench.out[sends[0] :])) == 1


def test_listeners_that_are_stopped_first_of_all_hear_nothing():
    bench = Hearing(1, priority=2)
    assert kills(bench.do(ShutdownAsked())) == [(12, 15, False)]
    assert bench.turns() == []


def test_busy_listeners_are_told_what_waits_but_not_the_end_of_the_last_group():
    bench = Hearing(1, 2, 3)
    bench.do(ShutdownAsked())
    bench.turns()
    bench.dies(0, instance=3)
    bench.dies(0, instance=2)
    bench.dies(0, instance=1)
    assert bench.state(bench.last) is ProcessState.RUNNING
    bench.answers()
    bench.answers()
    bench.answers()
    assert bench.turns() == [STOPPING, f"{STOPPED}p3 ", f"{STOPPED}p2 "]
    assert bench.state(bench.last) is ProcessState.STOPPING


def test_the_end_of_a_group_before_one_that_was_down_is_told():
    bench = Hearing(1, 2, idle=(1,))
    bench.do(ShutdownAsked())
    bench.turns()
    bench.answers()
    bench.dies(0, instance=2)
    assert bench.turns() == [STOPPING, f"{STOPPED}p2 "]


def test_a_listener_that_does_not_answer_is_waited_for_so_long_and_only_if_something_waits():
    bench = Hearing(1, 2)
    bench.do(ShutdownAsked())
    bench.turns()
    bench.dies(0, instance=2)
    began = bench.time
    bench.dies(0, instance=1)
    bench.tick(began)
    assert bench.core.next_deadline() == round(began * SECOND) + HEARING_NS
    bench.tick(began + 1)
    assert bench.turns() == [STOPPING]
    assert bench.state(bench.last) is ProcessState.STOPPING
    nothing = Hearing(1)
    nothing.do(ShutdownAsked())
    nothing.turns()
    assert kills(nothing.dies(0, instance=1)) == [(12, 15, False)]


def test_the_line_that_is_due_while_listeners_are_waited_for_is_told_and_wakes_nobody_again():
    bench = Hearing(1, 2)
    bench.do(ShutdownAsked())
    bench.turns()
    bench.dies(0, instance=2)
    bench.time += 2.5
    bench.dies(0, instance=1)
    over = round(bench.time * SECOND) + HEARING_NS
    bench.tick(bench.time)
    bench.tick(bench.core.next_deadline() / SECOND)
    lines = [effect.text for effect in bench.out if isinstance(effect, Log) and effect.text.startswith("waiting")]
    assert lines == ["waiting for p1, p2, l to die", "waiting for l to die"]
    assert round(bench.time * SECOND) < bench.core.next_deadline() <= over


def test_listeners_are_not_waited_for_when_news_have_pushed_out_all_that_was_for_them():
    bench = Hearing(2, -2, buffer_size=2, events=("PROCESS_STATE",))
    bench.do(ShutdownAsked())
    bench.turns()
    began = bench.time
    bench.dies(0, instance=1)
    bench.tick(began)
    assert bench.core.next_deadline() == round(began * SECOND) + HEARING_NS, "it is busy, and something waits for it"
    bench.dies(0, instance=2)
    assert bench.core.next_deadline() == 0
    bench.turns()
    assert bench.state(bench.last) is ProcessState.STOPPING


def test_a_listener_beyond_hope_is_not_waited_for():
    bench = Hearing(1, 2)
    bench.do(ListenerSpoke(bench.last, b"nonsense\n"))
    bench.do(ShutdownAsked())
    bench.dies(0, instance=2)
    assert kills(bench.dies(0, instance=1)) == [(13, 15, False)]


def test_a_shutdown_that_waits_for_listeners_comes_back_from_its_snapshot():
    bench = Hearing(1, 2, idle=(1, 2))
    bench.do(ShutdownAsked())
    bench.tick(bench.time)
    bench.core = Supervisor.restore(bench.core.snapshot())
    assert bench.turns() == [STOPPING]
    assert bench.state(bench.last) is ProcessState.STOPPING


def test_a_last_moment_does_not_wait_for_listeners():
    bench = Hearing(1, 2, most_ns=SECOND)
    bench.do(ShutdownAsked())
    bench.turns()
    bench.dies(0, instance=2)
    bench.dies(0, instance=1)
    bench.tick(bench.time)
    bench.tick(bench.time + 1)
    assert kills(bench.out)[-1] == (13, 9, False)
    assert (bench.core.next_deadline() or 0) > round(bench.time * SECOND)


def test_after_the_last_word_two_turns_begin_before_listeners_are_stopped():
    bench = Hearing(1)
    bench.do(ShutdownAsked())
    bench.dies(0, instance=1)
    told = 0
    while bench.state(bench.last) is not ProcessState.STOPPING:
        assert bench.core.next_deadline() == 0 and told < 9
        bench.tick(bench.time)
        told += 1
    assert told == 2
    assert bench.core.next_deadline() > bench.time * SECOND, "nobody is heard any more: there is nothing to look for at once"


def test_the_last_moment_of_a_shutdown_names_whom_it_kills():
    bench = Bench(booted=False)
    bench.core = Supervisor(exit_policy=ExitPolicy(shutdown_ns=2 * SECOND))
    for at, name in enumerate(("down", "up", "high")):
        bench.add(GroupPolicy(name, at, (ProcessPolicy(name, autostart=name != "down", stopwaitsecs=60),)))
    bench.do(Booted())
    bench.born(10, 0, instance=2)
    bench.born(11, 0, instance=3)
    bench.do(ShutdownAsked(), 1)
    assert not [line for line in bench.lines() if "is over" in line]
    bench.tick(3)
    assert "shutdown_timeout is over: killing high, up" in bench.lines()
    assert [(pid, signal) for pid, signal, _ in kills(bench.out)] == [(11, 15), (10, 15), (11, 9), (10, 9)]


def test_what_arises_once_listeners_have_heard_the_last_of_it_is_not_for_them():
    bench = Hearing(1, idle=(1,))
    bench.do(ShutdownAsked())
    bench.tick(bench.time)
    bench.answers()
    bench.do(Emitted(Notification("SUPERVISOR_STATE_CHANGE_STOPPING", "later")))
    bench.turns()
    assert bench.state(bench.last) is ProcessState.STOPPING
    assert not [effect for effect in bench.out if isinstance(effect, Send) and "later" in effect.text]
