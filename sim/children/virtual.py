"""The step language on the simulated kernel: a generator for each running script, resumed by the scheduler.

A script yields what it waits for (a time, PAUSE, AGAIN, Exit, Uninterruptible) and looks again when it is resumed, for a
wake-up may be meant for somebody above it.
"""

from __future__ import annotations

import contextlib
import json

from initd.signals import SIGPIPE, signal_number
from sim.children.lives import live, struck
from sim.children.steps import detached, in_front, payload
from sim.kernel.pipes import PipeReader, PipeWriter
from sim.kernel.process import os_error
from sim.kernel.rules import rule
from sim.kernel.scheduler import AGAIN, PAUSE, Exit, Uninterruptible
from sim.kernel.signals import set_disposition
from sim.kernel.sockets import Listener

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import Any

    from sim.kernel.machine import Machine
    from sim.kernel.process import Process

    Script = Generator[Any, None, None]

STREAMS = {"in": 0, "out": 1, "err": 2}
BURST_STEPS = 256
BURST_NS = 256_000
"""So long 256 steps take that wait for nothing, so that a busy script lets time pass."""
CHUNK = 65536


def interpret(machine: Machine, process: Process, steps: list[Any]) -> Script:
    """Run the steps as that process."""
    for step in steps:
        process.burst += 1
        if process.burst >= BURST_STEPS:
            process.burst = 0
            until_ns = machine.clock.moment + BURST_NS
            while machine.clock.moment < until_ns:
                yield until_ns
        verb = step[0]
        if verb == "sleep":
            until_ns = machine.clock.moment + round(step[1] * 1_000_000_000)
            while machine.clock.moment < until_ns:
                yield until_ns
        elif verb in _WAITING:
            yield from _WAITING[verb](machine, process, step)
        else:
            try:
                _INSTANT[verb](machine, process, step)
            except OSError:
                continue  # refused
            if process.pending:
                yield AGAIN


def number(name: str) -> int:
    """The signal a step names; ValueError if there is none."""
    found = signal_number(name)
    if found is None:
        raise ValueError(f"no signal {name}")
    return found


# verbs that wait
def _exit(_machine: Machine, _process: Process, step: list[Any]) -> Script:
    yield Exit(step[1])


def _pause(_machine: Machine, _process: Process, _step: list[Any]) -> Script:
    while True:
        yield PAUSE


def _dstate(machine: Machine, _process: Process, step: list[Any]) -> Script:
    until_ns = machine.clock.moment + round(step[1] * 1_000_000_000)
    while machine.clock.moment < until_ns:
        yield Uninterruptible(until_ns)


def _loop(machine: Machine, process: Process, step: list[Any]) -> Script:
    while True:
        process.burst += 1
        yield from interpret(machine, process, step[1] or [["sleep", 0.001]])


def _repeat(machine: Machine, process: Process, step: list[Any]) -> Script:
    for _ in range(step[1]):
        yield from interpret(machine, process, step[2])


def _write(machine: Machine, process: Process, step: list[Any]) -> Script:
    what = step[2]
    data = payload(what) if isinstance(what, int) else what.encode()
    yield from write_all(machine, process, STREAMS.get(step[1], step[1]), data)


@rule("writer-blocks-on-a-full-pipe", "child-dies-of-sigpipe", "child-gets-epipe-when-ignored")
def write_all(machine: Machine, process: Process, fd: int, data: bytes) -> Script:
    """A blocking write of everything."""
    description = process.fds.get(fd)
    while description is not None and data:
        try:
            data = data[description.write(data) :]
        except BlockingIOError:
            description.await_writable(process)
            yield PAUSE
        except BrokenPipeError:
            machine.signals.send(process, SIGPIPE, inside=True)
            yield AGAIN
            yield Exit(1)
        except OSError:
            return


