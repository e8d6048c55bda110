"""Starting a child of the daemon: fork, what it inherits, its note, its script (initd/kernel/port.py, `spawn`)."""

from __future__ import annotations

import errno

from initd.errors import KernelError
from initd.kernel.port import Child, SetupFailed, SpawnSpec
from sim.children.behaviours import script_for
from sim.kernel.exec import Loader, last_words
from sim.kernel.pipes import Pipe
from sim.kernel.rules import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from sim.children.behaviours import Programs
    from sim.kernel.descriptors import Description
    from sim.kernel.faults import Faults
    from sim.kernel.machine import Machine
    from sim.kernel.process import Process

NOTE_ENDS = 2


class Spawner:
    """The children of one daemon.

    `programs` says what they do. Where `late_notes` is set, every start is known by its note only, as when a child has
    a user or directory to change to; else the others are known at once. A child begins `start_delay_ns` after its start.
    """

    __slots__ = ("_loader", "_machine", "attempts", "late_notes", "programs", "start_delay_ns")

    def __init__(self, machine: Machine, programs: Programs, faults: Faults) -> None:
        self._machine = machine
        self._loader = Loader(machine.files.tree, faults)
        self.programs = programs
        self.attempts: dict[tuple[str, ...], int] = {}
        self.late_notes = False
        self.start_delay_ns = 0

    @rule(
        "spawn-own-group", "spawn-our-session", "spawn-inherits-only-stdio", "spawn-pipe-signal-stays-ignored", "spawn-emfile"
    )  # fmt: skip
    def spawn(self, spec: SpawnSpec) -> Child:
        """See the port."""
        machine, opened = self._machine, self._machine.descriptors
        try:
            opened.need(NOTE_ENDS)
            streams = {0: opened.get(spec.stdin), 1: opened.get(spec.stdout), 2: opened.get(spec.stderr)}
            child = machine.family.fork(machine.daemon, streams, own_group=True)
        except OSError as error:
            raise KernelError(error.errno or errno.EAGAIN, "fork") from None
        failed, steps = self.prepare(child, spec)
        if machine.trace is not None:
            machine.trace(machine.clock.now, "spawn", child.pid, spec.argv)
        prepares = spec.directory is not None or (spec.user is not None and spec.user.uid != machine.daemon.uid)
        note_fd = -1
        if prepares or self.late_notes:
            note_fd = self._note(failed, spec, child)
        elif failed is not None:
            _say(last_words(spec, failed), streams[2])
        machine.scheduler.start(child, steps, self.start_delay_ns)
        return Child(child.pid, note_fd, failed if note_fd < 0 else None)

    def prepare(self, child: Process, spec: SpawnSpec) -> tuple[SetupFailed | None, list[Any]]:
        """Make a forked child what the spec asks for: what failed, and the script it is to run."""
        failed = self._loader.set_up(child, spec)
        steps = [["exit", 127]] if failed else self._script(child)
        if steps and steps[0][0] == "exec-error":
            failed, steps = SetupFailed("exec", getattr(errno, str(steps[0][1]))), [["exit", 127]]
        return failed, steps

    def _note(self, failed: SetupFailed | None, spec: SpawnSpec, child: Process) -> int:
        machine = self._machine
        note = Pipe(machine.scheduler.wake)
        note.writer.acquire()
        note.reader.blocking = False
        machine.clock.soon(_tell, note, failed, spec, child)
        return machine.descriptors.install(note.reader)

    def _script(self, child: Process) -> list[Any]:
        name = child.env.get("SUPERVISOR_PROCESS_NAME")
        key = (child.env.get("SUPERVISOR_GROUP_NAME", ""), name) if name else child.argv
        child.attempt = self.attempts[key] = self.attempts.get(key, 0) + 1
        return script_for(self.programs, child.argv, child.env, child.attempt)


@rule("note-eof-is-success")
def _tell(note: Pipe, failed: SetupFailed | None, spec: SpawnSpec, child: Process) -> None:
    if failed is not None:
        _say(f"{failed.stage} {failed.errno}".encode(), note.writer)
        if 2 in child.fds:
            _say(last_words(spec, failed), child.fds[2])
    note.writer.release()


def _say(text: bytes, where: Description) -> None:
    try:
        where.write(text)
    except OSError:
        return  # a full pipe, or nobody reads it: the words are lost
