"""The words scenarios are written in: each makes a step, a function of one side that may give something to compare."""

from __future__ import annotations

import errno
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
    live: bool = False  # what stock shows depends on the machine: it is asked every time

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
        "stopwaitsecs": 600,
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


def each(method: str, *args: Any) -> Step:
    """A call about several programs, whose rows come as each is done."""

    def step(side: Side) -> tuple[str, tuple[Any, ...], Any]:
        answer = side.rpc(method, *args)
        if isinstance(answer, list):
            answer = sorted(answer, key=lambda row: (row["group"], row["name"]))
        return method, args, answer

    return step


def talk(*args: str) -> Step:
    """The client's answer, whose lines come as each program is done, and its code is that of the last."""

    def step(side: Side) -> tuple[tuple[str, ...], bool, list[str]]:
        code, text = side.ctl(*args)
        return args, code != 0, sorted(text.splitlines())

    return step


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


def until(name: str, state: str) -> Step:
    spec = name if ":" in name else f"{name}:{name}"

    def step(side: Side) -> None:
        since = time.monotonic()
        side.wait(lambda: side.infos(since)[spec]["statename"] == state, f"{name} to be {state}")

    return step


def until_log(pattern: str, count: int = 1) -> Step:
    """The main log has so many lines like this one."""

    def step(side: Side) -> None:
        looked, found = 0, 0

        def seen() -> bool:
            nonlocal looked, found
            lines = side.log()
            looked, found = (looked, found) if len(lines) >= looked else (0, 0)
            found += sum(1 for _, text in lines[looked:] if re.search(pattern, text))
            looked = len(lines)
            return found >= count

        side.wait(seen, f"{count} log lines like {pattern!r}")

    return step


def up(name: str, count: int = 1) -> Step:
    """Stock and initd both have called it RUNNING for the n-th time: it may end now without being taken for a failure."""
    return until_log(f"^success: {name} ", count)


def let(gate: str) -> Step:
    """Let the script go on that reads @DIR@/<gate>.gate."""

    def step(side: Side) -> None:
        def opened() -> list[int]:
            try:
                return [os.open(side.dir / f"{gate}.gate", os.O_WRONLY | os.O_NONBLOCK)]
            except OSError as error:
                if error.errno != errno.ENXIO:
                    raise
                return []

        (fd,) = side.wait(opened, f"a reader of {gate}.gate")
        os.write(fd, b"\n")
        os.close(fd)

    return step


def failures(name: str, count: int) -> Step:
    """Starts of a `broken` program until so many failed in a row: in BACKOFF then, for `count` seconds.

    A stop in BACKOFF keeps the count of failures, so none of the waits in between has to be waited for.
    """

    def failed(side: Side) -> int:
        return sum(text.startswith("spawnerr: ") and f"'{name}'" in text for _, text in side.settled())

    def more(side: Side) -> bool:
        for _ in range(min(count - failed(side), 10)):
            side.rpc("stopProcess", name, False)
            side.rpc("startProcess", name, False)
        return failed(side) >= count

    return lambda side: side.wait(lambda: more(side), f"{count} failures of {name}") and None


def broken(name: str, command: str = "/bin/sleep 1000", **options: object) -> str:
    """A program whose log cannot be opened until `repair`: the command is found, so that clients may ask for it."""
    return program(name, command, stdout_logfile=f"@DIR@/{name}.d/log", **options)


def broken_files(name: str) -> dict[str, tuple[str, int]]:
    return {f"{name}.d/log/in-the-way": ("", 0o644)}


def repair(name: str) -> Step:
    return lambda side: (side.dir / f"{name}.d/log").rename(side.dir / f"{name}.d/away") and None


def spoil(name: str) -> Step:
    def step(side: Side) -> None:
        (side.dir / f"{name}.d/log").unlink()
        (side.dir / f"{name}.d/away").rename(side.dir / f"{name}.d/log")

    return step


def mark(name: str) -> Step:
    """`story` of this name tells what happened from here on."""

    def step(side: Side) -> None:
        side.marks[name] = len(side.settled())

    return step


def story(name: str) -> Step:
    """What the main log tells of a program since `mark`."""
    return lambda side: [
        line
        for line in side.settled()[side.marks[name] :]
        if re.search(rf"(?<!\w){name}(?!\w)", line[1]) and told(line[1])
    ]


def told(text: str) -> bool:
    return not re.match(r"fd \d+ closed|'.*' std(out|err) output:$|waiting for ", text)


def until_file(name: str, text: str, count: int = 1) -> Step:
    def step(side: Side) -> None:
        side.wait(lambda: side.text(name).count(text) >= count, f"{text!r} in {name}")

    return step


def exists(name: str) -> Step:
    def step(side: Side) -> None:
        side.wait((side.dir / name).exists, f"{name} to exist")

    return step


def content(name: str) -> Step:
    return lambda side: (name, side.same(side.text(name)))


def lines(pattern: str) -> Step:
    """The main log's lines like this one, in their order."""
    return lambda side: [line for line in side.settled() if re.search(pattern, line[1])]


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


def modes(*patterns: str) -> Step:
    """`listing` of files whose size says nothing."""
    look = listing(*patterns)
    return lambda side: [row[:2] for row in look(side)]


def names(*patterns: str) -> Step:
    def step(side: Side) -> list[str]:
        return sorted(side.same(path.name) for pattern in patterns for path in side.dir.glob(pattern))

    return step


def kill(name: str, number: signal.Signals) -> Step:
    """A signal from outside to a program."""

    def step(side: Side) -> None:
        side.born()
        os.kill(side.infos(time.monotonic())[f"{name}:{name}"]["pid"], number)

    return step


def signal_daemon(number: signal.Signals) -> Step:
    def step(side: Side) -> None:
        side.born()
        os.kill(side.pid, number)

    return step


def exit_code(side: Side) -> tuple[str, int]:
    """The daemon ends; with what."""
    assert side.daemon
    code = side.wait(lambda: side.daemon.poll() is not None and [side.daemon.returncode], "the daemon to end")
    return "exit code", code[0]


def lives(pid_file: str) -> Step:
    """Whether the process that wrote its pid to a file has outlived the rest."""
    return lambda side: (f"{pid_file} lives", alive(int(side.text(pid_file))))


def ends(pid_file: str) -> Step:
    """The process that wrote its pid to a file comes to its end."""

    def step(side: Side) -> None:
        pid = int(side.text(pid_file))
        side.wait(lambda: not alive(pid), f"{pid_file} to end")

    return step


def call(function: Callable[[Side], Any]) -> Step:
    return function
