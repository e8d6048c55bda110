"""When a shared socket is told of and when it is closed: with the first child that has it, and after the last."""

from __future__ import annotations

import pytest

from initd.supervise import events
from initd.supervise.effects import CloseSocket
from initd.supervise.policy import GroupPolicy, ProcessPolicy, Restart, SocketPolicy
from initd.supervise.supervisor import Supervisor
from tests.unit.supervise.bench import Bench

SOCKET = SocketPolicy("f", "unix:///s")
MADE, CLOSED = "Creating socket unix:///s", "Closing socket unix:///s"


def sharing(*names: str, **options: object) -> Bench:
    """Processes of one group that share a socket, none started."""
    members = [
        ProcessPolicy(name, autostart=False, autorestart=Restart.NEVER, socket=SOCKET, **options) for name in names
    ]
    bench = Bench()
    bench.add(GroupPolicy("f", 999, tuple(members)))
    return bench


def start(bench: Bench, *instances: int) -> None:
    for instance in instances:
        bench.do(events.StartAsked(instance))


def told(bench: Bench) -> list[str]:
    """What was said of the socket, and its closing, in order."""
    said = []
    for effect in bench.out:
        if isinstance(effect, CloseSocket):
            assert effect.socket == SOCKET
            said.append("close")
        elif (text := getattr(effect, "text", "")) and ("socket" in text or "spawn" in text or "exited" in text):
            said.append(text)
    return said


def test_the_first_child_creates_it_and_the_last_one_closes_it() -> None:
    bench = sharing("a", "b")
    start(bench, 1, 2)
    bench.born(10)
    bench.born(11, instance=2)
    bench.dies(0, 5)
    bench.dies(0, 6, instance=2)
    spawned = [f"spawned: '{name}' with pid {pid}" for name, pid in (("a", 10), ("b", 11))]
    ended = ["exited: a (exit status 0; expected)", "exited: b (exit status 0; expected)"]
    assert told(bench) == [MADE, *spawned, *ended, CLOSED, "close"]
    start(bench, 1)
    bench.born(12)
    assert told(bench)[-2:] == [MADE, "spawned: 'a' with pid 12"], "it is made anew"


def test_a_start_that_fails_for_another_reason_has_had_it() -> None:
    bench = sharing("a", startretries=0)
    start(bench, 1)
    bench.unborn("can't find command 'x'")
    assert told(bench) == [MADE, "spawnerr: can't find command 'x'", CLOSED, "close"]


def test_a_start_that_fails_for_want_of_it_leaves_none() -> None:
    bench = sharing("a")
    start(bench, 1)
    bench.do(events.SpawnFailed(1, 1, "why", no_socket=True))
    assert told(bench) == [MADE, "spawnerr: why", "close"]


def test_a_start_that_is_called_off_is_not_told_of() -> None:
    bench = sharing("a")
    start(bench, 1)
    bench.do(events.StopAsked(1))
    bench.unborn("")
    assert told(bench) == ["close"]


def test_it_stays_for_one_that_is_on_its_way() -> None:
    bench = sharing("a", "b")
    start(bench, 1)
    bench.born(10)
    start(bench, 2)
    bench.dies(0, 5)
    assert CLOSED not in told(bench)
    bench.born(11, instance=2)
    bench.dies(0, 9, instance=2)
    assert told(bench).count(MADE) == 1
    assert told(bench)[-2:] == [CLOSED, "close"]


@pytest.mark.parametrize("removed", [events.GroupRemoved("f"), events.MemberRemoved(1)])
def test_one_whose_end_cannot_be_had_keeps_it_until_it_is_removed(removed: events.Event) -> None:
    bench = sharing("a")
    start(bench, 1)
    bench.born(10)
    bench.do(events.StopAsked(1))
    bench.do(events.Signalled(1, 10, 15, 1, "no"))
    assert CLOSED not in told(bench)
    bench.do(removed)
    assert told(bench)[-2:] == [CLOSED, "close"]


def test_one_program_in_two_groups_has_one_and_another_program_its_own() -> None:
    bench = Bench()
    member = ProcessPolicy("a", autostart=False, socket=SOCKET)
    for group, policy in (("g", member), ("h", member), ("i", member.replace(socket=SOCKET.replace(program="other")))):
        bench.add(GroupPolicy(group, 999, (policy,)))
    start(bench, 1, 2, 3)
    for instance in (1, 2, 3):
        bench.born(10 + instance, instance=instance)
    assert bench.lines().count(MADE) == 2
    bench.dies(0, 5)
    assert CLOSED not in bench.lines()
    bench.dies(0, 6, instance=2)
    assert bench.lines().count(CLOSED) == 1


def test_what_is_open_is_in_the_snapshot() -> None:
    bench = sharing("a")
    start(bench, 1)
    bench.born(10)
    bench.core = Supervisor.restore(bench.core.snapshot())
    bench.dies(0, 5)
    assert told(bench).count(MADE) == 1 and told(bench)[-2:] == [CLOSED, "close"]
