"""What a contract may use besides the port: children that run scripts, waiting for a condition, and looking from outside.

Everything here goes through the port, so that it means the same in both worlds; what cannot is abstract, and answered
by `sim_world` and `linux_world`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from initd.kernel.command import Command
from initd.kernel.port import READABLE, SpawnSpec
from sim.children.steps import real_argv

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager
    from typing import Any

    from initd.kernel.init_port import Init
    from initd.kernel.port import Child, ExitStatus, Files, Kernel

REAL = str(Path(__file__).resolve().parents[2] / "sim/children/real.py")
PATIENCE_S = 20.0
"""How long a condition may take to come true, in the time of the world."""
STEP_NS = 2_000_000
CHUNK = 1 << 20


class Kid:
    """A child that runs a script: its pid and our ends of its streams (-1 where we have none)."""

    def __init__(self, world: World, child: Child, stdin: int, stdout: int, stderr: int) -> None:
        self.world, self.child, self.pid = world, child, child.pid
        self.stdin, self.stdout, self.stderr = stdin, stdout, stderr
        self._said = b""

    def line(self) -> str:
        """The next line it says on stdout, without its end; waits for it."""
        self.world.until(lambda: b"\n" in self._said or not self._more(), f"a line of {self.pid}")
        line, _, self._said = self._said.partition(b"\n")
        return line.decode()

    def said(self, prefix: bytes) -> bool:
        """Whether what it says next begins so; then that is taken away."""
        if not self._said.startswith(prefix):
            self._more()
        taken = self._said.startswith(prefix)
        self._said = self._said[len(prefix) :] if taken else self._said
        return taken

    def facts(self) -> dict[str, str]:
        """The next line as the `tell` step writes it."""
        return dict(word.split("=", 1) for word in self.line().split())

    def output(self) -> bytes:
        """Everything it says on stdout until the last writer has closed it."""
        self.world.until(lambda: not self._more(), f"the end of the output of {self.pid}")
        said, self._said = self._said, b""
        return said

    def _more(self) -> bool:
        """Read what is there; False at the end of file."""
        try:
            data = self.world.kernel.read(self.stdout, CHUNK)
        except BlockingIOError:
            return True
        self._said += data
        return bool(data)

    def kill(self, signal: int) -> None:
        """Signal it."""
        self.world.kernel.kill(self.pid, signal)

    def end(self) -> ExitStatus:
        """Wait until it has ended, reap it."""
        return self.world.reap(self.pid)


class World:
    """One kernel with us on it as the daemon; `directory` is an empty one for files."""

    kernel: Kernel
    directory: str

    # children
    def spec(self, steps: list[Any], stdin: int, stdout: int, stderr: int, **options: Any) -> SpawnSpec:
        """How to spawn a child that runs these steps."""
        argv = real_argv("python", REAL, steps)
        return SpawnSpec(
            path=sys.executable,
            argv=argv,
            env=options.pop("env", {}),
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            **options,
        )

    def spawn(self, steps: list[Any], **options: Any) -> Kid:
        """Start a child on pipes of its own; `stdin=` and `stdout=` give it a descriptor of ours instead.

        The options are SpawnSpec's.
        """
        kernel = self.kernel
        shared = options.pop("stdout", None)
        given = options.pop("stdin", None)
        theirs_in, ours_in = kernel.pipe() if given is None else (given, -1)
        ours_out, theirs_out = kernel.pipe() if shared is None else (-1, shared)
        ours_err, theirs_err = kernel.pipe()
        child = kernel.spawn(self.spec(steps, theirs_in, theirs_out, theirs_err, **options))
        for fd in (theirs_in, theirs_out, theirs_err):
            if fd not in (shared, given):
                kernel.close(fd)
        for fd in (ours_in, ours_out, ours_err):
            if fd >= 0:
                kernel.set_nonblocking(fd)
        return Kid(self, child, ours_in, ours_out, ours_err)

    def ready(self, steps: list[Any], **options: Any) -> Kid:
        """Start a child that says so when it has carried out the steps, wait for that, and let it wait for ever."""
        kid = self.spawn([*steps, ["write", "out", "ready\n"], ["pause"]], **options)
        assert kid.line() == "ready"
        return kid

    def reap(self, pid: int) -> ExitStatus:
        """Wait until that child has ended, reap it."""
        return self.until(lambda: self._reaped(pid), f"the end of {pid}")  # type: ignore[no-any-return]

    def _reaped(self, pid: int) -> ExitStatus | None:
        try:
            return self.kernel.reap(pid)
        except BlockingIOError:
            return None

    # time
    def until(self, condition: Callable[[], Any], what: str = "the condition") -> Any:
        """Poll until the condition is true; what it returned. AssertionError after PATIENCE_S."""
        give_up_ns = self.kernel.mono() + int(PATIENCE_S * 1e9)
        while not (found := condition()):
            now_ns = self.kernel.mono()
            assert now_ns < give_up_ns, f"{what} did not come in {PATIENCE_S} s"
            self.kernel.poll(now_ns + STEP_NS)
            if self.kernel.mono() == now_ns:  # ready for something nobody here consumes
                self.rest()
        return found

    def let_pass(self, seconds: float) -> None:
        """Let that much time pass, whatever happens meanwhile."""
        end_ns = self.kernel.mono() + int(seconds * 1e9)
        while self.kernel.mono() < end_ns:
            before_ns = self.kernel.mono()
            self.kernel.poll(min(end_ns, before_ns + STEP_NS))
            if self.kernel.mono() == before_ns:
                self.rest()

    def rest(self) -> None:
        """Let a little time pass outside of `poll`."""
        raise NotImplementedError

    def readable(self, fd: int, seconds: float = PATIENCE_S) -> int:
        """Watch one descriptor for reading until it is ready; its readiness, 0 after that time. Leaves it unwatched."""
        kernel = self.kernel
        kernel.watch(fd, READABLE)
        end_ns = kernel.mono() + int(seconds * 1e9)
        try:
            while True:
                ready = dict(kernel.poll(end_ns))
                if fd in ready or kernel.mono() >= end_ns:
                    return ready.get(fd, 0)
                kernel.take_signals()
        finally:
            kernel.watch(fd, 0)

    # files
    @property
    def files(self) -> Files:
        """The Files of this world, for use on the spot."""
        token = self.kernel.submit("contract", lambda files: files)
        (answer,) = self.until(lambda: [one for one in self.kernel.take_completions() if one.token == token])
        found: Files = answer.value
        return found

    def path(self, name: str) -> str:
        """A path in the directory of this contract."""
        return f"{self.directory}/{name}"

    # what the port does not say
    def ignored(self, pid: int) -> set[int]:
        """The signals a process ignores."""
        raise NotImplementedError

    def blocked(self, pid: int) -> set[int]:
        """The signals a process has blocked."""
        raise NotImplementedError

    def become_init(self, ignored: Iterable[int] = (), blocked: Iterable[int] = ()) -> Init:
        """Go on as the init of one command, started with those signals ignored and blocked."""
        raise NotImplementedError

    def command(self, steps: list[Any], place: str = "group", path: str = sys.executable) -> Command:
        """What starts these steps below an init; whose program is missing exits with 100 more than the errno."""
        argv = (path, *real_argv("python", REAL, steps)[1:])
        return Command(argv, place, lambda number, text, pid: (f"{text}\n", 100 + number))

    def until_changed(self, init: Init, pid: int) -> int:
        """The status, as wait(2) has it, with which that child of the init has ended or stopped."""
        give_up_ns = init.mono() + int(PATIENCE_S * 1e9)
        while True:
            found = dict(init.reap(100)[0])
            if pid in found:
                return found[pid]
            assert init.wait_signal(give_up_ns) is not None, f"{pid} has not changed in {PATIENCE_S} s"

    def dies_of(self, number: int, action: Callable[[], None]) -> bool:
        """Whether the action is the death of the daemon by that signal; it may be made in a copy of it."""
        raise NotImplementedError

    def state(self, pid: int) -> str:
        """R, S, T, D or Z as ps(1) shows it; empty when there is no such process."""
        raise NotImplementedError

    def alive(self, pid: int) -> bool:
        """Whether a process is there, neither dead nor stopped."""
        return self.state(pid) in ("R", "S", "D")

    def become_user(self, uid: int) -> None:
        """We give up being root."""
        raise NotImplementedError

    def leave_room(self, count: int) -> None:
        """Lower our limit of descriptors so that exactly so many more can be opened."""
        raise NotImplementedError

    def limit_processes(self, uid: int, count: int) -> None:
        """That user, who we are, may have so many processes."""
        raise NotImplementedError

    def next_pid(self, pid: int) -> None:
        """The next process gets this pid, or the next free one after it."""
        raise NotImplementedError

    def highest_pid(self) -> int:
        """The highest pid there is here."""
        raise NotImplementedError

    def signal_us(self, signal: int) -> None:
        """A signal from us to us."""
        self.kernel.kill(self.kernel.getpid(), signal)

    def frozen_disk(self) -> AbstractContextManager[tuple[str, Callable[[], None]]]:
        """A directory on a disk that answers nobody, and the call that thaws it."""
        raise NotImplementedError

    def put_file(self, path: str, data: bytes, mode: int = 0o644) -> None:
        """A file from elsewhere."""
        raise NotImplementedError

    def link(self, path: str, target: str) -> None:
        """A symbolic link."""
        raise NotImplementedError

    def make_directory(self, path: str, mode: int = 0o755) -> None:
        """A directory."""
        raise NotImplementedError

    def mode(self, path: str) -> int:
        """The permission bits of a path."""
        raise NotImplementedError

    # clients of our sockets
    def connect_unix(self, path: str) -> Any:
        """A client of a UNIX socket: `send(bytes)`, `received` (bytes so far), `ended`, `shutdown()`, `close()`."""
        raise NotImplementedError

    def connect_tcp(self, port: int) -> Any:
        """A client of a TCP socket on 127.0.0.1, like that of `connect_unix`."""
        raise NotImplementedError

    def log_buffer_bytes(self) -> int:
        """The size of the buffer that a connection to the system log has from now on."""
        raise NotImplementedError

    def syslogd(self, path: str, stream: bool = False) -> Any:
        """A receiver of the system log that reads when `resume()` is called: `received` (its records), `close()`."""
        raise NotImplementedError


def script_of(argv: tuple[str, ...]) -> list[Any]:
    """The steps of a command line that `World.spec` made; any other program waits for ever."""
    steps: list[Any] = json.loads(argv[-1]) if argv[-1].startswith("[") else [["pause"]]
    return steps
