"""Carries out Spawn: look up and open what may hang off the loop, then pipes and child on it (supervisord-4.3 §2.5, §3).

A Spawn has two halves. `_prepare` runs off the loop: the command, the user, the log files. `_fork` runs on the loop, in
the order that `line` keeps, and only as many children are born a turn as fit in `FORK_NS_PER_TURN`. A Spawn that is
cancelled in between leaves nothing behind; one whose first half hangs is cancelled all the same, and what it opens later
is closed again.
"""

from __future__ import annotations

import errno
from collections import deque
from contextlib import ExitStack

from initd.drive.line import Line
from initd.drive.policies import socket_policy
from initd.drive.program import End, Running
from initd.drive.resolve import CommandError, Executable, resolve
from initd.drive.sockets import SocketError, Sockets
from initd.drive.stdin import StdinPipe
from initd.errors import KernelError
from initd.kernel.port import READABLE, Child, SpawnSpec, UserIdentity, parse_note
from initd.logs.program import LogTarget, OpenLogs, prepare_logs
from initd.record import Record
from initd.signals import SIGKILL
from initd.supervise.events import SetupNoted, Spawned, SpawnFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from initd.config.model import LogConfig, ProcessConfig
    from initd.drive.loop import Loop
    from initd.drive.program import Program
    from initd.kernel.port import Files
    from initd.logs.program import ProgramLogs
    from initd.supervise.events import Event

FORK_NS_PER_TURN = 4_000_000
"""Once a turn has spent this long on forking, the rest waits for the next one."""
RESERVED_FDS = 32
"""Descriptors below the limit that spawning leaves to everything else; an eighth where there are few."""


class Prepared(Record):
    """The first half of a Spawn, done."""

    executable: Executable
    user: UserIdentity | None
    logs: OpenLogs
    socket: int | None


