"""The kernel port: everything the supervisor asks of an operating system, as two protocols.

`Kernel` is called by the one loop thread and never blocks, except in `poll`. `Files` is what may hang on the outside (a
dead mount, a frozen disk, a name service); operations receive it inside `submit` and run off the loop. Both are
implemented by `initd/kernel/linux*` and by `sim/kernel`; `tests/contract` holds both to the same behaviour.

Conventions. Times are integer nanoseconds. Every call raises the built-in OSError (with `errno`; BlockingIOError for
EAGAIN) unless it says otherwise. Descriptors are plain integers, close-on-exec; those of `accept` and `listen_*` and a
`note_fd` are also non-blocking. EINTR is never seen by a caller.
"""

from __future__ import annotations

from initd.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, Protocol
else:
    Protocol = object

READABLE = 1
"""Interest and readiness bit: data, end of file or a connection is there."""
WRITABLE = 2
"""Interest and readiness bit: a write would make progress."""
HANGUP = 4
"""Readiness bit only: every other end is closed, or the descriptor is in error."""


class UserIdentity(Record):
    """Whom a child becomes: `groups` is the full supplementary list, as initgroups(3) would set it."""

    uid: int
    gid: int
    groups: tuple[int, ...] = ()


class SpawnSpec(Record):
    """One child to start (supervisord-4.3 §3).

    `path` is what is executed, `argv[0]` stays as the user wrote it. `stdin`, `stdout`, `stderr` become 0, 1, 2 of the
    child; nothing else is inherited. The child leads its own process group, in our session. `user`, `directory`,
    `umask` None mean: as we are; so does a `user` with our own uid. `nofile` is the soft RLIMIT_NOFILE the child starts
    with, None for ours. What no exec can take (a NUL in an argument) is a failed exec with EINVAL.
    """

    path: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    stdin: int
    stdout: int
    stderr: int
    user: UserIdentity | None = None
    directory: str | None = None
    umask: int | None = None
    nofile: int | None = None


class SetupFailed(Record):
    """Why a child that was forked never became its program; `stage` is setuid, chdir or exec."""

    stage: str
    errno: int


class Child(Record):
    """A started child: its pid, and its setup note.

    `failed` is set when the failure is known at once. Otherwise `note_fd`, if not -1, becomes readable once the child
    has executed its program (end of file) or failed to (`SetupFailed` as `parse_note` reads it); the caller closes it.
    Either way the child that failed exits 127 and its two lines are in its stderr.
    """

    pid: int
    note_fd: int
    failed: SetupFailed | None = None


def parse_note(data: bytes) -> SetupFailed | None:
    """What a `note_fd` said: `b""` is success, else `stage errno`."""
    stage, _, number = data.decode("ascii", "replace").partition(" ")
    return SetupFailed(stage, int(number)) if number.isdigit() else None


class ExitStatus(Record):
    """How a process ended: `code` for an exit, or `signal` (and `dumped`) for a death by signal; the other is None."""

    code: int | None
    signal: int | None = None
    dumped: bool = False


class Seen(Record):
    """One process as the process table shows it.

    `born_ns` is by the monotonic clock, to a hundredth of a second. `title` is its command line, or its name where it has
    none; `env` is that of its start, empty where it is not to be read or was overwritten. `exe` is the file it executes, "" if
    that is not to be known.
    """

    pid: int
    parent: int
    group: int
    session: int
    born_ns: int
    title: str
    exe: str = ""
    env: tuple[str, ...] = ()


class Completion(Record):
    """The answer to `submit`: `value`, or `error` when the operation raised."""

    token: int
    value: Any = None
    error: Exception | None = None


