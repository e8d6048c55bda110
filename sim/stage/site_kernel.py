"""The simulated kernel and disk of a site: they count what the daemon does in a turn, and what it reads and writes."""

from __future__ import annotations

from sim.kernel import EndOfRun, SimFiles, SimKernel
from sim.kernel.pipes import PipeReader, PipeWriter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from initd.kernel.port import Child, ExitStatus, SpawnSpec
    from sim.children.behaviours import Programs
    from sim.invariants.dispatches import Dispatches
    from sim.invariants.ledger import Ledger
    from sim.kernel.pipes import Pipe
    from sim.stage.audience import Audience


REAPS_PER_TURN, ACCEPTS_PER_TURN, READ_BYTES = 256, 32, 65_536


class SiteFiles(SimFiles):
    """The simulated disk, which tells the ledger of every append that goes well."""

    ledger: Ledger | None = None
    dispatches: Dispatches | None = None
    audience: Audience | None = None

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.emptied: dict[str, int] = {}
        """How often the daemon emptied or removed a file, or put another in its place; backups count as their log."""

    def unlink(self, path: str) -> None:
        super().unlink(path)
        self._forgotten(path)

    def rename(self, old: str, new: str) -> None:
        replaces = self.exists(new)
        super().rename(old, new)
        if replaces:
            self._forgotten(new)

    def truncate(self, fd: int) -> None:
        super().truncate(fd)
        self._forgotten(self.storage.opened.get(self._descriptors.get(fd)))

    def _forgotten(self, path: str | None) -> None:
        if path is not None:
            log, _, number = path.rpartition(".")
            log = log if number.isdigit() else path
            self.emptied[log] = self.emptied.get(log, 0) + 1

    def send(self, fd: int, record: bytes, wait_ns: int) -> None:
        super().send(fd, record, wait_ns)
        if self.dispatches is not None:
            self.dispatches.sent(record.removesuffix(b"\0"))

    def append(self, fd: int, data: bytes) -> int:
        size = super().append(fd, data)
        path = self.storage.opened.get(self._descriptors.get(fd))
        if self.ledger is not None and path is not None:
            self.ledger.wrote(path, data)
        if self.audience is not None and path is not None:
            self.audience.logged(path, data[:size])
        return size


