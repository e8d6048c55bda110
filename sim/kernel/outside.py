"""The world around the daemon: what a scenario sets up, does to the machine, and looks at.

The daemon itself sees nothing of this; its calls are in `sim.kernel.kernel`.
"""

from __future__ import annotations

from sim.children.behaviours import FOREVER
from sim.kernel.clock import Clock
from sim.kernel.faults import Faults
from sim.kernel.files import OpenFile, SimFiles
from sim.kernel.machine import Machine
from sim.kernel.process import ProcessTable
from sim.kernel.sockets import SimClient
from sim.kernel.spawner import Spawner
from sim.kernel.workers import Workers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from initd.kernel.port import ExitStatus
    from sim.children.behaviours import Programs
    from sim.kernel.machine import Trace
    from sim.kernel.process import Process

START_OF_TIME_NS = 1_700_000_000 * 1_000_000_000
"""The wall clock when a run starts, unless it says otherwise."""


class Outside:
    """A simulated machine with a daemon on it, seen from outside.

    `programs` says what a spawned program does (see `sim.children.behaviours.script_for`). `choose(n)` picks which of n
    things that are due at once comes first; without it they keep their order. `tick_ns` is what every call of the
    daemon but the clocks costs. `until_ns` ends the run (EndOfRun). `trace(now_ns, what, pid, detail)`, if set, hears
    of every spawn, signal, exit and reap. Pids go round from `first_pid` to below `pid_max`.
    """

    def __init__(
        self,
        *,
        pid: int = 1,
        programs: Programs = FOREVER,
        files: SimFiles | None = None,
        root: bool = True,
        wall: int = START_OF_TIME_NS,
        seed: int = 0,
        choose: Callable[[int], int] | None = None,
        tick_ns: int = 0,
        until_ns: int | None = None,
        nofile: int = 1024,
        first_pid: int | None = None,
        pid_max: int = 32768,
        timezone_s: int = 0,
    ) -> None:
        from sim.children.virtual import interpret  # it is written in terms of this package

        self.clock = Clock(wall, choose)
        self.clock.end_time_ns = until_ns
        self.files = files or SimFiles(seed)
        pids = ProcessTable(first_pid if first_pid is not None else max(pid + 1, 2), pid_max)
        self.machine = Machine(pid, self.clock, interpret, self.files, pids, 0 if root else 1000, nofile)
        self._open_stdio()
        self.faults = Faults()
        self.workers = Workers(self.clock, self.files)
        self.network = self.files.network
        self.network.wake = self.machine.scheduler.wake
        self.tick_ns, self.timezone_s = tick_ns, timezone_s
        self.on_call: Callable[[str, tuple[Any, ...]], None] | None = None
        self._nudged = False
        self.nudges = 0
        self.events = 0
        self.spawner = Spawner(self.machine, programs, self.faults)
        self._spins = 0

    def _open_stdio(self) -> None:
        for device in ("null", "stdout", "stderr"):
            self.machine.descriptors.install(OpenFile(self.files.tree.find(f"/dev/{device}")))

    # the daemon's own process
    def watch_calls(self, hear: Callable[[str, tuple[Any, ...]], None] | None) -> None:
        """`hear(call, arguments)` before every call of the daemon that does anything, those of its operations included."""
        self.on_call = self.files.on_call = hear

    def replace_daemon(self, status: ExitStatus) -> None:
        """The daemon is gone, and so is all that was its own; the next one starts on the same machine, as another process."""
        self.workers.die()
        self.machine.replace_daemon(status)
        self.workers = Workers(self.clock, self.files)
        self._open_stdio()

    def nudge(self) -> None:
        """The next `poll` returns without a reason."""
        self._nudged = True
        self.nudges += 1
        self.clock.soon(_nothing)

    # time
    @property
    def now(self) -> int:
        """The monotonic clock, nanoseconds."""
        return self.clock.now

    def at(self, time_ns: int, callback: Callable[[], None]) -> None:
        """Have something happen from outside at that monotonic time."""
        self.clock.at(time_ns, callback)

    def at_rest(self, time_ns: int, callback: Callable[[], None]) -> None:
        """Have something happen from outside at that time, once the daemon has nothing left to do at it."""
        self.clock.at_rest(time_ns, callback)

    def step_wall(self, by_ns: int) -> None:
        """Set the wall clock forward or back."""
        self.clock.wall_offset_ns += by_ns

    def suspend(self, duration_ns: int) -> None:
        """The machine slept: boot and wall clock have run on, the monotonic one stood still."""
        self.clock.suspended_ns += duration_ns
        self.clock.wall_offset_ns += duration_ns

    def run_until(self, time_ns: int | None) -> None:
        """Raise EndOfRun from `poll` when the monotonic clock would pass that time; None: never."""
        self.clock.end_time_ns = time_ns

    @property
    def choices(self) -> list[int]:
        """What `choose` answered so far: enough to replay the run."""
        return self.clock.choices

    @property
    def trace(self) -> Trace | None:
        """Who hears of what happens."""
        return self.machine.trace

    @trace.setter
    def trace(self, hear: Trace | None) -> None:
        self.machine.trace = hear

    # processes
    def signal_daemon(self, signal: int) -> None:
        """A signal to the daemon, from outside its pid namespace (docker stop, kubelet)."""
        self.machine.signal_daemon(signal, inside=False)

    def outsider_kill(self, pid: int, signal: int) -> None:
        """A signal to any process, from somebody who may; ignored if there is no such process."""
        target = self.machine.table.by_pid.get(pid)
        if target is not None:
            self.machine.signals.send(target, signal, inside=False)

    def process(self, pid: int) -> Process | None:
        """The process of that pid, zombies included."""
        return self.machine.table.by_pid.get(pid)

    def processes(self) -> list[Process]:
        """Every process but the daemon and an outer init, by pid."""
        return [one for _, one in sorted(self.machine.table.by_pid.items()) if one.pid != 1 and not one.is_daemon]

    def attempts(self, key: str) -> int:
        """How often the program of that SUPERVISOR_PROCESS_NAME, or argv[0], has been spawned."""
        return sum(count for name, count in self.spawner.attempts.items() if key in name)

    @property
    def programs(self) -> Programs:
        """What spawned programs do; may be changed between spawns."""
        return self.spawner.programs

    @programs.setter
    def programs(self, programs: Programs) -> None:
        self.spawner.programs = programs

    @property
    def late_notes(self) -> bool:
        """Whether even a plain start is known by its note only; may be changed between spawns."""
        return self.spawner.late_notes

    @late_notes.setter
    def late_notes(self, late: bool) -> None:
        self.spawner.late_notes = late

    def delay_starts(self, delay_ns: int) -> None:
        """Children begin that long after they were spawned from now on."""
        self.spawner.start_delay_ns = delay_ns

    # clients
    def connect_unix(self, path: str) -> SimClient:
        """A client of a UNIX socket."""
        return self.network.connect_unix(path)

    def connect_tcp(self, port: int) -> SimClient:
        """A client of a TCP socket on this machine."""
        return self.network.connect_tcp(port)

    # work off the loop
    def delay_lane(self, lane: str, delay_ns: int) -> None:
        """See Workers.delay."""
        self.workers.delay(lane, delay_ns)

    def withhold(self, lane: str) -> None:
        """See Workers.withhold."""
        self.workers.withhold(lane)

    def let_go(self, lane: str) -> None:
        """See Workers.let_go."""
        self.workers.let_go(lane)

    def heal(self) -> None:
        """End every fault, delay and hang there is."""
        self.faults.heal()
        self.files.heal()
        self.workers.heal()


def _nothing() -> None:
    """Something that happens, so that whoever waits looks again."""
