"""The simulated world of a contract."""

from __future__ import annotations

import contextlib
import sys

from sim.kernel import Killed, SimClient, SimFiles, SimKernel
from sim.kernel.init import SimInit
from sim.kernel.syslogd import Syslogd
from tests.contract.contracts import INIT
from tests.contract.world import REAL, World, script_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from initd.kernel.init_port import Init
    from initd.kernel.port import Files

REST_NS = 1_000_000


class SimWorld(World):
    """A simulated machine on which we are PID 1, or PID 2 below an init."""

    kernel: SimKernel

    def __init__(self, role: str) -> None:
        files = SimFiles()
        files.program(sys.executable)
        files.put(REAL)
        files.program("/bin/sleep")
        self.directory = "/tmp/contract"
        files.directory(self.directory, 0o777)
        self.kernel = SimKernel(
            pid=1 if role == INIT else 2, files=files, programs=lambda argv, env, attempt: script_of(argv)
        )

    @property
    def files(self) -> Files:
        return self.kernel.files

    def rest(self) -> None:
        self.kernel.clock.spend(REST_NS)

    def ignored(self, pid: int) -> set[int]:
        process = self.kernel.process(pid)
        return set(process.ignored) if process is not None else set()

    def blocked(self, pid: int) -> set[int]:
        process = self.kernel.process(pid)
        return set(process.blocked) if process is not None else set()

    def become_init(self, ignored: Iterable[int] = (), blocked: Iterable[int] = ()) -> Init:
        return SimInit(self.kernel, ignored, blocked)

    def dies_of(self, number: int, action: Callable[[], None]) -> bool:
        try:
            action()
        except Killed as death:
            return death.signal == number
        return False

    def state(self, pid: int) -> str:
        process = self.kernel.process(pid)
        return process.state if process is not None else ""

    def become_user(self, uid: int) -> None:
        self.kernel.machine.daemon.uid = self.kernel.machine.daemon.gid = self.kernel.files.tree.uid = uid

    def leave_room(self, count: int) -> None:
        self.kernel.machine.descriptors.limit = self.kernel.open_count() + count

    def limit_processes(self, uid: int, count: int) -> None:
        self.kernel.machine.table.limits[uid] = count

    def next_pid(self, pid: int) -> None:
        self.kernel.machine.table.last_pid = pid - 1

    def highest_pid(self) -> int:
        return self.kernel.machine.table.pid_max - 1

    @contextlib.contextmanager
    def frozen_disk(self) -> Iterator[tuple[str, Callable[[], None]]]:
        self.kernel.files.directory("/frozen")
        self.kernel.files.hang("/frozen")
        yield "/frozen", lambda: self.kernel.files.release("/frozen")
        self.kernel.files.release("/frozen")

    def put_file(self, path: str, data: bytes, mode: int = 0o644) -> None:
        self.kernel.files.put(path, data, mode)

    def link(self, path: str, target: str) -> None:
        self.kernel.files.link(path, target)

    def make_directory(self, path: str, mode: int = 0o755) -> None:
        self.kernel.files.directory(path, mode)

    def mode(self, path: str) -> int:
        return self.kernel.files.tree.find(path).mode

    def connect_unix(self, path: str) -> SimClient:
        return self.kernel.connect_unix(path)

    def connect_tcp(self, port: int) -> SimClient:
        return self.kernel.connect_tcp(port)

    def log_buffer_bytes(self) -> int:
        return self.kernel.files.log_buffer_bytes

    def syslogd(self, path: str, stream: bool = False) -> Syslogd:
        receiver = self.kernel.files.syslogd(path, stream)
        receiver.stall()
        return receiver
