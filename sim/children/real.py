"""The step language as a real process: `python -I -S real.py SCRIPT`, with the script as JSON (sim/children/steps.py).

It stands alone, for nothing of the project can be imported under -I -S; `tests/contract` holds it and `virtual` to the
same behaviour. `dstate` takes a disk that can be frozen: `part` has one.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import resource
import signal
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

STREAMS: dict[str | int, int] = {"in": 0, "out": 1, "err": 2}
CHUNK = 65536
PR_SET_CHILD_SUBREAPER = 36
F_SETPIPE_SZ = 1031
LINE = b"x" * 79 + b"\n"
BLOCKED_S = 0.02
"""A write that took longer waited for its reader."""


def run(steps: list[Any]) -> None:
    """Run the steps; a refused one is skipped."""
    for verb, *args in steps:
        try:
            VERBS[verb](*args)
        except BrokenPipeError:
            os._exit(1)
        except OSError:
            continue


class Clock:
    """The time of a script. Without `due` a duration counts from when it is met; else from the end of the one before."""

    due: float | None = None

    def sleep(self, seconds: float) -> None:
        if self.due is None:
            return time.sleep(seconds)
        self.due += seconds
        time.sleep(max(0.0, self.due - time.monotonic()))

    def waited(self) -> None:
        """Something outside of the script has taken its time."""
        if self.due is not None:
            self.due = max(self.due, time.monotonic())

    def handle(self, steps: list[Any]) -> None:
        """A handler has a time of its own."""
        due, self.due = self.due, None if self.due is None else time.monotonic()
        run(steps)
        self.due = due


CLOCK = Clock()


def number(name: str) -> int:
    return int(signal.Signals["SIG" + name])


def pause() -> None:
    while True:
        signal.pause()


def write(stream: str | int, what: str | int) -> None:
    data = (LINE * (what // 80 + 1))[:what] if isinstance(what, int) else what.encode()
    write_all(STREAMS[stream] if stream in STREAMS else int(stream), data)


def write_all(fd: int, data: bytes) -> None:
    began = time.monotonic()
    while data:
        data = data[os.write(fd, data) :]
    if time.monotonic() - began > BLOCKED_S:
        CLOCK.waited()


def read() -> None:
    while os.read(0, CHUNK):
        continue
    CLOCK.waited()


def copy() -> None:
    while data := os.read(0, CHUNK):
        write_all(1, data)
    CLOCK.waited()


def listen(result: str, seconds: float) -> None:
    write_all(1, b"READY\n")
    hear()
    CLOCK.sleep(seconds)
    write_all(1, b"RESULT %d\n%s" % (len(result), result.encode()))


def hear() -> None:
    header = b""
    while not header.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            os._exit(0)
        header += byte
    left = int(dict(word.split(":", 1) for word in header.decode().split())["len"])
    while left:
        data = os.read(0, left)
        if not data:
            os._exit(0)
        left -= len(data)
    CLOCK.waited()


def accept(text: str) -> None:
    import _socket

    try:
        connection, _ = _socket.socket(fileno=os.dup(0))._accept()  # type: ignore[attr-defined]
    except OSError:
        os._exit(1)
    with contextlib.suppress(OSError):
        write_all(connection, text.replace("{pid}", str(os.getpid())).encode())
    os.close(connection)


def kill(who: str | int, name: str) -> None:
    if who == "group":
        os.killpg(0, number(name))
    else:
        named: dict[str | int, int] = {"parent": os.getppid(), "init": 1}
        os.kill(named.get(who) or int(who), number(name))


def fork(steps: list[Any]) -> None:
    if os.fork() == 0:
        run(steps)
        os._exit(0)


def wait() -> None:
    while True:
        try:
            os.wait()
        except ChildProcessError:
            return CLOCK.waited()


def setpgid(whose: str = "own") -> None:
    os.setpgid(0, os.getpgid(os.getppid()) if whose == "parent" else 0)


def subreaper() -> None:
    import ctypes

    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def loop(steps: list[Any]) -> None:
    while True:
        run(steps or [["sleep", 0.001]])


def repeat(count: int, steps: list[Any]) -> None:
    for _ in range(count):
        run(steps)


def become(uid: int) -> None:
    if os.getuid():
        raise OSError(errno.EPERM, "not root")
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)


def save(path: str, text: str) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    write_all(fd, text.replace("{pid}", str(os.getpid())).replace("{ppid}", str(os.getppid())).encode())
    os.close(fd)


def tell(*keys: str) -> None:
    write_all(1, (" ".join(f"{key}={fact(key)}" for key in keys) + "\n").encode())


def fact(key: str) -> object:
    if key.startswith("env:"):
        return os.environ.get(key[4:], "")
    return FACTS[key]()


def umask() -> str:
    mask = os.umask(0)
    os.umask(mask)
    return f"{mask:04o}"


def fds() -> str:
    listing = os.open("/proc/self/fd", os.O_RDONLY)
    found = sorted(int(name) for name in os.listdir(listing))
    os.close(listing)
    return ",".join(str(fd) for fd in found if is_open(fd))


def is_open(fd: int) -> bool:
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


def live(ends: float | None, status: int, stop: float | None, stop_status: int | None, kill: float) -> None:
    if kill:
        raise SystemExit("a slow death of SIGKILL exists in the simulator only")
    catchable = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}
    signal.pthread_sigmask(signal.SIG_BLOCK, catchable)
    end = None if ends is None else (CLOCK.due or time.monotonic()) + ends
    watched = catchable if stop is not None else set()
    while end is None or time.monotonic() < end:
        wait_s = 3600.0 if end is None else max(0.0, end - time.monotonic())
        came = signal.sigtimedwait(watched, wait_s)
        if came is not None and stop is not None:
            watched = set()
            if end is None or time.monotonic() + stop < end:
                end = time.monotonic() + stop
                status = -came.si_signo if stop_status is None else stop_status
    if status >= 0:
        os._exit(status)
    if -status not in (signal.SIGKILL, signal.SIGSTOP):
        signal.signal(-status, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [-status])
    os.kill(os.getpid(), -status)


def dstate(_seconds: float) -> None:
    raise SystemExit("dstate takes a disk that can be frozen")


def claim(path: str) -> None:
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    except FileExistsError:
        os._exit(1)
    write_all(fd, b"%d\n" % os.getpid())
    os.close(fd)


def limit(count: int) -> None:
    resource.setrlimit(resource.RLIMIT_NPROC, (count, count))


def python_daemon() -> Any:
    """The package, found where PACKAGES in the environment says: nothing that is installed can be imported under -I -S."""
    sys.path += filter(None, os.environ.get("PACKAGES", "").split(":"))
    import daemon.pidfile

    return daemon


def become_daemon(how: str, pidfile: str, steps: list[Any]) -> None:
    package = python_daemon()
    lock = package.pidfile.TimeoutPIDLockFile(pidfile, acquire_timeout=0) if pidfile else None
    with package.DaemonContext(detach_process=DETACH[how], pidfile=lock):
        run(steps)


FACTS: dict[str, Callable[[], object]] = {
    "pid": os.getpid,
    "ppid": os.getppid,
    "pgid": os.getpgrp,
    "sid": lambda: os.getsid(0),
    "uid": os.getuid,
    "gid": os.getgid,
    "groups": lambda: ",".join(map(str, sorted(os.getgroups()))),
    "cwd": os.getcwd,
    "umask": umask,
    "nofile": lambda: resource.getrlimit(resource.RLIMIT_NOFILE)[0],
    "fds": fds,
    "argv": lambda: json.dumps(sys.orig_argv),
}
DETACH = {"detached": True, "in front": False, "by default": None}
VERBS: dict[str, Callable[..., object]] = {
    "exit": os._exit,
    "sleep": CLOCK.sleep,
    "pause": pause,
    "dstate": dstate,
    "live": live,
    "write": write,
    "close": os.close,
    "enlarge": lambda fd, size: fcntl.fcntl(fd, F_SETPIPE_SZ, size),
    "ignore": lambda name: signal.signal(number(name), signal.SIG_IGN),
    "default": lambda name: signal.signal(number(name), signal.SIG_DFL),
    "handle": lambda name, steps: signal.signal(number(name), lambda *_: CLOCK.handle(steps)),
    "block": lambda name: signal.pthread_sigmask(signal.SIG_BLOCK, [number(name)]),
    "unblock": lambda name: signal.pthread_sigmask(signal.SIG_UNBLOCK, [number(name)]),
    "raise": lambda name: os.kill(os.getpid(), number(name)),
    "kill": kill,
    "fork": fork,
    "wait": wait,
    "setsid": os.setsid,
    "setpgid": setpgid,
    "subreaper": subreaper,
    "uid": become,
    "limit": limit,
    "claim": claim,
    "unlink": os.unlink,
    "daemon": become_daemon,
    "loop": loop,
    "repeat": repeat,
    "read": read,
    "copy": copy,
    "listen": listen,
    "accept": accept,
    "hear": hear,
    "save": save,
    "tell": tell,
}

if __name__ == "__main__":
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    run(json.loads(sys.argv[1]))
    os._exit(0)
