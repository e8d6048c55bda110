"""A machine with the whole shipped daemon on it and clients around it, for runs that go wrong on purpose.

Unlike `sim.stage.daemon`, whose story must be told to the nanosecond, this stage takes any configuration and any behaviours,
and says only what was broken: `broken` collects it while the daemon runs (simulation.md §4.5, the names are those of there).
"""

from __future__ import annotations

import re

from initd.config.host import Host
from initd.config.load import Arguments, load
from initd.states import ProcessState
from sim.invariants.dispatches import Dispatches
from sim.invariants.ledger import Ledger
from sim.invariants.machine import Watch
from sim.invariants.states import EDGES
from sim.kernel.halt import Deadlock, Livelock
from sim.simulation import Change, Simulation
from sim.stage.calls import Call, Stamped, call_bytes
from sim.stage.site_kernel import SiteFiles, SiteKernel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from initd.config.model import Config
    from initd.drive.program import Program
    from initd.kernel.port import ExitStatus
    from initd.supervise.effects import GroupChanged
    from sim.children.behaviours import Programs
    from sim.kernel.sockets import SimClient

CONF, SOCKET, MAIN_LOG = "/etc/supervisord.conf", "/var/run/s.sock", "/var/log/supervisord.log"
HEAD = f"""[unix_http_server]
file={SOCKET}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[supervisord]
logfile={MAIN_LOG}
"""
ARGUMENTS = Arguments(CONF)
SECOND_NS = 1_000_000_000
STDIO = 3
DAEMON_PID = 50
UNEXPECTED = re.compile(r"uncaptured python exception|raised an unexpected exception|unexpected error at")


