"""Pools by themselves; that they do what supervisord's do is in tests/property/test_pools.py."""

from __future__ import annotations

from initd.states import ProcessState
from initd.supervise.effects import Log, Send
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
