"""D10 as a mend of supervisor: its shutdown goes from group to group as ours does, and lets listeners hear before their stop.

supervisord takes a turn of its loop for every group, stopped or not, and what pools send meanwhile follows from that. Ours
goes on at once, and gives a pool that is not the first to be stopped up to a second for what waited when its turn came
(`initd.supervise.shutdown`). The state of that is kept in the daemon: `hearing` is until when, and how many turns more.
"""

from __future__ import annotations

import contextlib

from supervisor import events, process
from supervisor.dispatchers import EventListenerStates
from supervisor.states import ProcessStates
from supervisor.supervisord import Supervisor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

HEARING_S, TURNS = 1.0, 2


@contextlib.contextmanager
def gives_stopped_groups_a_turn() -> Iterator[None]:
    """D10: in a shutdown every group takes a turn of the loop, in which listeners are told of what others do."""
    before = Supervisor.ordered_stop_groups_phase_1, Supervisor.ordered_stop_groups_phase_2
    pools = process.EventListenerPool
    accept, dispatch = pools._acceptEvent, pools.dispatch

    def remembers(pool: Any, event: Any, head: bool = False) -> None:
        known = pool.config.name in getattr(event, "pool_serials", {})
        accept(pool, event, head)
        pool.latest = pool.latest if known and hasattr(pool, "latest") else event

    def to_the_end(pool: Any) -> None:
        left = [each for each in pool.event_buffer if not _is_for(pool, each)]
        pool.event_buffer = [each for each in pool.event_buffer if _is_for(pool, each)]
        dispatch(pool)
        pool.event_buffer += left

    Supervisor.ordered_stop_groups_phase_1 = _stop
    Supervisor.ordered_stop_groups_phase_2 = lambda daemon: None
    pools._acceptEvent, pools.dispatch = remembers, to_the_end
    try:
        yield
    finally:
        Supervisor.ordered_stop_groups_phase_1, Supervisor.ordered_stop_groups_phase_2 = before
        pools._acceptEvent, pools.dispatch = accept, dispatch


def _stop(daemon: Any) -> None:
    """Stop what is next, and what comes after it as far as that is down."""
    idle = False
    while daemon.stop_groups:
        group, told = daemon.stop_groups[-1], getattr(daemon, "told", False)
        idle, before = not told, idle
        if not told:
            first = len(daemon.stop_groups) == len(daemon.process_groups)
            if not first and isinstance(group, process.EventListenerPool) and _hears(daemon, group, before):
                return
            daemon.told = True
            group.stop_all()
        if group.get_unstopped_processes():
            return
        daemon.last_down = daemon.stop_groups.pop()
        daemon.told = False


def _hears(daemon: Any, pool: Any, idle: bool) -> bool:
    now = process.time.time()
    if getattr(daemon, "hearing", None) is None:
        if not idle and not _waits(pool):
            return False
        daemon.hearing = now + HEARING_S, TURNS
        if not idle:
            _close(daemon, pool)
        return True
    _close(daemon, pool)
    until, turns = daemon.hearing
    if now >= until or not _waits(pool):
        turns -= 1
    daemon.hearing = (until, turns) if turns else None
    return bool(turns)


def _close(daemon: Any, pool: Any) -> None:
    """What happens from now on is not for that pool any more; nor is that the last before it has just stopped."""
    if getattr(pool, "end", None) is None:
        latest = getattr(pool, "latest", None)
        stopped = isinstance(latest, events.ProcessStateStoppedEvent) and latest.process.group is daemon.last_down
        pool.end = pool.serial + 1 - stopped


def _is_for(pool: Any, event: Any) -> bool:
    end = getattr(pool, "end", None)
    return end is None or event.pool_serials[pool.config.name] < end


def _waits(pool: Any) -> bool:
    takers = [each for each in pool.processes.values() if each.state == ProcessStates.RUNNING]
    able = any(each.listener_state != EventListenerStates.UNKNOWN for each in takers)
    return able and bool(pool.event_buffer) and _is_for(pool, pool.event_buffer[0])
