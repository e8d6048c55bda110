"""One broadcast, played by the real supervisor 4.3.0: its listener pools, dispatchers and reload path, unmodified.

`mended` names what is mended in it (`sim.oracle.mends`): the deliberate differences, so that whatever else is another is seen.
"""

from __future__ import annotations

import contextlib
import signal

from supervisor import events, process
from supervisor.medusa import asyncore_25
from supervisor.rpcinterface import SupervisorNamespaceRPCInterface
from supervisor.states import SupervisorStates
from supervisor.supervisord import Supervisor
from supervisor.xmlrpc import RPCError

from sim.broadcast import CALLS, log_entry, text_of
from sim.oracle.clients import CLIENT_FD, CRASHED, FAULTS
from sim.oracle.configuration import HEADER, options
from sim.oracle.mainlog import MainLog
from sim.oracle.mends import CHECKS_RELOADS, MENDS
from sim.oracle.play import patched, told_state
from sim.oracle.pollers import CALM, PASSES, Over, deadlines
from sim.oracle.speakers import SpeakingKernel
from sim.scenario import SECOND_NS, TICK_NS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from sim.broadcast import Broadcast, Deed
    from sim.oracle.pollers import Ready
    from sim.trace import Trace


def play(broadcast: Broadcast, mended: Iterable[str] = ()) -> Trace:
    """The story supervisor 4.3.0 tells of it. Told here alone: `crash` with the name of the exception the daemon dies of."""
    return _Play(broadcast, frozenset(mended)).run()


class _Log(MainLog):
    """Tells the lines that are about listeners."""

    def __init__(self, kernel: SpeakingKernel) -> None:
        super().__init__()
        self._kernel = kernel
        self.bound(kernel.clock)

    def _keep(self, level: str, text: str) -> None:
        entry = log_entry(text)
        if entry is not None:
            self._kernel.tell(entry[0], "log", entry[1])


class _Play:
    def __init__(self, broadcast: Broadcast, mended: frozenset[str]) -> None:
        self._broadcast, self._mended = broadcast, mended
        self._kernel = SpeakingKernel(broadcast, lambda: options().pipes)
        self._poller = _Poller(self, broadcast, self._kernel)
        self._checked = ""
        self.daemon: Any = None

    def run(self) -> Trace:
        kernel = self._kernel
        self._put(0)
        process.GlobalSerial.serial = -1
        with contextlib.ExitStack() as stack:
            stack.enter_context(patched(kernel.clock))
            for name in sorted(self._mended - {CHECKS_RELOADS}):
                stack.enter_context(MENDS[name]())
            try:
                while self._session() > SupervisorStates.SHUTDOWN:
                    pass
            except Over:
                pass
            except ValueError:  # the parser's, which the command line ends with 2 for
                kernel.tell("", "exit", "2")
            except (AssertionError, OSError) as error:
                kernel.tell("", "crash", type(error).__name__)
            else:
                kernel.tell("", "exit", "0")
        return kernel.story

    def _session(self) -> int:
        """From reading the file to everything being down; the mood it ends in."""
        there = options().text
        groups = options().read(self._checked or there)
        options().put(there)
        self._checked = ""
        self.daemon = Supervisor(options())
        clients = self._poller.clients = _Clients(self.daemon, self._kernel)
        options().begin(groups, self._kernel, {CLIENT_FD: clients}, self._poller, _Log(self._kernel))
        events.clear()
        events.subscribe(events.ProcessStateEvent, lambda event: told_state(self._kernel, event))
        for config in groups:
            self.daemon.add_process_group(config)
        with contextlib.suppress(asyncore_25.ExitNow):
            self.daemon.runforever()
        return int(options().mood)

    def _put(self, number: int) -> None:
        options().put(HEADER + self._broadcast.files[number])

    def do(self, at: int, deed: Deed) -> Ready:
        """A deed."""
        if deed.what in CALLS:
            self._poller.clients.ask(at, deed)
            return [CLIENT_FD], []
        if deed.what == "write":
            self._put(int(deed.arguments[0]))
        elif deed.what == "kill":
            self._kernel.outsider(deed.arguments[0])
        elif deed.what == "end":
            options().signal_receiver.receive(signal.SIGTERM, None)
        elif CHECKS_RELOADS not in self._mended:
            options().signal_receiver.receive(signal.SIGHUP, None)
        elif _is_sound():
            self._checked = options().text
            options().signal_receiver.receive(signal.SIGHUP, None)
        return CALM


def _is_sound() -> bool:
    """Whether supervisor would take the file as it is; what is live is not touched."""
    live = options().process_group_configs
    try:
        options().read(options().text)
    except ValueError:
        return False
    finally:
        options().process_group_configs = live
    return True