def read_some(process: Process, size: int) -> Generator[Any, None, bytes]:
    """A blocking read of stdin; b"" at its end."""
    description = process.fds.get(0)
    while description is not None:
        try:
            return description.read(size)
        except BlockingIOError:
            description.await_readable(process)
            yield PAUSE
        except OSError:
            break
    return b""


def _read(_machine: Machine, process: Process, _step: list[Any]) -> Script:
    while (yield from read_some(process, CHUNK)):
        continue


def _copy(machine: Machine, process: Process, _step: list[Any]) -> Script:
    while data := (yield from read_some(process, CHUNK)):
        yield from write_all(machine, process, 1, data)


def _listen(machine: Machine, process: Process, step: list[Any]) -> Script:
    yield from write_all(machine, process, 1, b"READY\n")
    yield from interpret(machine, process, [["hear"], ["sleep", step[2]]])
    result = step[1].encode()
    yield from write_all(machine, process, 1, b"RESULT %d\n%s" % (len(result), result))


def _hear(_machine: Machine, process: Process, _step: list[Any]) -> Script:
    header = b""
    while not header.endswith(b"\n"):
        byte = yield from read_some(process, 1)
        if not byte:
            yield Exit(0)
        header += byte
    process.burst = 0  # who has waited for somebody is not busy
    left = int(dict(word.split(":", 1) for word in header.decode().split())["len"])
    while left:
        data = yield from read_some(process, left)
        if not data:
            yield Exit(0)
        left -= len(data)


@rule("accept-waits-for-a-connection", "sharers-take-turns")
def _accept(_machine: Machine, process: Process, step: list[Any]) -> Script:
    listener = process.fds.get(0)
    while isinstance(listener, Listener):
        try:
            connection = listener.accept()
        except BlockingIOError:
            listener.await_readable(process)
            yield PAUSE
            continue
        connection.acquire()
        with contextlib.suppress(OSError):
            connection.write(step[1].replace("{pid}", str(process.pid)).encode())
        connection.release()
        return
    yield Exit(1)


def _wait(machine: Machine, process: Process, _step: list[Any]) -> Script:
    while process.children:
        for child in list(process.children.values()):
            if child.state == "Z":
                machine.family.release(child)
        if process.children:
            yield PAUSE


def _daemon(machine: Machine, process: Process, step: list[Any]) -> Script:
    how, below_init = step[1], process.parent is not None and process.parent.pid == 1
    detaches = how == "detached" or (how == "by default" and not below_init)
    yield from interpret(machine, process, detached(*step[2:]) if detaches else in_front(*step[2:]))


def _claim(machine: Machine, process: Process, step: list[Any]) -> Script:
    if machine.files.tree.walk(machine.files.tree.parts(step[1])) is not None:
        yield Exit(1)
    yield from _save(machine, process, ["save", step[1], "{pid}\n"])


def _save(machine: Machine, process: Process, step: list[Any]) -> Script:
    while machine.files.storage.hangs(step[1]):
        yield Uninterruptible(None)
    with contextlib.suppress(OSError):
        above = process.parent.pid if process.parent else 0
        text = step[2].replace("{pid}", str(process.pid)).replace("{ppid}", str(above))
        machine.files.write_file(step[1], text.encode())


def _tell(machine: Machine, process: Process, step: list[Any]) -> Script:
    words = [f"{key}={_fact(process, key)}" for key in step[1:]]
    yield from write_all(machine, process, 1, (" ".join(words) + "\n").encode())


def _fact(process: Process, key: str) -> str:
    if key == "ppid":
        return str(process.parent.pid if process.parent else 0)
    if key == "umask":
        return f"{process.umask:04o}"
    if key in ("fds", "groups"):
        return ",".join(map(str, sorted(process.fds if key == "fds" else process.groups)))
    if key == "argv":
        return json.dumps(process.argv)
    if key.startswith("env:"):
        return process.env.get(key[4:], "")
    return str(process.directory if key == "cwd" else getattr(process, key))


