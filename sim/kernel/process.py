"""One simulated process, and the table of them: pids, groups, sessions (credentials(7), fork(2), setpgid(2), setsid(2))."""

from __future__ import annotations

import errno
import os

from sim.kernel.rules import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from typing import Any

    from initd.kernel.port import ExitStatus
    from sim.kernel.descriptors import Description

    Frame = Generator[Any, None, None]


class Process:
    """A process: who it is, how it treats signals, what it has open, what it is doing.

    `state` is R, S, T, D or Z as ps(1) shows it, or X once reaped. `frames` is its stack of running scripts: a signal
    handler runs on top of what it interrupted. `ticket` tells a wake-up that is still meant from a stale one. `rank`
    is its place in its parent's list of children. A SIGKILL finds it in disk sleep for `dying_ns`; `struck` is the first
    signal that a script which watches for one was sent. It has been stopped `stops` times, last `stopped_by` that signal.
    """

    __slots__ = (
        "argv", "attempt", "auto_reap", "blocked", "born_ns", "burst", "children", "directory", "dying_ns", "env", "fds",
        "frames", "gid", "groups", "handlers", "ignored", "is_daemon", "nofile", "parent", "pending", "pgid", "pid", "rank",
        "sid", "state", "status", "stopped_by", "stops", "struck", "subreaper", "ticket", "uid", "umask", "waiters",
    )  # fmt: skip

    def __init__(self, pid: int, parent: Process | None, pgid: int, sid: int) -> None:
        self.pid, self.parent, self.pgid, self.sid = pid, parent, pgid, sid
        self.uid = self.gid = 0
        self.groups: tuple[int, ...] = ()
        self.state = "R"
        self.status: ExitStatus | None = None
        self.pending: set[int] = set()
        self.blocked: set[int] = set()
        self.ignored: set[int] = set()
        self.handlers: dict[int, list[Any]] = {}
        self.fds: dict[int, Description] = {}
        self.children: dict[int, Process] = {}
        self.rank = 0
        self.subreaper = self.auto_reap = self.is_daemon = False
        self.frames: list[Frame] = []
        self.waiters: list[Process] = []
        self.struck = self.dying_ns = self.stops = self.stopped_by = 0
        self.ticket = self.burst = self.born_ns = self.attempt = 0
        self.argv: tuple[str, ...] = ()
        self.env: Mapping[str, str] = {}
        self.directory, self.umask, self.nofile = "/", 0o022, 1024

    def inherit(self, parent: Process) -> None:
        """Take over what fork(2) copies; pending signals, children and the subreaper mark are not among it."""
        self.uid, self.gid, self.groups = parent.uid, parent.gid, parent.groups
        self.ignored, self.blocked, self.handlers = set(parent.ignored), set(parent.blocked), dict(parent.handlers)
        self.argv, self.env, self.attempt = parent.argv, parent.env, parent.attempt
        self.directory, self.umask, self.nofile = parent.directory, parent.umask, parent.nofile

    def __repr__(self) -> str:
        return f"<process {self.pid} {self.state} {' '.join(self.argv)[:40]}>"


class ProcessTable:
    """Every process by pid, group and session, and the number the next one gets."""

    __slots__ = (
        "_elsewhere",
        "by_pid",
        "first_pid",
        "groups",
        "last_pid",
        "limits",
        "max_processes",
        "pid_max",
        "sessions",
    )

    def __init__(self, first_pid: int, pid_max: int) -> None:
        self.by_pid: dict[int, Process] = {}
        self.groups: dict[int, dict[int, Process]] = {}
        self.sessions: dict[int, int] = {}
        self.first_pid, self.pid_max = first_pid, pid_max
        self.last_pid = first_pid - 1
        self._elsewhere = 0  # processes whose pid is not one that is given out: the daemon, an outer init
        self.max_processes: int | None = None
        self.limits: dict[int, int] = {}

    @rule("pid-cyclic", "pid-not-reused-while-group-exists", "fork-eagain")
    def allocate(self, uid: int) -> int:
        """The next free pid, going round; EAGAIN when there is none or too many processes.

        A number is taken as long as a process, a group or a session goes by it. `max_processes` bounds the table,
        `limits` the processes of one user (RLIMIT_NPROC; it does not bind root).
        """
        if self.max_processes is not None and len(self.by_pid) >= self.max_processes:
            raise os_error(errno.EAGAIN)
        if uid and uid in self.limits and sum(one.uid == uid for one in self.by_pid.values()) >= self.limits[uid]:
            raise os_error(errno.EAGAIN)
        pid, span = self.last_pid, self.pid_max - self.first_pid
        for _ in range(span if len(self.by_pid) - self._elsewhere < span else 0):
            pid += 1
            if pid >= self.pid_max:
                pid = self.first_pid
            if pid not in self.by_pid and pid not in self.groups and pid not in self.sessions:
                self.last_pid = pid
                return pid
        raise os_error(errno.EAGAIN)

    def add(self, process: Process) -> None:
        """Enter a new process, its group and its session."""
        self.by_pid[process.pid] = process
        self._elsewhere += not self.first_pid <= process.pid < self.pid_max
        self.groups.setdefault(process.pgid, {})[process.pid] = process
        self.sessions[process.sid] = self.sessions.get(process.sid, 0) + 1

    def remove(self, process: Process) -> None:
        """Forget a process that was reaped: only now do kill(2) and killpg(3) no longer find it."""
        del self.by_pid[process.pid]
        self._leave_group(process)
        self._leave_session(process)

    @rule("setpgid-own-group", "setpgid-leader-of-session-refused")
    def set_group(self, process: Process, pgid: int) -> None:
        """setpgid(2): EPERM for the leader of a session, for a group of another session, for one that does not exist."""
        if process.sid == process.pid:
            raise os_error(errno.EPERM)
        if pgid != process.pid:
            members = self.groups.get(pgid)
            if not members or all(one.sid != process.sid for one in members.values()):
                raise os_error(errno.EPERM)
        self._leave_group(process)
        process.pgid = pgid
        self.groups.setdefault(pgid, {})[process.pid] = process

    @rule("setsid-new-session", "setsid-group-leader-refused")
    def new_session(self, process: Process) -> None:
        """setsid(2): a session and group of its own; EPERM for the leader of a group."""
        if process.pid in self.groups:
            raise os_error(errno.EPERM)
        self._leave_group(process)
        self._leave_session(process)
        process.pgid = process.sid = process.pid
        self.groups[process.pid] = {process.pid: process}
        self.sessions[process.pid] = 1

    def _leave_group(self, process: Process) -> None:
        members = self.groups[process.pgid]
        del members[process.pid]
        if not members:
            del self.groups[process.pgid]

    def _leave_session(self, process: Process) -> None:
        self.sessions[process.sid] -= 1
        if not self.sessions[process.sid]:
            del self.sessions[process.sid]


def os_error(number: int, path: str | None = None) -> OSError:
    """The OSError (BlockingIOError and so on) for an errno."""
    return OSError(number, os.strerror(number), path) if path is not None else OSError(number, os.strerror(number))
