"""The disk of the simulated machine from outside: what a scenario puts on it, looks at, and makes of it.

What the daemon calls is in `sim.kernel.files`.
"""

from __future__ import annotations

import random
import stat

from sim.kernel.descriptors import DescriptorTable
from sim.kernel.faults import Faults
from sim.kernel.process import ProcessTable
from sim.kernel.reader import Reader
from sim.kernel.sockets import Network
from sim.kernel.storage import Storage
from sim.kernel.syslogd import BUFFER_BYTES, Syslogd
from sim.kernel.tree import Node, Tree
from sim.kernel.users import Users

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

DIRECTORIES = ("/tmp", "/var/log", "/var/run", "/etc", "/bin", "/usr/bin", "/dev")


class Disk:
    """The files, users and devices of a simulated machine.

    Tests fill it with `put`, `program`, `directory`, `link` and look at it with `data` and `exists`; `fail`, `slow`,
    `hang`, `release` and `heal` make paths misbehave; `faults` does so by call, under the names of the Files protocol. With
    `one_stream` standard error is the same file as standard output, as after 2>&1.
    """

    def __init__(self, seed: int = 0) -> None:
        self.tree = Tree()
        self.network = Network(self.tree)
        self.users = Users()
        self.faults = Faults()
        self.storage = Storage()
        self.numbers: dict[Node, int] = {}
        self.receivers: dict[Node, Syslogd] = {}
        self.log_buffer_bytes = BUFFER_BYTES
        self.readers: dict[Node, Reader] = {}
        self.one_stream = False
        self._descriptors = DescriptorTable(1024)
        self.table = ProcessTable(2, 3)
        self._random = random.Random(seed)
        self.on_call: Callable[[str, tuple[Any, ...]], None] | None = None
        for path in DIRECTORIES:
            self.directory(path)
        self.tree.find("/tmp").mode = 0o1777
        for name in ("null", "full", "stdout", "stderr"):
            self.tree.put(f"/dev/{name}", Node(stat.S_IFCHR, 0o666)).device = name

    def attach(self, descriptors: DescriptorTable, uid: int, table: ProcessTable) -> None:
        """Use the daemon's descriptor table and user, and the machine's processes, from now on."""
        self._descriptors, self.table = descriptors, table
        self.tree.uid = uid

    # what tests put in and look at
    def put(self, path: str, data: bytes = b"", mode: int = 0o644, uid: int = 0, gid: int = 0) -> None:
        """A regular file; its directories are made."""
        self.tree.put(path, Node(stat.S_IFREG, mode, uid, gid)).data += data

    def program(self, path: str, mode: int = 0o755) -> None:
        """A file that can be executed; what it does is the kernel's `programs`."""
        self.put(path, b"\x7fELF", mode)

    def directory(self, path: str, mode: int = 0o755, uid: int = 0, gid: int = 0) -> None:
        """A directory, empty."""
        self.tree.put(path, Node(stat.S_IFDIR, mode, uid, gid))

    def link(self, path: str, target: str) -> None:
        """A symbolic link."""
        self.tree.put(path, Node(stat.S_IFLNK, 0o777)).target = target

    def syslogd(self, path: str = "/dev/log", stream: bool = False) -> Syslogd:
        """A receiver of the system log, in the place of whatever is there."""
        made = Syslogd(stream)
        self.receivers[self.tree.put(path, Node(stat.S_IFSOCK, 0o666))] = made
        return made

    def receiver(self, path: str = "/dev/log") -> Syslogd | None:
        """Who receives there now; None for nobody."""
        node = self.tree.walk(self.tree.parts(path))
        found = self.receivers.get(node) if node is not None else None
        return None if found is None or found.gone else found

    def remove(self, path: str) -> None:
        """That name is gone, if it was there."""
        parent, name = self.tree.place(path, follow=False)
        parent.entries.pop(name, None)

    def reader(self, path: str = "/dev/stdout") -> Reader:
        """Who reads that stream from now on."""
        node = self.tree.find(path)
        made = self.readers[node] = Reader(node, path, self.storage)
        return made

    def data(self, path: str) -> bytes:
        """The content of a file, whatever its permissions or faults; ENOENT if missing."""
        return bytes(self.tree.find(path).data)

    def exists(self, path: str) -> bool:
        """Whether there is anything under that name."""
        return self.tree.walk(self.tree.parts(path)) is not None

    def fail(self, path: str, error: int, *calls: str, times: int | None = None) -> None:
        """Calls (all, if none are named) on that path or below it fail, `times` of them or until `heal`."""
        self.storage.fail(path, error, calls, times)

    def slow(self, path: str, latency_ns: int) -> None:
        """Every call on that path or below it takes that long."""
        self.storage.slow(path, latency_ns)

    def hang(self, path: str) -> None:
        """Calls on that path or below it do not return until `release`."""
        self.storage.hang(path)

    def release(self, path: str) -> None:
        """What hung there goes on."""
        self.storage.release(path)

    def heal(self) -> None:
        """No path misbehaves any more, and what hung goes on."""
        self.faults.heal()
        self.storage.heal()
        for reader in self.readers.values():
            reader.resume()