# verbs that do not wait
def _ignore(_machine: Machine, process: Process, step: list[Any]) -> None:
    set_disposition(process, number(step[1]), True, None)


def _default(_machine: Machine, process: Process, step: list[Any]) -> None:
    set_disposition(process, number(step[1]), False, None)


def _handle(_machine: Machine, process: Process, step: list[Any]) -> None:
    set_disposition(process, number(step[1]), False, step[2])


def _block(_machine: Machine, process: Process, step: list[Any]) -> None:
    process.blocked.add(number(step[1]))


def _unblock(_machine: Machine, process: Process, step: list[Any]) -> None:
    process.blocked.discard(number(step[1]))


def _raise(machine: Machine, process: Process, step: list[Any]) -> None:
    machine.signals.send(process, number(step[1]), inside=True)


def _kill(machine: Machine, process: Process, step: list[Any]) -> None:
    if step[1] == "group":
        machine.signals.kill_group(process, process.pgid, number(step[2]))
        return
    named = {"parent": process.parent.pid if process.parent else 0, "init": 1}
    machine.signals.kill(process, int(named.get(step[1], step[1])), number(step[2]))


@rule("grandchild-inherits-streams")
def _fork(machine: Machine, process: Process, step: list[Any]) -> None:
    child = machine.family.fork(process, process.fds)
    if machine.trace is not None:
        machine.trace(machine.clock.moment, "fork", child.pid, process.pid)
    machine.scheduler.start(child, step[1])


def _setsid(machine: Machine, process: Process, _step: list[Any]) -> None:
    machine.table.new_session(process)


def _setpgid(machine: Machine, process: Process, step: list[Any]) -> None:
    joins = len(step) > 1 and process.parent is not None
    machine.table.set_group(process, process.parent.pgid if joins and process.parent else process.pid)


def _close(_machine: Machine, process: Process, step: list[Any]) -> None:
    description = process.fds.pop(step[1], None)
    if description is None:
        raise os_error(9)
    description.release()


def _enlarge(_machine: Machine, process: Process, step: list[Any]) -> None:
    description = process.fds.get(step[1])
    if not isinstance(description, (PipeReader, PipeWriter)):
        raise os_error(9)
    description.pipe.resize(step[2])


def _subreaper(_machine: Machine, process: Process, _step: list[Any]) -> None:
    process.subreaper = True


def _uid(_machine: Machine, process: Process, step: list[Any]) -> None:
    if process.uid:
        raise os_error(1)
    process.uid = process.gid = step[1]


def _unlink(machine: Machine, _process: Process, step: list[Any]) -> None:
    machine.files.unlink(step[1])


def _limit(machine: Machine, process: Process, step: list[Any]) -> None:
    machine.table.limits[process.uid] = step[1]


def _exec_error(_machine: Machine, _process: Process, _step: list[Any]) -> None:
    """Has had its effect before the script began."""


_WAITING: dict[str, Callable[[Machine, Process, list[Any]], Script]] = {
    "exit": _exit, "pause": _pause, "dstate": _dstate, "loop": _loop, "repeat": _repeat, "write": _write, "read": _read,
    "copy": _copy, "listen": _listen, "hear": _hear, "wait": _wait, "tell": _tell, "save": _save, "live": live, "daemon": _daemon,
    "claim": _claim, "accept": _accept,
}  # fmt: skip
_INSTANT: dict[str, Callable[[Machine, Process, list[Any]], None]] = {
    "ignore": _ignore, "default": _default, "handle": _handle, "block": _block, "unblock": _unblock, "raise": _raise,
    "kill": _kill, "fork": _fork, "setsid": _setsid, "setpgid": _setpgid, "close": _close, "subreaper": _subreaper,
    "uid": _uid, "limit": _limit, "unlink": _unlink, "exec-error": _exec_error, "struck": struck, "enlarge": _enlarge,
}  # fmt: skip
