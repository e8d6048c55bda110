"""The words scenarios are written in: each makes a step, a function of one side that may give something to compare."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.conformance.lifecycle_side import Side, alive

Step = Callable[[Side], Any]


@dataclass(frozen=True)
class Scenario:
    """Programs, what is done to them, and where initd is meant to differ: aspect → (difference, what initd shows)."""

    name: str
    programs: str
    steps: tuple[Step, ...] = ()
    names: tuple[str, ...] = ()
    differs: Mapping[str, tuple[str, Any]] = field(default_factory=dict)
    files: Mapping[str, tuple[str | bytes, int]] = field(default_factory=dict)
    daemon: str | None = None  # the [supervisord] section of a daemon of its own; None shares one with others
    skip: frozenset[str] = frozenset()  # aspects that have nothing stable to say

    def __post_init__(self) -> None:
        found = re.findall(r"^\[program:(.*)\]", self.programs, re.M)
        object.__setattr__(self, "names", self.names or tuple(found))


def program(name: str, command: str = "/bin/sleep 1000", **options: object) -> str:
    """A program that waits to be started, is not restarted and logs to files of its name."""
    plain: dict[str, object] = {
        "command": command,
        "autostart": "false",
        "autorestart": "false",
        "startsecs": 0,
        "stdout_logfile": f"@DIR@/{name}.out",
        "stderr_logfile": f"@DIR@/{name}.err",
    }
    lines = [f"{key}={value}" for key, value in (plain | options).items() if value is not None]
    return "\n".join([f"[program:{name}]", *lines, "", ""])


def shell(name: str, **options: object) -> str:
    """A program that runs the scenario's file `<name>.sh`."""
    return program(name, f"/bin/sh @DIR@/{name}.sh", **options)


def rpc(method: str, *args: Any) -> Step:
    return lambda side: (method, args, side.rpc(method, *args))


def quiet(method: str, *args: Any) -> Step:
    """A call whose answer is not compared."""

    def step(side: Side) -> None:
        side.rpc(method, *args)

    return step


def many(method: str, *calls: tuple[Any, ...]) -> Step:
    return lambda side: {(method, *args): side.rpc(method, *args) for args in calls}


def ctl(*args: str) -> Step:
    return lambda side: (args, side.ctl(*args))


def pids(*args: str) -> Step:
    """The client's answer with every number left out."""

    def step(side: Side) -> tuple[tuple[str, ...], int, str]:
        code, text = side.ctl("pid", *args)
        return args, code, re.sub(r"^[1-9]\d*$", "N", text, flags=re.M)

    return step


def start(name: str, wait: bool = True) -> Step:
    return rpc("startProcess", name, wait)


def stop(name: str, wait: bool = True) -> Step:
    return rpc("stopProcess", name, wait)


def info(name: str) -> Step:
    return lambda side: side.info(name)


def until(name: str, state: str, seconds: float = 25.0) -> Step:
    spec = name if ":" in name else f"{name}:{name}"

    def step(side: Side) -> None:
        since = time.monotonic()
        side.wait(lambda: side.infos(since)[spec]["statename"] == state, f"{name} to be {state}", seconds)

    return step


def until_log(pattern: str, count: int = 1) -> Step:
    def step(side: Side) -> None:
        def seen() -> bool:
            return sum(1 for _, text in side.log() if re.search(pattern, text)) >= count

        side.wait(seen, f"{count} log lines like {pattern!r}")

    return step


def until_file(name: str, text: str, count: int = 1) -> Step:
    def step(side: Side) -> None:
        side.wait(lambda: side.text(name).count(text) >= count, f"{text!r} in {name}")

    return step


def content(name: str) -> Step:
    return lambda side: (name, side.same(side.text(name)))


def lines(pattern: str) -> Step:
    """The main log's lines like this one, in their order."""
    return lambda side: [line for line in side.log() if re.search(pattern, line[1])]


def write(name: str, text: str, mode: int = 0o644) -> Step:
    return lambda side: side.write(name, text, mode)


def rename(old: str, new: str) -> Step:
    def step(side: Side) -> None:
        (side.dir / old).rename(side.dir / new)

    return step


def listing(*patterns: str) -> Step:
    """Name, mode and size of the files that fit; the random part of names is left out."""

    def step(side: Side) -> list[tuple[str, str, int]]:
        paths = [path for pattern in patterns for path in sorted(side.dir.glob(pattern))]
        return sorted((side.same(p.name), oct(p.stat().st_mode & 0o777), p.stat().st_size) for p in paths)

    return step


def names(*patterns: str) -> Step:
    def step(side: Side) -> list[str]:
        return sorted(side.same(path.name) for pattern in patterns for path in side.dir.glob(pattern))

    return step


def kill(name: str, number: signal.Signals) -> Step:
    """A signal from outside to a program."""

    def step(side: Side) -> None:
        os.kill(side.infos(time.monotonic())[f"{name}:{name}"]["pid"], number)

    return step


def signal_daemon(number: signal.Signals) -> Step:
    return lambda side: os.kill(side.pid, number)


def exit_code(side: Side) -> tuple[str, int]:
    """The daemon ends; with what."""
    assert side.daemon
    code = side.wait(lambda: side.daemon.poll() is not None and [side.daemon.returncode], "the daemon to end")
    return "exit code", code[0]


def lives(pid_file: str) -> Step:
    """Whether the process that wrote its pid to a file outlives the rest."""

    def step(side: Side) -> tuple[str, bool]:
        pid = int(side.text(pid_file))
        if side.memory.get(f"{pid_file} is doomed"):
            with contextlib.suppress(Exception):
                side.wait(lambda: not alive(pid), f"{pid} to end", 3)
        return f"{pid_file} lives", alive(pid)

    return step


def doomed(pid_file: str) -> Step:
    """From here on the process is expected to end, so give it a moment before judging."""

    def step(side: Side) -> None:
        side.memory[f"{pid_file} is doomed"] = True

    return step


def call(function: Callable[[Side], Any]) -> Step:
    return function