class Spawner:
    """Starts children. `emit` takes the events that report on them; `born(running)` is told of each child."""

    def __init__(
        self,
        loop: Loop,
        environ: Mapping[str, str],
        nofile: int | None,
        emit: Callable[[Event], None],
        born: Callable[[Running], None],
        logs_of: Callable[[Program, OpenLogs], ProgramLogs],
    ) -> None:
        self._loop = loop
        self._environ = environ
        self._nofile = nofile
        self._emit = emit
        self._born = born
        self._logs_of = logs_of
        self.sockets = Sockets(loop)
        self._wanted: dict[int, int] = {}
        self._line = Line(loop)
        self._ready: deque[tuple[Program, int, Prepared | Exception | None]] = deque()

    def spawn(self, program: Program, attempt: int, ordered: bool = False) -> None:
        """Begin; exactly one Spawned or SpawnFailed of that attempt follows, if `ordered` after those before it."""
        self._wanted[program.instance] = attempt
        if ordered:
            self._line.join((program.instance, attempt))
        socket = socket_policy(program.config)
        if socket is None or program.config.socket is None:
            self._prepare(program, attempt, None)
            return

        def have(fd: int | None, error: SocketError | None) -> None:
            if error is None:
                self._prepare(program, attempt, fd)
            else:
                self._line.ready((program.instance, attempt), lambda: self._next(program, attempt, error))

        self.sockets.need(socket, program.config.socket, have)

    def _prepare(self, program: Program, attempt: int, socket: int | None) -> None:
        """Look up and open, off the loop; `socket` is the descriptor of the one that the program shares, if it does."""
        config = program.config
        env = child_environment(self._environ, config, program.group)
        out, err = log_target(config.stdout), None if config.redirect_stderr else log_target(config.stderr)

        def prepare(files: Files) -> Prepared:
            executable = resolve(files, config.command, env)
            user = identity(files, config.uid)
            return Prepared(executable, user, prepare_logs(files, out, err), socket)

        def prepared(value: Prepared | None, error: Exception | None) -> None:
            if self._wanted.get(program.instance) != attempt:
                if value is not None:
                    self._logs_of(program, value.logs).discard()
            else:
                outcome = error if value is None else value
                self._line.ready((program.instance, attempt), lambda: self._next(program, attempt, outcome))

        self._loop.submit(f"spawn:{program.instance}", prepare, prepared)

    def _next(self, program: Program, attempt: int, outcome: Prepared | Exception | None) -> None:
        self._ready.append((program, attempt, outcome))
        if len(self._ready) == 1:
            self._loop.soon(self._fork_ready)

    def cancel(self, program: Program, attempt: int) -> None:
        """Call a Spawn off if there is no child yet: SpawnFailed without a text follows at once."""
        if self._wanted.get(program.instance) == attempt:
            self._fail(program, attempt, "")
            self._line.leave((program.instance, attempt))

    def _preparation_text(self, name: str, error: Exception | None) -> str:
        if isinstance(error, CommandError | SocketError):
            return str(error)
        if isinstance(error, OSError) and error.errno == errno.EMFILE:
            return f"too many open files to spawn '{name}'"
        number = error.errno if isinstance(error, OSError) and error.errno else 0
        return f"unknown error making dispatchers for '{name}': {errno.errorcode.get(number, error)}"

    def _fail(self, program: Program, attempt: int, text: str, no_socket: bool = False, status: int = 0) -> None:
        del self._wanted[program.instance]
        if text:
            now_ns = self._loop.kernel.mono()
            program.remember(End(0, now_ns, now_ns, text=text))
        self._emit(SpawnFailed(program.instance, attempt, text, self._loop.kernel.wall(), no_socket, status))

    def _fork_ready(self) -> None:
        kernel = self._loop.kernel
        until = kernel.mono() + FORK_NS_PER_TURN
        try:
            while self._ready:
                self._end(*self._ready.popleft())
                if kernel.mono() > until:
                    break
        finally:  # one that went wrong must not keep the others waiting
            if self._ready:
                self._loop.soon(self._fork_ready)

    def _end(self, program: Program, attempt: int, outcome: Prepared | Exception | None) -> None:
        """Carry out what was prepared: a fork, or the news that there will be none."""
        wanted = self._wanted.get(program.instance) == attempt
        if not isinstance(outcome, Prepared):
            if wanted:
                text = self._preparation_text(program.config.name, outcome)
                status = outcome.status if isinstance(outcome, CommandError) else 0
                self._fail(program, attempt, text, isinstance(outcome, SocketError), status)
            return
        logs = self._logs_of(program, outcome.logs)
        if wanted:
            self._fork(program, attempt, outcome, logs)
        else:
            logs.discard()

    def _fork(self, program: Program, attempt: int, prepared: Prepared, logs: ProgramLogs) -> None:
        name = program.config.name
        try:
            running, child, outputs = self._start(program, attempt, prepared, logs)
        except KernelError as error:
            logs.discard()
            code = errno.errorcode.get(error.errno or 0, error.errno)
            if error.stage == "fork" and error.errno == errno.EAGAIN:
                text = f"Too many processes in process table to spawn '{name}'"
            elif error.stage == "fork":
                text = f"unknown error during fork for '{name}': {code}"
            elif error.errno == errno.EMFILE:
                text = f"too many open files to spawn '{name}'"
            else:
                text = f"unknown error making dispatchers for '{name}': {code}"
            self._fail(program, attempt, text)
            return
        del self._wanted[program.instance]
        self._born(running)
        self._emit(Spawned(program.instance, attempt, child.pid, self._loop.kernel.wall()))
        if child.failed is not None:
            self._emit(SetupNoted(program.instance, attempt, child.failed.stage, child.failed.errno))
        try:
            logs.attach(*outputs)
            self._watch_note(running, child)
        except OSError as error:
            # Nobody would read what it writes. Its end is a failed start, which is tried again.
            self._emit(SetupNoted(program.instance, attempt, "watch", error.errno or errno.ENOMEM))
            self._loop.kernel.killpg(child.pid, SIGKILL)

    def _start(
        self, program: Program, attempt: int, prepared: Prepared, logs: ProgramLogs
    ) -> tuple[Running, Child, tuple[int, int | None]]:
        kernel, config = self._loop.kernel, program.config
        limit = kernel.open_limit()
        highest = limit - min(RESERVED_FDS, limit // 8)
        with ExitStack() as ours, ExitStack() as theirs:

            def pipe(child_reads: bool) -> tuple[int, int]:
                ends = kernel.pipe()
                child, parent = ends if child_reads else ends[::-1]
                theirs.callback(kernel.close, child)
                ours.callback(kernel.close, parent)
                if max(ends) > highest:  # the lowest free numbers are given out, so these tell how many are in use
                    raise KernelError(errno.EMFILE, "pipe")
                return child, parent

            stdin, stdin_parent = pipe(True) if prepared.socket is None else (prepared.socket, -1)
            stdout, stdout_parent = pipe(False)
            stderr, stderr_parent = (stdout, None) if config.redirect_stderr else pipe(False)
            child = kernel.spawn(
                SpawnSpec(
                    prepared.executable.path,
                    prepared.executable.argv,
                    child_environment(self._environ, config, program.group),
                    stdin,
                    stdout,
                    stderr,
                    prepared.user,
                    config.directory,
                    config.umask,
                    self._nofile,
                )
            )
            ours.pop_all()
        if stdin_parent >= 0:
            kernel.set_nonblocking(stdin_parent)
        pipe_in, began_ns = StdinPipe(self._loop, stdin_parent), kernel.mono()
        running = Running(program, attempt, child.pid, child.note_fd, logs, pipe_in, began_ns, prepared.logs.sizes)
        return running, child, (stdout_parent, stderr_parent)

    def _watch_note(self, running: Running, child: Child) -> None:
        if child.note_fd < 0:
            return

        def noted(bits: int) -> None:
            try:
                text = self._loop.kernel.read(child.note_fd, 64)
            except BlockingIOError:
                return
            except OSError:  # what it would have said is lost; how the child ends is not
                text = b""
            note = parse_note(text)
            self.close_note(running)
            if note is not None:
                self._emit(SetupNoted(running.program.instance, running.attempt, note.stage, note.errno))

        self._loop.watch(child.note_fd, READABLE, noted)

    def close_note(self, running: Running) -> None:
        """Stop waiting for the setup note of a child."""
        if running.note_fd >= 0:
            self._loop.unwatch(running.note_fd)
            self._loop.kernel.close(running.note_fd)
            running.note_fd = -1


def child_environment(environ: Mapping[str, str], config: ProcessConfig, group: str) -> dict[str, str]:
    """The environment of a child, later layers winning: ours, SUPERVISOR_*, the configuration's."""
    env = dict(environ)
    env["SUPERVISOR_ENABLED"] = "1"
    if config.serverurl:
        env["SUPERVISOR_SERVER_URL"] = config.serverurl
    env["SUPERVISOR_PROCESS_NAME"] = config.name
    env["SUPERVISOR_GROUP_NAME"] = group
    env.update(config.environment)
    return env


def identity(files: Files, uid: int | None) -> UserIdentity | None:
    """Whom a child with that `user=` becomes; CommandError if the user has vanished since the file was read."""
    if uid is None:
        return None
    user = files.user(str(uid))
    if user is None:
        raise CommandError(f"couldn't setuid to {uid}: Can't find uid {uid}")
    name, _, gid, _ = user
    return UserIdentity(uid, gid, files.groups_of(name, gid))


def log_target(config: LogConfig) -> LogTarget | None:
    """Where a stream of a child is written; None for nowhere. AUTO has been resolved by then."""
    return (
        LogTarget(config.file, config.maxbytes, config.backups)
        if isinstance(config.file, str) and config.file
        else None
    )