class Kernel(Protocol):
    """The loop's side of the port; one thread, no call waits but `poll`."""

    # clocks (clock_gettime(2))
    def mono(self) -> int:
        """CLOCK_MONOTONIC: never steps, stands still while the machine is suspended."""

    def boot(self) -> int:
        """CLOCK_BOOTTIME: monotonic, and runs on during suspend."""

    def wall(self) -> int:
        """CLOCK_REALTIME; for display only."""

    def local_time(self, wall_ns: int) -> tuple[int, int, int, int, int, int]:
        """Year, month, day, hour, minute, second of a wall time in the local time zone."""

    # who we are
    def getpid(self) -> int:
        """Our process id; 1 makes us the init of our pid namespace."""

    def become_subreaper(self) -> None:
        """Orphans below us are reparented to us from now on (PR_SET_CHILD_SUBREAPER)."""

    # processes
    def spawn(self, spec: SpawnSpec) -> Child:
        """Start a child; raises KernelError with stage `fork` only, EMFILE too: it takes two descriptors for an instant.

        The caller keeps and closes the descriptors it gave. When it returns, the child is already in its own process
        group, so `killpg(pid)` reaches it.
        """

    def kill(self, pid: int, signal: int) -> None:
        """kill(2) on one process; a zombie counts as existing. `pid` must be positive."""

    def killpg(self, pgid: int, signal: int) -> None:
        """killpg(3); `pgid` must be greater than 1."""

    def kill_all(self, signal: int) -> bool:
        """Signal every process of our pid namespace but ourselves; False if there is none. EPERM unless we are PID 1."""

    def peek_exited(self) -> int | None:
        """The pid of some child that can be reaped, left unreaped (waitid WNOWAIT); None if there is none now."""

    def reap(self, pid: int) -> ExitStatus:
        """Reap exactly that child; ECHILD if it is no child of ours, BlockingIOError if it has not ended."""

    def children(self) -> list[int]:
        """The pids of our direct children, zombies included, ascending."""

    # signals to us
    def catch_signals(self, signals: Iterable[int]) -> None:
        """From now on these are collected for `take_signals` and wake `poll`. SIGPIPE and SIGXFSZ are ignored throughout."""

    def take_signals(self) -> list[int]:
        """The caught signals since the last call as a set: each at most once, ascending by number."""

    # descriptors
    def pipe(self) -> tuple[int, int]:
        """A pipe as (read end, write end), both close-on-exec and blocking; KernelError with stage `pipe` on failure."""

    def set_nonblocking(self, fd: int) -> None:
        """O_NONBLOCK on."""

    def read(self, fd: int, size: int) -> bytes:
        """Up to `size` bytes; b"" at end of file; BlockingIOError when there is nothing yet."""

    def write(self, fd: int, data: bytes) -> int:
        """How many bytes went out; BlockingIOError when none can, EPIPE (never a signal) when nobody reads."""

    def pending(self, fd: int) -> int:
        """How many bytes a read would find now (FIONREAD)."""

    def close(self, fd: int) -> None:
        """Close, and forget any interest in it."""

    # readiness
    def watch(self, fd: int, interest: int) -> None:
        """Set the interest in a descriptor, level-triggered; 0 forgets it. EPERM for one that cannot be polled (a file).

        HANGUP comes unasked, and together with the interest: a reader meets the end of file, a writer EPIPE."""

    def poll(self, deadline_ns: int | None) -> list[tuple[int, int]]:
        """Wait until a watched descriptor is ready, a caught signal or a completion is there, or `mono()` has reached
        the deadline (None: for ever; a past deadline: do not wait). Returns (fd, readiness) pairs, maybe none."""

    # sockets; `read` and `write` move their data
    def listen_unix(self, path: str, mode: int, owner: tuple[int, int] | None) -> int:
        """A listening UNIX socket bound at `path` with that mode and (uid, gid; -1 keeps). EADDRINUSE if the path has a
        live listener, ENAMETOOLONG if it has more than 107 bytes; a stale socket file is replaced (who wants to tell looks
        before); anything else at the path, a link too, is EEXIST."""

    def listen_tcp(self, host: str, port: int) -> int:
        """A listening IPv4 socket with SO_REUSEADDR; host `` is every address."""

    def socket_port(self, fd: int) -> int:
        """The bound TCP port of a listening socket; 0 for a UNIX socket."""

    def accept(self, fd: int) -> tuple[int, str]:
        """The next connection and its peer as `host:port` (`` for a UNIX socket); BlockingIOError when there is none."""

    # work that may wait
    def submit(self, lane: str, operation: Callable[[Files], Any]) -> int:
        """Run `operation(files)` off the loop; its Completion comes from `take_completions` under the returned token.

        Operations of one lane run one after the other in the order given, each only once the completion of the one before
        has been taken; a lane that hangs holds up no other lane.
        """

    def take_completions(self) -> list[Completion]:
        """The operations that have ended since the last call, in the order they ended."""

    # limits and end
    def open_limit(self) -> int:
        """How many descriptors we may have open (our soft RLIMIT_NOFILE)."""

    def open_count(self) -> int:
        """How many descriptors we have open now."""

    def terminate(self, code: int) -> None:
        """End this process with that exit status; does not return."""


