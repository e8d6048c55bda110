"""The audience by itself: who is told makes the clock worth looking at, and nobody else."""

from __future__ import annotations

from initd.supervise.audience import Audience
from initd.supervise.effects import Effect, Log, Send, Told
from initd.supervise.events import Emitted, ListenerSpoke, Sent, Unsent
from initd.supervise.group import Group
from initd.supervise.notifications import Notification
from initd.supervise.policy import SECOND, GroupPolicy, ListenerPolicy, ProcessPolicy


def pool(audience: Audience, name: str, *events: str) -> Group:
    group = Group(GroupPolicy(name, 1, (ProcessPolicy(name),), ListenerPolicy(events, 10)), ())
    audience.added(group)
    return group


def test_the_clock_is_looked_at_as_long_as_a_pool_has_asked_for_ticks() -> None:
    audience = Audience("here", lambda instance: True)
    other = pool(audience, "other", "PROCESS_STATE")
    assert audience.next_ns() is None
    ticks = pool(audience, "ticks", "TICK_60")
    assert audience.next_ns() == 0
    audience.removed(ticks)
    assert audience.next_ns() is None
    audience.removed(other)


def test_the_clock_is_looked_at_for_who_overhears_ticks() -> None:
    audience = Audience("here", lambda instance: True)
    audience.overhear(["TICK_5"])
    assert audience.next_ns() == 0
    told: list[Effect] = []
    audience.look_at_clock(0, 1000 * SECOND, [])
    audience.look_at_clock(SECOND, 1004 * SECOND, told)
    assert told == []
    due_ns = audience.next_ns()
    assert due_ns == 2 * SECOND
    audience.look_at_clock(due_ns - 1, 1005 * SECOND, told)
    assert told == []
    audience.look_at_clock(due_ns, 1005 * SECOND, told)
    assert told == [Told(Notification("TICK_5", "when:1005"))]
    audience.overhear([])
    assert audience.next_ns() is None


def test_what_could_not_be_sent_is_for_the_next_one() -> None:
    audience = Audience("here", lambda instance: True, 7)
    audience.pools.add("p", ListenerPolicy(("REMOTE_COMMUNICATION",), 10), [(1, "one"), (2, "two")])
    out: list[Effect] = []
    audience.begin_turn(out)
    for instance in (1, 2):
        audience.pools.heard(instance, b"READY\n")
    audience.hear(Emitted(Notification("REMOTE_COMMUNICATION", "text")), out)
    audience.begin_turn(out)
    assert [(each.instance, each.serial) for each in out if isinstance(each, Send)] == [(1, 7)]
    again: list[Effect] = []
    audience.hear(Unsent(1, 7), again)
    assert [(each.instance, each.serial) for each in again if isinstance(each, Send)] == [(2, 7)]
    assert any(isinstance(each, Log) and "epipe" in each.text for each in again)


def two_of_a_pool(*ready: int) -> tuple[Audience, list[Effect]]:
    """Two listeners of which these take events, two notifications, and what has been sent by the end of the first turn."""
    audience, out = Audience("here", lambda instance: True), list[Effect]()
    audience.pools.add("p", ListenerPolicy(("REMOTE_COMMUNICATION",), 10), [(1, "one"), (2, "two")])
    audience.begin_turn(out)
    for instance in ready:
        audience.pools.heard(instance, b"READY\n")
    for text in ("first", "second"):
        audience.hear(Emitted(Notification("REMOTE_COMMUNICATION", text)), out)
    audience.begin_turn(out)
    return audience, out


def sends(out: list[Effect]) -> list[tuple[int, int]]:
    return [(each.instance, each.serial) for each in out if isinstance(each, Send)]


def test_the_second_is_sent_in_the_same_turn_once_the_first_is_out() -> None:
    audience, out = two_of_a_pool(1, 2)
    assert sends(out) == [(1, 0)]
    audience.hear(Sent(1, 0), out)
    assert sends(out) == [(1, 0), (2, 1)]


def test_who_comes_while_another_is_busy_with_what_is_out_is_sent_the_next_at_once() -> None:
    audience, out = two_of_a_pool(1)
    audience.hear(Sent(1, 0), out)
    audience.hear(ListenerSpoke(2, b"READY\n"), out)
    assert sends(out) == [(1, 0), (2, 1)]
