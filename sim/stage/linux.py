"""The real stage: the shipped command `initd` on Linux, driven as a user would drive it, and its story out of its recording.

Each play has a folder and a pid namespace of its own, in which the daemon is PID 1 or, with `init` false, a child of one; when
the play is over the namespace ends, and with it whatever is left. Children are `sim.stage.parts`, clients speak XML-RPC over
the UNIX socket, SHUTDOWN is a SIGTERM and an outsider's signal comes from the outer namespace. Nothing here is compared: that
is `sim.stage.likeness`. It takes root, for the namespaces.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from initd.record import Record
from sim.children import real
from sim.scenario import Kind, Op
from sim.stage.caller import Caller
from sim.stage.chronicle import Chronicle
from sim.stage.daemon import config_text
from sim.stage.frozen import FrozenDisk
from sim.stage.parts import Part

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sim.scenario import Scenario
    from sim.trace import Trace

_UNSHARE = ("unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child=KILL", "--")
NAMESPACE = ("setpriv", "--pdeathsig=KILL", *_UNSHARE)
"""Ends with the thread that started it, whatever becomes of that."""
RUN_OF_ITS_OWN = ("sh", "-c", 'mount -t tmpfs none /var/run && exec "$@"', "sh")
"""Files a behaviour names are in /var/run, where no other play finds them."""
BELOW_AN_INIT = ("sh", "-c", '"$@"; exit $?', "sh")
"""PID 1 is a shell that waits for the daemon."""
HEAD = """[unix_http_server]
file={folder}/s.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[supervisord]
logfile={folder}/main.log
pidfile={folder}/main.pid
childlogdir={folder}
user=root
"""
START_S = 60.0
"""So long may the daemon take until it boots, on whatever machine."""
LOOK_S = 0.005
STARTS = threading.BoundedSemaphore(os.cpu_count() or 1)
"""Starting is work, for the daemon, for its children and for us; the rest is sleep. So many start at a time."""
NICENESS = -10
"""Of a play: what it is to show is the daemon, not what else this machine has to do."""
CHILD_START_S = 0.06
"""Twice what it takes a child to begin on a machine that has time."""
SETTLE_S = 0.02
"""Between two operations of one instant: what follows from the first comes first."""
AFTER_NS = 300_000_000
"""So long after the end of the scenario is the daemon left alone, for what is due at the end to come a little late."""
WARM = Op(0, Kind.SIGNAL, "", 0)
"""A call that is refused: the first one of all has the daemon load its HTTP server, which no other waits for."""


class StageError(Exception):
    """The play could not be given: the daemon did not start, or did not say what it did."""


class Performance(Record):
    """One play on Linux. `late_ns` is the most by which this machine kept anybody waiting: an operation, a child, the daemon.

    `unknown` says why the story cannot be held against the daemon; empty if it can.
    """

    trace: Trace
    late_ns: int
    unknown: str = ""


def play(scenario: Scenario, init: bool = True) -> Performance:
    """Give a scenario on this machine, the daemon as PID 1 of its namespace or not; StageError. It takes as long as it says."""
    folder = Path(tempfile.mkdtemp(prefix="initd-real."))
    try:
        stage = LinuxStage(scenario, init, folder)
        try:
            with _first_in_line():
                stage.run()
        finally:
            stage.end()
        return stage.performance()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _first_in_line() -> Iterator[None]:
    """This thread, and what it starts, before whatever else the machine has to do; as it was where that is not allowed."""
    me = threading.get_native_id()
    niceness = os.getpriority(os.PRIO_PROCESS, me)
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, me, NICENESS)
    try:
        yield
    finally:
        with contextlib.suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, me, niceness)


class LinuxStage:
    """One play in that folder."""

    def __init__(self, scenario: Scenario, init: bool, folder: Path) -> None:
        self._scenario, self._init, self._folder = scenario, init, folder
        self._programs = dict(scenario.programs())
        self._parts = {name: Part(each, folder / f"part{at}") for at, (name, each) in enumerate(self._programs.items())}
        self._names = {part.path: name for name, part in self._parts.items()}
        self._disk = FrozenDisk(folder) if any(part.needs_disk for part in self._parts.values()) else None
        self._process: subprocess.Popen[bytes] | None = None
        self._daemon = 0
        self._calls: list[Caller] = []
        self._late_ns = 0
        self._zero_ns = 0

    def run(self) -> None:
        """Play it to its end."""
        STARTS.acquire()
        try:
            self._start()
        finally:
            threading.Timer(CHILD_START_S * len(self._programs), STARTS.release).start()
        last_ns = -1
        for at, op in enumerate(self._scenario.ops):
            due_ns = self._zero_ns + op.time_ns
            if op.time_ns == last_ns:
                due_ns = time.monotonic_ns() + int(SETTLE_S * 1e9)  # what follows from the one before comes first
            last_ns = op.time_ns
            if self._over(due_ns):
                return
            self._late_ns = max(self._late_ns, time.monotonic_ns() - self._zero_ns - op.time_ns)
            OPERATIONS[op.kind](self, at, op)
        self._over(self._zero_ns + self._scenario.until_ns + AFTER_NS)

    def end(self) -> None:
        """End the namespace, if it has not ended by itself, and wait until it has."""
        process = self._process
        if self._disk is not None:
            self._disk.end()
        if process is None:
            return
        if process.poll() is None:
            for pid in _children(process.pid):  # PID 1 there; when it has been waited for, nobody is left
                os.kill(pid, signal.SIGKILL)
        process.wait(START_S)
        for call in self._calls:
            call.join()

    def performance(self) -> Performance:
        """What was told; to be asked after the end."""
        told = self._chronicle()
        status = self._process.returncode if self._process is not None else None
        if told.status is not None and status != told.status:
            raise StageError(f"the daemon said it would exit with {told.status}, and its status was {status}")
        trace = list(told.trace)
        for call in self._calls:
            if call.answer:
                trace.append((call.time_ns - self._zero_ns, call.op.target, "answer", f"{call.at} {call.answer}"))
        trace.sort(key=lambda entry: entry[0])
        lates = [part.late_ns(name, trace) for name, part in self._parts.items()]
        return Performance(trace, max(self._late_ns, told.late_ns, *lates), told.unknown)

    # -- the daemon --------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        """Start the daemon, and wait until it has booted: that is time 0."""
        folder = self._folder
        for part in self._parts.values():
            part.write((self._disk.keeper, self._disk.file) if self._disk is not None else ("", ""))
        head = HEAD.format(folder=folder)
        (folder / "conf").write_text(config_text(self._scenario, head, lambda name: self._parts[name].command))
        mounting = self._disk.mounting() if self._disk is not None else ()
        around = [*NAMESPACE, *RUN_OF_ITS_OWN, *mounting, *(() if self._init else BELOW_AN_INIT)]
        command = [*around, *_initd(), "-n", "-s", "-c", str(folder / "conf"), "--record", str(self._record)]
        with (folder / "output").open("wb") as output:
            self._process = subprocess.Popen(
                command, cwd=folder, env=_environment(), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True,
            )  # fmt: skip
        with contextlib.suppress(OSError):  # the new session is a group of its own to the scheduler (sched(7))
            Path(f"/proc/{self._process.pid}/autogroup").write_text(str(NICENESS))
        give_up_ns = time.monotonic_ns() + int(START_S * 1e9)
        while (zero_ns := self._chronicle().zero_ns) is None:
            if self._over(time.monotonic_ns() + int(LOOK_S * 1e9)) or time.monotonic_ns() > give_up_ns:
                raise StageError(f"the daemon did not start: {(folder / 'output').read_text()}")
        self._zero_ns = zero_ns
        (first,) = _children(self._process.pid)
        self._daemon = first if self._init else _children(first)[0]
        if self._disk is not None:
            self._disk.begin(first)
        warm = Caller(-1, WARM, str(folder / "s.sock"))
        warm.start()
        warm.join(START_S)

    @property
    def _record(self) -> Path:
        return self._folder / "record"

    def _chronicle(self) -> Chronicle:
        """What it has done so far."""
        told = Chronicle(self._programs)
        if self._record.exists() and self._record.stat().st_size:
            with self._record.open("rb") as file:
                told.read(file, lambda argv: self._names[argv[-1]])
        return told

    def _over(self, until_ns: int) -> bool:
        """Wait for that time; True, maybe sooner, if the daemon has ended."""
        assert self._process is not None
        left_s = (until_ns - time.monotonic_ns()) / 1e9
        if left_s <= 0:
            return self._process.poll() is not None
        try:
            self._process.wait(left_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    # -- operations --------------------------------------------------------------------------------------------------

    def _call(self, at: int, op: Op) -> None:
        call = Caller(at, op, str(self._folder / "s.sock"))
        self._calls.append(call)
        call.start()
        call.join(SETTLE_S)

    def _outsider(self, at: int, op: Op) -> None:
        inner = self._chronicle().pids.get(op.target)
        for pid in _children(self._daemon):
            if inner is not None and _inner_pid(pid) == inner:
                os.kill(pid, op.argument)

    def _shut_down(self, at: int, op: Op) -> None:
        os.kill(self._daemon, signal.SIGTERM)


OPERATIONS: dict[Kind, Callable[[LinuxStage, int, Op], None]] = {
    Kind.START: LinuxStage._call,
    Kind.STOP: LinuxStage._call,
    Kind.SIGNAL: LinuxStage._call,
    Kind.OUTSIDER: LinuxStage._outsider,
    Kind.SHUTDOWN: LinuxStage._shut_down,
}
"""The operations that have a real twin."""


def _initd() -> list[str]:
    """The installed command beside this interpreter, else this tree."""
    installed = Path(sys.executable).parent / "initd"
    return [str(installed)] if installed.exists() else [sys.executable, "-m", "initd"]


def _environment() -> dict[str, str]:
    """Ours, without what an outer supervisor or a developer's shell would change."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("SUPERVISOR", "PYTHON"))}
    tree = str(Path(real.__file__).parents[2])
    return kept | ({} if (Path(sys.executable).parent / "initd").exists() else {"PYTHONPATH": tree})


def _children(pid: int) -> list[int]:
    """The children of a process, in the order they came to it."""
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def _inner_pid(pid: int) -> int:
    """What a process is called in its own pid namespace; 0 if it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(next(line for line in lines if line.startswith("NSpid:")).split()[-1])
