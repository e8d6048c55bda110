"""The deliberate differences that broadcasts show, as mends of supervisor: with them it has to tell our very story.

One function a row of `sim/divergences.toml` whose `seen` is `broadcast`: a context in which supervisor's modules do in that
point, and in no other, what initd does (docs/deliberate-differences.md).
"""

from __future__ import annotations

import contextlib

from supervisor import dispatchers, process
from supervisor.dispatchers import EventListenerStates
from supervisor.rpcinterface import SupervisorNamespaceRPCInterface
from supervisor.states import ProcessStates

from sim.oracle.configuration import VirtualOptions
from sim.oracle.hearing import gives_stopped_groups_a_turn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from typing import Any


@contextlib.contextmanager
def _instead(owner: Any, name: str, function: Any) -> Iterator[None]:
    before = getattr(owner, name)
    setattr(owner, name, function)
    try:
        yield
    finally:
        setattr(owner, name, before)


def requeues_everywhere() -> AbstractContextManager[None]:
    """D13: processes are compared by priority, so what one pool rejects goes to every other of the same priority."""

    def handle_rejected(pool: Any, event: Any) -> None:
        if any(event.process is each for each in pool.processes.values()):
            pool._acceptEvent(event.event, head=True)

    return _instead(process.EventListenerPool, "handle_rejected", handle_rejected)


def queues_twice() -> AbstractContextManager[None]:
    """D14: what two subscriptions of a pool cover is queued for each of them."""
    accept = process.EventListenerPool._acceptEvent

    def once(pool: Any, event: Any, head: bool = False) -> None:
        if head or pool.config.name not in getattr(event, "pool_serials", {}):
            accept(pool, event, head)

    return _instead(process.EventListenerPool, "_acceptEvent", once)


def dies_of_a_full_pipe() -> AbstractContextManager[None]:
    """D27: an event for a listener whose stdin is full is an error that nobody expects."""
    flush = dispatchers.PInputDispatcher.flush

    def later(dispatcher: Any) -> None:
        with contextlib.suppress(BlockingIOError):
            flush(dispatcher)

    return _instead(dispatchers.PInputDispatcher, "flush", later)


def loses_the_last_words() -> AbstractContextManager[None]:
    """D9: in capture mode what is no longer than a token is not looked at, and lost with the child."""
    drain = process.Subprocess.drain

    def to_the_end(child: Any) -> None:
        drain(child)
        for dispatcher in child.dispatchers.values():
            waiting = getattr(dispatcher, "output_buffer", b"")
            if waiting and dispatcher.capturemode and waiting.endswith(dispatcher.endtoken_data[0]):
                dispatcher.output_buffer = b""
                dispatcher.toggle_capturemode()
            elif waiting and not dispatcher.capturemode:
                dispatcher.output_buffer = b""
                if waiting != dispatcher.begintoken_data[0]:
                    dispatcher._log(waiting)

    return _instead(process.Subprocess, "drain", to_the_end)


@contextlib.contextmanager
def looks_at_groups_in_turn() -> Iterator[None]:
    """D33: a pool sends when its place among the groups comes; those before it have changed by then, and it may overflow.

    Mended, it sends before the next turn.
    """

    def transition(pool: Any) -> None:
        for child in pool.processes.values():
            child.transition()

    def sends_first(options: Any, daemon: Any) -> None:
        for pool in daemon.process_groups.values():
            if isinstance(pool, process.EventListenerPool):
                _send(pool)

    with _instead(process.EventListenerPool, "transition", transition), _instead(VirtualOptions, "about_to_poll", sends_first):
        yield


def _send(pool: Any) -> None:
    ready = [each for each in pool.processes.values() if each.listener_state == EventListenerStates.READY]
    if any(each.state == ProcessStates.RUNNING for each in ready):
        pool.dispatch()


def starts_a_new_group_later() -> AbstractContextManager[None]:
    """D33: a group that is added starts in the next turn, and pools send that it was added before."""
    add = SupervisorNamespaceRPCInterface.addProcessGroup

    def at_once(rpc: Any, name: str) -> Any:
        answer = add(rpc, name)
        rpc.supervisord.process_groups[name].transition()
        return answer

    return _instead(SupervisorNamespaceRPCInterface, "addProcessGroup", at_once)


MENDS: dict[str, Callable[[], AbstractContextManager[None]]] = {
    "requeues_everywhere": requeues_everywhere,
    "queues_twice": queues_twice,
    "dies_of_a_full_pipe": dies_of_a_full_pipe,
    "loses_the_last_words": loses_the_last_words,
    "looks_at_groups_in_turn": looks_at_groups_in_turn,
    "starts_a_new_group_later": starts_a_new_group_later,
    "gives_stopped_groups_a_turn": gives_stopped_groups_a_turn,
}
"""By the name the register has for it."""
CHECKS_RELOADS = "reloads_what_is_broken"
"""D11's, which is none of supervisor's modules, but of who sends SIGHUP: it comes only where the file is sound, and
what that said then is what counts, whatever becomes of it until everything is down."""
