"""Birth, death and what becomes of the children (fork(2), exit(2), wait(2), PR_SET_CHILD_SUBREAPER(2const), credentials(7))."""

from __future__ import annotations

import errno
import heapq

from initd import signals as sig
from initd.kernel.port import ExitStatus
from sim.kernel.process import Process, os_error
from sim.kernel.rules import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from sim.kernel.machine import Machine


class Family:
    """Parents and children of one machine. `zombies` are the daemon's, by their place in its list of children."""

    __slots__ = ("_machine", "_ranks", "zombies")

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._ranks = 0
        self.zombies: list[tuple[int, int]] = []

    def _adopt(self, parent: Process, child: Process) -> None:
        self._ranks += 1
        child.parent, child.rank = parent, self._ranks
        parent.children[child.pid] = child

    @rule("fork-inherits-session-and-group", "pending-not-inherited")
    def fork(self, parent: Process, fds: dict[int, Any], own_group: bool = False) -> Process:
        """A copy of the parent with these descriptors; EAGAIN when the table is full."""
        table = self._machine.table
        pid = table.allocate(parent.uid)
        child = Process(pid, parent, pid if own_group else parent.pgid, parent.sid)
        child.inherit(parent)
        child.born_ns = self._machine.clock.moment
        for fd, description in fds.items():
            child.fds[fd] = description.acquire()
        self._adopt(parent, child)
        table.add(child)
        return child

    @rule("zombie-until-reaped", "exit-closes-descriptors", "orphaned-stopped-group-hup-cont")
    def exit(self, process: Process, status: ExitStatus) -> None:
        """End a process: it closes everything, its children get a new parent, and it waits as a zombie to be reaped."""
        machine = self._machine
        process.frames = []
        process.ticket += 1
        process.status, process.state = status, "Z"
        process.pending.clear()
        fds, process.fds = process.fds, {}
        for description in fds.values():
            description.release()
        if machine.trace is not None:
            machine.trace(machine.clock.moment, "exit", process.pid, status)
        if process.children:
            self._leave_children(process)
        if process.parent is not None:
            self._connection_lost(process, process.parent, process)
        self._bury(process)

    @rule("orphans-to-nearest-subreaper", "orphans-to-init")
    def _reaper_for(self, process: Process) -> Process:
        above = process.parent
        while above is not None:
            if above.subreaper and above.state != "Z":
                return above
            above = above.parent
        return self._machine.init

    @rule("zombie-orphan-is-reparented")
    def _leave_children(self, process: Process) -> None:
        reaper = self._reaper_for(process)
        children, process.children = process.children, {}
        for child in children.values():
            self._adopt(reaper, child)
            self._connection_lost(child, process, None)
            if child.state == "Z":
                self._bury(child)

    @rule("chld-ignored-means-no-zombie", "sigchld-at-exit", "sigchld-coalesces")
    def _bury(self, process: Process) -> None:
        """Tell the parent of a zombie, or reap it at once where the parent does not want to know."""
        parent = process.parent
        assert parent is not None
        if parent.auto_reap or sig.SIGCHLD in parent.ignored:
            self.release(process)
        elif parent.is_daemon:
            heapq.heappush(self.zombies, (process.rank, process.pid))
        self.tell_parent(process)

    def tell_parent(self, process: Process) -> None:
        """SIGCHLD, and the end of a wait(2)."""
        parent = process.parent
        if parent is None or parent.auto_reap:
            return
        if sig.SIGCHLD not in parent.ignored or parent.is_daemon:
            self._machine.signals.send(parent, sig.SIGCHLD, inside=True)
        self._machine.scheduler.wake_waiting_parent(parent)

    def release(self, process: Process) -> None:
        """Take a zombie out of the table."""
        parent = process.parent
        assert parent is not None
        del parent.children[process.pid]
        process.state = "X"
        self._machine.table.remove(process)

    # what the daemon asks
    @rule("peek-oldest-child-first", "peek-leaves-the-zombie")
    def peek(self) -> int | None:
        """The first child of the daemon that is a zombie, in the order they became its children."""
        return self.zombies[0][1] if self.zombies else None

    @rule("reap-echild", "reap-running-would-block")
    def reap(self, parent: Process, pid: int) -> ExitStatus:
        """waitpid(2) with WNOHANG: ECHILD for no child of ours, BlockingIOError for one that lives."""
        child = parent.children.get(pid)
        if child is None:
            raise os_error(errno.ECHILD)
        if child.state != "Z" or child.status is None:
            raise os_error(errno.EAGAIN)
        if self.zombies[0][1] == pid:
            heapq.heappop(self.zombies)
        else:
            self.zombies.remove((child.rank, pid))
            heapq.heapify(self.zombies)
        self.release(child)
        return child.status

    # orphaned process groups (setpgid(2), POSIX)
    def _connection_lost(self, process: Process, parent: Process, leaving: Process | None) -> None:
        """HUP and CONT to a stopped group whose last tie to its session outside goes with this process or parent."""
        if parent.pgid == process.pgid or parent.sid != process.sid:
            return
        members = self._machine.table.groups[process.pgid]
        if not self.group_is_orphaned(process.pgid, leaving) or all(one.state != "T" for one in members.values()):
            return
        for member in list(members.values()):
            self._machine.signals.send(member, sig.SIGHUP, inside=False)
            self._machine.signals.send(member, sig.SIGCONT, inside=False)

    def group_is_orphaned(self, pgid: int, leaving: Process | None) -> bool:
        """Whether no living member has its parent in the same session but another group."""
        for member in self._machine.table.groups[pgid].values():
            if member is leaving or member.state == "Z" or member.parent is None:
                continue
            if member.parent.pgid != pgid and member.parent.sid == member.sid:
                return False
        return True
