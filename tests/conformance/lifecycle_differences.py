"""Scenarios in which initd is meant to differ, each for the sake of one row of docs/deliberate-differences.md."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
from pathlib import Path
from typing import Any

from tests.conformance.events_states import NO_SIGNALS
from tests.conformance.lifecycle_daemons import ALL, HUP, boot, own, running
from tests.conformance.lifecycle_side import Side
from tests.conformance.lifecycle_steps import (
    Scenario,
    Step,
    broken,
    broken_files,
    call,
    kill,
    program,
    quiet,
    rpc,
    signal_daemon,
    until,
    up,
    write,
)

# A daemon's modules before it is one: what it then asks of the system goes wrong, and is noted.
NO_LINKS = """\
import os
def link(*args, **more):
    with open("@DIR@/asked", "a") as file:
        file.write("link\\n")
    raise PermissionError(1, "Operation not permitted")
os.link = link
"""
NO_NAMES = """\
import socket
def nobody(address):
    with open("@DIR@/asked", "a") as file:
        file.write("name\\n")
    raise OSError("nobody of that name")
socket.gethostbyname = socket.gethostbyaddr = nobody
"""


def fate(word: str) -> Step:
    """Whether the daemon has ended, and how, or goes on having said a word about it."""

    def step(side: Side) -> tuple[str, Any]:
        assert side.daemon is not None
        daemon = side.daemon
        side.wait(
            lambda: daemon.poll() is not None or any(word in text for _, text in side.log()), f"an end or {word!r}"
        )
        return ("ended", daemon.returncode) if daemon.poll() is not None else ("goes on", None)

    return step


def end_of_unknown(side: Side) -> tuple[str, Any]:
    """Whether the daemon survives the end of a program it calls UNKNOWN, and what it calls it then."""
    assert side.daemon is not None
    daemon = side.daemon

    def state() -> str:
        with contextlib.suppress(OSError, http.client.HTTPException):
            return str(side.ask("getProcessInfo", "un")["statename"])
        return ""

    side.wait(lambda: daemon.poll() is not None or state() not in ("", "UNKNOWN"), "the end of what is UNKNOWN")
    return ("ended", daemon.returncode) if daemon.poll() is not None else ("goes on", state())


def begins(side: Side) -> tuple[str, Any]:
    """Whether a daemon that was just started comes up, and what it has asked for."""
    side.daemon = daemon = side.launch("-n")
    side.pid = daemon.pid
    side.wait(lambda: daemon.poll() is not None or tries(side) >= 5 or side.answers(), "an end or an answer")
    if daemon.poll() is not None:
        return "ended", daemon.returncode
    return ("tries for ever", None) if tries(side) >= 5 else ("goes on", side.text("asked"))


def tries(side: Side) -> int:
    return side.text("asked").count("link")


def second(side: Side) -> tuple[str, int]:
    return "the second ended", side.launch("-n").wait()


def serve(side: Side) -> None:
    """A server on a port that is free."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    side.write("conf.d/port.conf", f"[inet_http_server]\nport=127.0.0.1:{port}\n")


def kept(side: Side) -> list[int]:
    """The sizes of the logs that have names of the daemon's making."""
    return [path.stat().st_size for path in side.dir.glob("auto/*-stdout---*")]


def pipes(side: Side) -> int:
    """How many ends of pipes the daemon holds."""
    found = 0
    for fd in Path(f"/proc/{side.pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            found += os.readlink(fd).startswith("pipe:")
    return found


def lost(side: Side) -> tuple[str, int]:
    """How many more there are after five starts that failed."""
    before = pipes(side)
    for _ in range(5):
        side.rpc("startProcess", "fd")
    return "ends of pipes lost", pipes(side) - before


def stuffed(side: Side) -> list[Any]:
    """Input for a program that does not read, in pieces."""
    return [side.rpc("sendProcessStdin", "in", "x" * 60_000) for _ in range(3)]


SCENARIOS: list[Scenario] = [
    own(
        "the end of a program that might not be signalled",
        program("un"),
        boot(),
        rpc("startProcess", "un"),
        up("un"),
        write("refused", ""),
        quiet("stopProcess", "un"),
        until("un", "UNKNOWN"),
        kill("un", signal.SIGKILL),
        end_of_unknown,
        files={"modules/sitecustomize.py": (NO_SIGNALS, 0o644)},
        differs={"answers": ("D1", [("startProcess", ("un",), True), ("goes on", "STOPPED")])},
        skip=ALL,
    ),
    own(
        "a reload of a broken file",
        running("rb"),
        boot(),
        up("rb"),
        write("conf.d/b.conf", "[program:broken]\nstartsecs=soon\ncommand=/bin/true\n"),
        signal_daemon(HUP),
        fate("soon"),
        differs={"answers": ("D11", [("goes on", None)])},
        skip=ALL,
    ),
    own(
        "a second daemon of the same file",
        running("first", "/bin/sh -c 'echo ready; exec sleep 1000'", stdout_logfile="AUTO"),
        boot(),
        up("first"),
        call(lambda side: side.wait(lambda: kept(side) == [6], "its log") and None),
        second,
        kept,
        differs={"answers": ("D12", [("the second ended", 2), [6]])},
        skip=ALL,
    ),
    own(
        "starts that fail since a log cannot be opened",
        broken("fd", startretries=0),
        boot(),
        lost,
        files=broken_files("fd"),
        differs={"answers": ("D18", [("ends of pipes lost", 0)])},
        skip=ALL,
    ),
    own(
        "values for all sections",
        "[DEFAULT]\nstopwaitsecs=7\n" + running("df"),
        begins,
        differs={"answers": ("D23", [("goes on", "")])},
        skip=ALL,
    ),
    own(
        "a socket where there are no hard links",
        running("nl"),
        begins,
        files={"modules/sitecustomize.py": (NO_LINKS, 0o644)},
        differs={"answers": ("D24", [("goes on", "")])},
        skip=ALL,
    ),
    own(
        "a server for other machines",
        running("sm"),
        serve,
        begins,
        files={"modules/sitecustomize.py": (NO_NAMES, 0o644)},
        differs={"answers": ("D32", [("goes on", "")])},
        skip=ALL,
    ),
    own(
        "more input than a program takes",
        program("in"),
        boot(),
        quiet("startProcess", "in"),
        stuffed,
        differs={"answers": ("D27", [[True, True, True]])},
        skip=ALL,
    ),
    own(
        "SIGUSR1 for the daemon",
        running("u1"),
        boot(),
        up("u1"),
        signal_daemon(signal.SIGUSR1),
        fate("SIGUSR1"),
        differs={"answers": ("D31", [("goes on", None)])},
        skip=ALL,
    ),
]
