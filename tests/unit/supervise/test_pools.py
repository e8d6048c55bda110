"""Pools by themselves; that they do what supervisord's do is in tests/property/test_pools.py."""

from __future__ import annotations

from initd.states import ProcessState
from initd.supervise.audience import Audience
from initd.supervise.effects import Log, Send, StateChanged
from initd.supervise.notifications import Notification
from initd.supervise.policy import ListenerPolicy
from initd.supervise.pools import Pools


def test_a_listener_that_could_not_be_signalled_may_still_answer():
    """It is UNKNOWN, and its process lives on: what it was sent is taken back once that has ended."""
    pools = Pools("here", lambda instance: True)
    pools.add("p", ListenerPolicy(("REMOTE_COMMUNICATION",), 10), [(1, "one")])
    pools.heard(1, b"READY\n")
    pools.offer(Notification("REMOTE_COMMUNICATION", "text"))
    pools.dispatch()
    assert [effect.serial for effect in pools.out if isinstance(effect, Send)] == [0]
    pools.changed(1, ProcessState.UNKNOWN)
    pools.out = []
    pools.heard(1, b"RESULT 2\nOK")
    assert Log("debug", "one: event was processed") in pools.out
    assert not pools.restless()


def test_listeners_that_come_up_together_are_sent_something_once_all_of_them_are_up():
    """As supervisord's pools go through all their processes first: a buffer of one keeps the news of the last alone."""
    running = set()
    audience = Audience("here", running.__contains__)
    audience.pools.add("p", ListenerPolicy(("PROCESS_STATE",), 1), [(1, "one"), (2, "two")])
    for instance in (1, 2):
        audience.pools.heard(instance, b"READY\n")
    running |= {1, 2}
    up = [StateChanged(at, "p", name, ProcessState.STARTING, ProcessState.RUNNING, 7) for at, name in ((1, "one"), (2, "two"))]
    told = audience.follow(up)
    assert [type(effect).__name__ for effect in told] == ["StateChanged", "StateChanged", "Log", "Send"]
    (sent,) = [effect for effect in told if isinstance(effect, Send)]
    assert "processname:two" in sent.text and sent.instance == 1


def test_of_a_pool_that_is_gone_nobody_is_a_listener() -> None:
    pools = Pools("here", lambda instance: True)
    pools.add("p", ListenerPolicy(("EVENT",), 10), [(1, "one"), (2, "two")])
    pools.add("q", ListenerPolicy(("EVENT",), 10), [(3, "three")])
    pools.remove("p")
    pools.remove("no pool")
    assert [pools.is_listener(instance) for instance in (1, 2, 3)] == [False, False, True]