class SiteKernel(SimKernel):
    """The simulated kernel, which also counts what the daemon does in a turn and knows whose each child is."""

    def __init__(self, files: SimFiles, programs: Programs, choose: Callable[[int], int] | None, pid: int) -> None:
        super().__init__(pid=pid, programs=programs, files=files, choose=choose)
        self.signalled: Callable[[int, int, int], None] = lambda now, pid, signal: None
        self.owners: dict[int, str] = {}
        self.counts: dict[str, int] = {}
        self.tell: Callable[[str, str], None] = lambda name, text: None
        self.deadline: Callable[[], int | None] = lambda: None
        self.held_bytes: Callable[[], int] = lambda: 0
        self.at_end: Callable[[], bool] | None = None
        """Asked at the end of the run whether it goes on after all, to a later one."""
        self.paths_of: Callable[[str, str], tuple[str | None, str | None]] = lambda group, name: (None, None)
        self.headings_of: Callable[[str, str], tuple[str, str]] = lambda group, name: ("", "")
        self.ledger: Ledger | None = None
        self.dispatches: Dispatches | None = None
        self._logs: dict[Pipe, str] = {}
        self._headings: dict[Pipe, str] = {}
        self._pipes: dict[int, list[Pipe]] = {}
        self.audience: Audience | None = None
        self._ends: dict[Pipe, tuple[int, str]] = {}

    def spawn(self, spec: SpawnSpec) -> Child:
        child = super().spawn(spec)
        group, name = spec.env["SUPERVISOR_GROUP_NAME"], spec.env["SUPERVISOR_PROCESS_NAME"]
        self.owners[child.pid] = f"{group}:{name}"
        if self.audience is not None:
            for fd, channel in ((spec.stderr, "STDERR"), (spec.stdin, "STDIN"), (spec.stdout, "STDOUT")):
                end = self.machine.descriptors.entries.get(fd)
                if isinstance(end, (PipeReader, PipeWriter)):
                    self._ends[end.pipe] = child.pid, channel
            self.audience.born(child.pid, group, name)
        self._note(child.pid, spec, group, name)
        return child

    def _note(self, pid: int, spec: SpawnSpec, group: str, name: str) -> None:
        """Where what comes out of the pipes of a child goes."""
        targets = zip((spec.stdout, spec.stderr), self.paths_of(group, name), self.headings_of(group, name), strict=True)
        for fd, path, heading in targets:
            writer = self.machine.descriptors.get(fd)
            if not isinstance(writer, PipeWriter):
                continue
            if path:
                self._logs[writer.pipe] = path
            if heading:
                self._headings[writer.pipe] = heading
            if path or heading:
                self._pipes.setdefault(pid, []).append(writer.pipe)

    def unread(self) -> dict[str, int]:
        """How many bytes stand in the pipes of each living program, by its name, where there are any."""
        sizes = {pid: sum(pipe.size for pipe in pipes) for pid, pipes in self._pipes.items()}
        return {self.owners[pid]: size for pid, size in sizes.items() if size and pid in self.owners}

    def kill(self, pid: int, signal: int) -> None:
        self.signalled(self.now, pid, signal)
        super().kill(pid, signal)

    def killpg(self, pgid: int, signal: int) -> None:
        self.signalled(self.now, pgid, signal)
        super().killpg(pgid, signal)

    def reap(self, pid: int) -> ExitStatus:
        status = super().reap(pid)
        if self.audience is not None:
            self.audience.gone(pid)
        left = sum(pipe.size for pipe in self._pipes.pop(pid, ()))
        if left and not {"read", "pending"} & set(self.faults.by_call):
            self.tell("L1", f"lost tail of a log: {self.owners.get(pid)} is reaped with {left} bytes in its pipes")
        self._bounded("reap", REAPS_PER_TURN)
        return status

    def accept(self, fd: int) -> tuple[int, str]:
        self._bounded("accept", ACCEPTS_PER_TURN)
        return super().accept(fd)

    def read(self, fd: int, size: int) -> bytes:
        if size > READ_BYTES:
            self.tell("R10", f"a read of {size} bytes")
        data = super().read(fd, size)
        reader = self.machine.descriptors.entries.get(fd)
        if self.ledger is not None and isinstance(reader, PipeReader) and reader.pipe in self._logs:
            self.ledger.read(self._logs[reader.pipe], data)
        if self.dispatches is not None and isinstance(reader, PipeReader) and reader.pipe in self._headings:
            self.dispatches.read(self._headings[reader.pipe], data)
        if self.audience is not None and isinstance(reader, PipeReader) and reader.pipe in self._ends:
            pid, channel = self._ends[reader.pipe]
            self.audience.said(pid, data, channel)
        return data

    def write(self, fd: int, data: bytes) -> int:
        size = super().write(fd, data)
        if self.audience is not None:
            writer = self.machine.descriptors.entries.get(fd)
            if isinstance(writer, PipeWriter) and writer.pipe in self._ends:
                self.audience.fed(self._ends[writer.pipe][0], data[:size])
        return size

    def wall(self) -> int:
        wall_ns = super().wall()
        if self.audience is not None:
            self.audience.shows(wall_ns)
        return wall_ns

    def _bounded(self, what: str, most: int) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1
        if self.counts[what] > most + 1:  # the one that says there is no more
            self.tell("R10", f"{self.counts[what]} times {what} in one turn")

    def poll(self, deadline_ns: int | None) -> list[tuple[int, int]]:
        due_ns = self.deadline()
        if due_ns is not None and (deadline_ns is None or deadline_ns > due_ns):
            self.tell("R6", f"poll until {deadline_ns} although {due_ns} is due")
        self.counts.clear()
        if self.ledger is not None:
            self.ledger.holds(self.held_bytes())
        if self.audience is not None:
            self.audience.rests()
        while True:
            try:
                ready = super().poll(deadline_ns)
                break
            except EndOfRun:
                if self.at_end is None or not self.at_end():
                    raise
        reasons = ready or self.machine.taken or self.workers.completed or self._was_nudged()
        if not reasons and (deadline_ns is None or deadline_ns > self.now):
            self.tell("V6", "a wake-up for nothing")
        return ready

    def _was_nudged(self) -> bool:
        was, self.nudges = self.nudges > 0, 0
        return was