class _Clients:
    """All clients as one dispatcher of the loop; nobody waits."""

    def __init__(self, daemon: Supervisor, kernel: SpeakingKernel) -> None:
        self._rpc = SupervisorNamespaceRPCInterface(daemon)
        self._kernel = kernel
        self._asked: list[tuple[int, Deed]] = []

    def ask(self, at: int, deed: Deed) -> None:
        """That deed is what the loop will read next."""
        self._asked.append((at, deed))

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return False

    def handle_read_event(self) -> None:
        asked, self._asked = self._asked, []
        for at, deed in asked:
            self._kernel.tell("clients", "answer", f"{at:03} {deed.what} {self._answer(deed)}")

    def _answer(self, deed: Deed) -> str:
        rpc, arguments = self._rpc, deed.arguments
        calls = {
            "start": lambda: rpc.startProcess(*arguments, wait=False),
            "stop": lambda: rpc.stopProcess(*arguments, wait=False),
            "emit": lambda: rpc.sendRemoteCommEvent(arguments[0], text_of(deed)),
            "reread": rpc.reloadConfig,
            "add": lambda: rpc.addProcessGroup(*arguments),
            "remove": lambda: rpc.removeProcessGroup(*arguments),
        }
        try:
            value = calls[deed.what]()
            while callable(value):
                value = value()
        except RPCError as fault:
            return str(FAULTS[fault.code])
        except Exception:
            return CRASHED
        return "OK" if value is True else repr(value)


class _Poller:
    """Where time passes: it returns at the next instant at which there is anything to do."""

    clients: _Clients

    def __init__(self, play: _Play, broadcast: Broadcast, kernel: SpeakingKernel) -> None:
        self._play, self._kernel, self._clock = play, kernel, kernel.clock
        self._deeds, self._next_deed = broadcast.deeds, 0
        self._until_ns = broadcast.until_ns
        self._seen: tuple[Any, ...] = ()
        self._passes, self._since_ns = 0, 0

    def register_readable(self, fd: int) -> None:
        """Everything is watched."""

    register_writable = unregister_readable = unregister_writable = register_readable

    def poll(self, timeout: int) -> Ready:
        """The loop's next pass, now or at the next instant of interest."""
        options().about_to_poll(self._play.daemon)
        readable, writable = self._kernel.readable(), self._writable()
        seen = self._state()
        if readable or writable or seen != self._seen:
            self._seen = seen
            self._spin_check()
            return readable, writable
        if self._deed_ns() == self._clock.now_ns:
            at = self._next_deed
            self._next_deed += 1
            self._seen = ()
            return self._play.do(at, self._deeds[at])
        self._kernel.advance(self._next_instant())
        return self._kernel.readable(), self._writable()

    def _writable(self) -> list[int]:
        dispatchers = self._play.daemon.get_process_map()
        return [fd for fd, each in dispatchers.items() if each.writable() and self._kernel.has_room(fd)]

    def _deed_ns(self) -> int | None:
        return self._deeds[self._next_deed].time_ns if self._next_deed < len(self._deeds) else None

    def _spin_check(self) -> None:
        if self._clock.now_ns - self._since_ns >= TICK_NS:
            self._passes, self._since_ns = 0, self._clock.now_ns
        self._passes += 1
        if self._passes > PASSES:
            self._kernel.tell("", "spins", str(PASSES))
            raise Over

    def _state(self) -> tuple[Any, ...]:
        """Whatever a pass may change that makes another pass do more."""
        daemon = self._play.daemon
        pools = [each for each in daemon.process_groups.values() if hasattr(each, "event_buffer")]
        told = [(len(pool.event_buffer), [each.listener_state for each in pool.processes.values()]) for pool in pools]
        mood = daemon.options.mood, daemon.stopping, len(daemon.stop_groups or ()), getattr(daemon, "hearing", None)
        return len(self._kernel.story), self._kernel.has_zombies(), mood, told

    def _next_instant(self) -> int:
        now_ns = self._clock.now_ns
        soon = [when for when in (self._deed_ns(), self._kernel.next_ns(), self._tick_ns()) if when is not None]
        if getattr(self._play.daemon, "hearing", None) is not None:  # a mend's
            soon.append(max(now_ns, self._clock.when(self._play.daemon.hearing[0])))
        soon += [when if when > now_ns else now_ns + SECOND_NS for when in map(self._clock.when, deadlines(self._play.daemon))]
        next_ns = min(soon, default=None)
        if next_ns is None or next_ns > self._until_ns:
            raise Over
        return next_ns

    def _tick_ns(self) -> int | None:
        """When the next slice of a period begins; supervisor looks every second, and so late."""
        wall_ns = self._clock.now_ns + 2**20 * SECOND_NS
        return self._clock.now_ns + min(period * SECOND_NS - wall_ns % (period * SECOND_NS) for period in (5, 60, 3600))