class Site:
    """One daemon, or several one after the other, on one machine; `broken` is what went wrong.

    `slack_ns` is how long an ended child may wait for its reap. `changes` are the state changes of all daemons.
    """

    def __init__(
        self,
        text: str,
        programs: Programs,
        slack_ns: int = 0,
        choose: Callable[[int], int] | None = None,
        pid: int = DAEMON_PID,
    ) -> None:
        files = self.files = SiteFiles()
        files.put(CONF, text.encode())
        files.program("/usr/bin/program")
        files.directory("/srv")
        self.broken: list[str] = []
        self.lost: set[str] = set()
        self.disk_is_slow = False
        self.changes: list[tuple[int, str, ProcessState, ProcessState]] = []
        self.calls: list[Call] = []
        self.refused_start: BaseException | None = None
        self.shut_down = False
        self.kernel = SiteKernel(files, programs, choose, pid)
        self.kernel.tell = self.tell
        self.ledger = files.ledger = self.kernel.ledger = Ledger(self.tell)
        self.kernel.paths_of = self._log_paths
        self.dispatches: Dispatches | None = None
        if "syslog=true" in text:
            self.dispatches = files.dispatches = self.kernel.dispatches = Dispatches(self.tell, lambda: self.kernel.now)
            self.kernel.headings_of = self._headings
            files.syslogd()
        self.watch = Watch(lambda pid: self.kernel.machine.table.by_pid[pid].fds, slack_ns)
        self.kernel.signalled = self.watch.killed
        self.kernel.trace = self._hear
        self.strangers: set[int] = set()
        self.strangers_reaped = 0
        self._host = Host({"PATH": "/usr/bin:/bin"}, "/", "sim", "/tmp", "initd", files)
        self.config: Config = load(ARGUMENTS, self._host)
        self.simulation = self._start()

    def _start(self) -> Simulation:
        self._lives: dict[int, ProcessState] = {}
        self.simulation = Simulation(self.kernel, self.config, ARGUMENTS, self._host, self._changed, self._group_changed)
        self._first = self._session = self.simulation.session
        self.kernel.deadline = lambda: self.simulation.session.driver.next_deadline()
        self.kernel.held_bytes = lambda: self.simulation.session.held_bytes
        return self.simulation

    def restart(self, status: ExitStatus) -> None:
        """The daemon has died: a new one on the same machine."""
        self.kernel.watch_calls(None)
        self.kernel.replace_daemon(status)
        self.watch.living.clear()
        self.watch.zombies.clear()
        self.ledger.forget()
        self.kernel.owners.clear()
        self.shut_down = False
        self._start()

    @property
    def restarted(self) -> bool:
        """Whether the present daemon has begun again, by a signal or a client's wish."""
        return self.simulation.session is not self._first

    def _hear(self, now_ns: int, what: str, pid: int, detail: Any) -> None:
        """The kernel's trace; children of children are none of ours, whoever reaps them."""
        if what == "fork":
            self.strangers.add(pid)
            self.kernel.owners.pop(pid, None)
        elif what == "spawn":
            self.strangers.discard(pid)
        if pid not in self.strangers:
            self.watch.hear(now_ns, what, pid, detail)
        elif what == "reap":
            self.strangers_reaped += 1

    def tell(self, name: str, text: str) -> None:
        """Something is not as it must be."""
        self.broken.append(f"{name} fail at {self.kernel.now / 1e9:.9f}: {text}")

    # -- the run -----------------------------------------------------------------------------------------------------

    def run(self, until_ns: int) -> None:
        """Run the present daemon until it ends or that time has come."""
        try:
            self.kernel.run_until(until_ns)
            self.simulation.run()
        except (Deadlock, Livelock) as halt:
            self.tell("V6" if isinstance(halt, Livelock) else "V3", f"{type(halt).__name__}: {halt}")
        except OSError as error:
            self.refused_start = error  # `listen` raises what the command line tells and ends with 2 for
            if self.simulation.changes:
                self.tell("crash", repr(error))
        except Exception as error:
            self.tell("crash", repr(error))

    def main_log(self) -> str:
        """What the main log says by now; nothing where there is none."""
        return self.simulation.main_log() if self.kernel.files.exists(MAIN_LOG) else ""

    def finish(self) -> None:
        """Judge what is left after the end of the daemon."""
        log = self.main_log()
        found = UNEXPECTED.search(log)
        if found is not None:
            self.tell("crash", log[found.start() :][:1500])
        flushed = self.simulation.exit_status is not None and not self.disk_is_slow
        self.ledger.end(log, MAIN_LOG, flushed)
        if self.dispatches is not None:
            self.dispatches.end(log, MAIN_LOG, flushed)
        excused = {pid for pid, name in self.kernel.owners.items() if name in self.lost}
        self.watch.end(self.kernel.now, 0, self.simulation.exit_status is not None, excused)
        self.broken += self.watch.broken
        if self.simulation.exit_status is not None and self.kernel.open_count() > STDIO and not self.disk_is_slow:
            self.tell("R8", f"{self.kernel.open_count() - STDIO} descriptors left open at the end")
        for call in self.calls:
            try:
                call.answer  # noqa: B018
            except ValueError as error:
                self.tell("V5", f"{call.method} of {call.time_ns / 1e9}: {error}")

    def _changed(self, changed: Change) -> None:
        change, kernel = changed.change, self.kernel
        name = f"{change.group}:{change.name}"
        if self._session is not self.simulation.session:
            self._session, self._lives = self.simulation.session, {}
        before = self._lives.get(change.instance, change.old)
        self._lives[change.instance] = change.new
        if before is not change.old:
            self.tell("S14", f"{name} was {before.name} and leaves {change.old.name}")
        if change.new.name not in EDGES[change.old.name]:
            self.tell("S1", f"{name} from {change.old.name} to {change.new.name}")
        if self.shut_down and change.new is ProcessState.STARTING:
            self.tell("S11", f"{name} starts in a shutdown")
        if change.new in (ProcessState.EXITED, ProcessState.STOPPED) and change.pid:
            owner, there = kernel.owners.get(change.pid), kernel.process(change.pid)
            if owner != name or there is not None:
                self.tell("R3", f"{name} is {change.new.name} by {change.pid}, which is {owner}'s: {there}")
        if change.new is ProcessState.UNKNOWN:
            self.lost.add(name)  # its child lives on where it could not be killed
        if change.new is ProcessState.RUNNING:
            self.watch.running(kernel.now, name, change.pid, self._startsecs(change.group, change.name) * SECOND_NS)
        if name in self.lost:
            pass
        elif (
            change.new is ProcessState.RUNNING and sum(kernel.owners.get(pid) == name for pid in self.watch.living) > 1
        ):
            self.tell("S3", f"{name} has several children")
        self.changes.append((kernel.now, name, change.old, change.new))

    def _group_changed(self, group: GroupChanged) -> None:
        """Whoever is added begins as STOPPED, whatever one of its name was before, in an earlier session too."""
        last = {name: new for _, name, _, new in self.changes}
        for instance in group.instances if group.added else ():
            process = self.simulation.session.core.process(instance)
            name = f"{group.name}:{process.name}" if process is not None else ""
            before = last.get(name, ProcessState.STOPPED)
            if before is not ProcessState.STOPPED:
                self.changes.append((self.kernel.now, name, before, ProcessState.STOPPED))

    def _program(self, group: str, name: str) -> Program | None:
        programs = self.simulation.session.driver.programs.values()
        return next((each for each in programs if (each.group, each.config.name) == (group, name)), None)

    def _log_paths(self, group: str, name: str) -> tuple[str | None, str | None]:
        """Where stdout and stderr of a program go; stderr of one that redirects it is not asked for."""
        program = self._program(group, name)
        return program.log_paths if program is not None else (None, None)

    def _headings(self, group: str, name: str) -> tuple[str, str]:
        """What stands before lines of its stdout and stderr in the system log; "" for what does not go there."""
        program = self._program(group, name)
        if program is None:
            return "", ""
        config = program.config
        return name if config.stdout.syslog else "", name if config.stderr.syslog and not config.redirect_stderr else ""

    def _startsecs(self, group: str, name: str) -> int:
        groups = [each for each in self.simulation.session.active_groups() if each.name == group]
        return max((each.startsecs for found in groups for each in found.processes if each.name == name), default=0)

    # -- from outside ------------------------------------------------------------------------------------------------

    def at_rest(self, time_ns: int, deed: Callable[[], object]) -> None:
        """Have something done at that time to the present daemon, if it still is there, once it has nothing left to do."""
        meant = self.simulation

        def present() -> None:
            if self.simulation is meant:
                deed()

        self.kernel.at_rest(time_ns, present)

    def connect(self) -> SimClient | None:
        """A client; None when nobody listens."""
        try:
            return self.kernel.connect_unix(SOCKET)
        except OSError:
            return None

    def call(self, method: str, *params: Any) -> Call | None:
        """Make an XML-RPC call now; None when nobody listens."""
        client = self.connect()
        if client is None:
            return None
        client.received = Stamped(lambda: self.kernel.now)
        client.send(call_bytes(method, *params))
        call = Call(self.kernel.now, method, params, client)
        self.calls.append(call)
        return call

    def terminate(self) -> None:
        """SIGTERM to the daemon."""
        self.kernel.signal_daemon(15)

    def states(self) -> dict[str, ProcessState]:
        """The state of every program as the core has it now, by `group:program`."""
        return {
            f"{group.name}:{process.name}": process.state
            for group in self.simulation.session.core.groups
            for process in group.processes
        }
