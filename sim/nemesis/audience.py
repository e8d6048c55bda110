"""What goes wrong around event listeners: they die, stand still, are told too much; pools come and go (supervisord-4.3 §6)."""

from __future__ import annotations

from functools import partial

from sim.nemesis.nemesis import Nemesis
from sim.nemesis.signals import SIGCONT, SIGHUP, SIGKILL, SIGSTOP, SIGTERM

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.nemesis.nemesis import Field

PIPE_BYTES = 65_536


class ListenerDies(Nemesis):
    """Somebody ends a listener, by preference one that is busy with an event."""

    name = "listener_dies"

    def act(self, field: Field) -> None:
        pid = self.pick(field.busy() or field.listeners())
        if pid is not None:
            field.kernel.outsider_kill(pid, (SIGKILL, SIGTERM)[self.below(2)])


class ListenerStops(Nemesis):
    """A listener stands still for a while: what it is sent stays in its pipe."""

    name = "listener_stops"

    def act(self, field: Field) -> None:
        kernel, pid = field.kernel, self.pick(field.listeners())
        if pid is not None:
            kernel.outsider_kill(pid, SIGSTOP)
            kernel.at(kernel.now + self.ns(4), lambda: kernel.outsider_kill(pid, SIGCONT))

    def heal(self, field: Field) -> None:
        super().heal(field)
        for pid in field.listeners():
            field.kernel.outsider_kill(pid, SIGCONT)


class EventFlood(Nemesis):
    """A client tells of many things at once, and some of them do not fit a pipe."""

    name = "event_flood"

    def act(self, field: Field) -> None:
        for number in range(1 + self.below(12)):
            size = self.below(40) if self.below(4) else PIPE_BYTES + self.below(3 * PIPE_BYTES)
            field.call("supervisor.sendRemoteCommEvent", f"kind {number}", "x" * size)


class ReloadInTheMiddle(Nemesis):
    """A restart of the daemon, or a reread, while a listener is busy with an event."""

    name = "reload_in_the_middle"

    def act(self, field: Field) -> None:
        if not field.busy():
            return
        if self.below(3):
            field.call("supervisor.reloadConfig")
        else:
            field.kernel.signal_daemon(SIGHUP)


class PoolUpdate(Nemesis):
    """What an update does to a pool: it is stopped, removed, and added again, with other options in the file than before."""

    name = "pool_update"

    def act(self, field: Field) -> None:
        name, kernel = self.pick(field.pools), field.kernel
        if name is None:
            return
        field.rewrite(name, "buffer_size", str(1 + self.below(20)))
        steps = ("reloadConfig",), ("stopProcessGroup", name, True), ("removeProcessGroup", name), ("addProcessGroup", name)
        time_ns = kernel.now
        for method, *params in steps:
            time_ns += self.ns(1)
            kernel.at_rest(time_ns, partial(field.call, f"supervisor.{method}", *params))


AUDIENCES = (ListenerDies, ListenerStops, EventFlood, ReloadInTheMiddle, PoolUpdate)