class Files(Protocol):
    """Calls that may hang on the outside; only ever used inside an operation given to `submit`, or before the loop runs."""

    # log files
    def open_append(self, path: str, mode: int = 0o666) -> int:
        """Open for appending, created if missing; a target that cannot seek (pipe, tty, device) is opened write-only.

        What `own_stream` knows is not opened but duplicated, so that it works for any user and whatever it is."""

    def own_stream(self, path: str) -> str:
        """The one name of the stream behind a path that names a descriptor we were given, such as /dev/stdout, /dev/fd/1
        or a link there; "" for every other path. Descriptors of one file have one name: that of the lowest."""

    def append(self, fd: int, data: bytes) -> int:
        """Write all of `data`; returns the size of the file after it, or -1 where the target has no size."""

    def seekable(self, fd: int) -> bool:
        """Whether the target is a regular file: something that can be rotated, truncated, read back."""

    def same_file(self, fd: int, path: str) -> bool:
        """Whether `path` still names the file that `fd` has open."""

    def close(self, fd: int) -> None:
        """Close a descriptor that `open_append` or `connect_log` gave."""

    def rename(self, old: str, new: str) -> None:
        """rename(2)."""

    def unlink(self, path: str) -> None:
        """unlink(2)."""

    def truncate(self, fd: int) -> None:
        """Set the length to 0."""

    def size(self, path: str) -> int:
        """Size in bytes; ENOENT if missing."""

    def file_id(self, path: str) -> tuple[int, int]:
        """(st_dev, st_ino), following links: which file is there, whatever its name."""

    def read_at(self, path: str, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset` of a regular file; ESPIPE for a target that cannot seek."""

    def make_temp(self, directory: str, prefix: str, suffix: str) -> str:
        """Create an empty file, mode 0600, under a fresh name of prefix + 8 random characters + suffix; its path."""

    def random_bytes(self, size: int) -> bytes:
        """Bytes nobody can guess (getrandom(2)); early at boot it waits until the kernel has some."""

    def listdir(self, path: str) -> list[str]:
        """Names in a directory, sorted."""

    # sockets that children share: blocking, to be given to `spawn` as a standard input, and closed by `Kernel.close`
    def share_unix(self, path: str, mode: int, owner: tuple[int, int] | None, backlog: int | None) -> int:
        """A UNIX socket listening at `path` with that mode and (uid, gid; -1 keeps); `backlog` None is SOMAXCONN.

        What is there is replaced, a file and a live socket too, but not a directory (EISDIR) or a link to nowhere (EADDRINUSE).
        ENAMETOOLONG if the path has more than 107 bytes. After an error there is nothing at the path."""

    def share_tcp(self, host: str, port: int, backlog: int | None) -> int:
        """An IPv4 socket with SO_REUSEADDR listening at a host, by name or address; EADDRINUSE if another one does."""

    # the system log
    def connect_log(self, path: str) -> tuple[int, bool]:
        """A descriptor for `send` to who receives at that UNIX socket (ECONNREFUSED: nobody), and whether it is a stream."""

    def send(self, fd: int, record: bytes, wait_ns: int) -> None:
        """Hand over one record; BlockingIOError once the receiver has taken no more for `wait_ns`, EMSGSIZE if it is too long;
        anything else means that a new connection is needed."""

    # looking up
    def stat(self, path: str) -> tuple[int, int]:
        """(st_mode, st_uid), following links; ENOENT and the like raise."""

    def executable(self, path: str) -> bool:
        """access(2) with X_OK."""

    def read_file(self, path: str) -> bytes:
        """The whole of a regular file."""

    def write_file(self, path: str, data: bytes) -> None:
        """Create or replace the content of a file."""

    def glob(self, pattern: str) -> list[str]:
        """Matching paths, sorted."""

    def user(self, name_or_uid: str) -> tuple[str, int, int, str] | None:
        """(name, uid, gid, home) from the user database, or None; digits are a uid."""

    def group(self, name_or_gid: str) -> tuple[str, int] | None:
        """(name, gid) from the group database, or None; digits are a gid."""

    def groups_of(self, name: str, gid: int) -> tuple[int, ...]:
        """Every group that lists the user as member, with `gid` first."""

    # for whoever wants to know why
    def owner(self, path: str) -> tuple[int, int, int]:
        """(st_mode, st_uid, st_gid), following links."""

    def processes(self) -> list[Seen]:
        """Every process of our pid namespace but zombies, ascending by pid; [] where there is no /proc of it."""

    def listeners(self, port: int) -> list[int]:
        """The pids that hold a TCP socket listening at that port, ascending; 0 stands for one that is not to be found."""
