"""How much later a killed program is back while a disk, a client or another program does its worst.

Each round kills one program KILLS times while nothing else happens and KILLS times under the disturbance. The figure is
the worst of the latter less the median of the former, both without what the daemon's main thread or the measuring waited
for a processor (schedstat); the note has the worst without that correction. What its worker threads and the dying program
waited is not taken off, since it cannot be told from what the daemon makes them wait; "nothing" tells how much that is.
"""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import frozen
from daemons import SUPERVISORS, Supervisord, TooSlow, until
from promises import Figure

ROUNDS = 3
KILLS = {"initd": 30, "supervisord": 4}
GIVE_UP_S = 4.0
"""What takes longer than this counts as this long."""
PAUSE_S = 0.21
"""initd brings a program back at once at most five times a second (D26)."""
LOG_BYTES = 50_000_000
LINE = b"2026-01-01 12:00:00,000 INFO <worker-7> handled & answered in 17 ms\n"
CLIENT = Path(__file__).resolve().parent.parent / "client.py"
SECTIONS = """
[program:victim]
command = /bin/sleep 100000
startsecs = 0
autorestart = true
[program:large]
command = /bin/sleep 100000
stdout_logfile = %(here)s/large.log
stdout_logfile_maxbytes = 0
[program:writer]
command = /bin/sh -c "while :; do echo a line; sleep 0.01; done"
stdout_logfile = %(here)s/disk/writer.log
stdout_logfile_maxbytes = 1MB
"""
MANY = """
[program:many]
command = /bin/sleep 100000
numprocs = 1000
process_name = %(program_name)s_%(process_num)d
autostart = false
"""
A_LOT = "".join(f"[program:lot_{number}]\ncommand = /bin/sleep 100000\nautostart = false\n" for number in range(2000))
Done = Callable[[], str]
Kill = tuple[float, float]
"""Seconds until a successor was there, and how many of them were spent waiting for a processor."""
Disturb = Callable[[Supervisord], AbstractContextManager[Done]]
"""Goes on inside its `with`, which gives a function that tells what has been done so far."""


def measure(rounds: int) -> Iterator[Figure]:
    """One figure for each disturbance, of fresh daemons each round."""
    for name, (disturb, sections) in DISTURBANCES.items():
        if disturb is freeze and not frozen.available():
            print(f"delay by {name}: not measured, needs root, mkfs.ext4 and fsfreeze")
            continue
        values: dict[str, list[float]] = {kind.name: [] for kind in SUPERVISORS}
        raw: dict[str, list[float]] = {kind.name: [] for kind in SUPERVISORS}
        medians: dict[str, list[float]] = {kind.name: [] for kind in SUPERVISORS}
        done: list[str] = []
        for number in range(rounds):
            for kind in SUPERVISORS:
                if number == 0 or kind.name == "initd":
                    calm, kills, did = _round(kind, disturb, sections)
                    times = [seconds - waited for seconds, waited in kills]
                    done += [f"{kind.name} {did}"] if did else []
                    values[kind.name].append((max(times) - calm) * 1e3)
                    raw[kind.name].append((max(seconds for seconds, _ in kills) - calm) * 1e3)
                    medians[kind.name].append((statistics.median(times) - calm) * 1e3)
        usual = ", ".join(f"{kind} {min(each):.3g}" for kind, each in medians.items())
        worst = ", ".join(f"{kind} {min(each):.3g}" for kind, each in raw.items())
        note = f"the worst kill; with waits for a processor: {worst}; the median one: {usual}"
        yield Figure(f"delay by {name}", "ms", values, "; ".join([note, *done]))


def _round(kind: type[Supervisord], disturb: Disturb, sections: str) -> tuple[float, list[Kill], str]:
    """The median of the restarts before the disturbance, all restarts during it, and what it did."""
    with ExitStack() as stack:
        daemon = stack.enter_context(kind())
        disk = daemon.folder / "disk"
        disk.mkdir()
        if disturb is freeze:
            stack.enter_context(frozen.mounted(disk))
        (daemon.folder / "large.log").write_bytes(LINE * (LOG_BYTES // len(LINE)))
        daemon.configure(SECTIONS + sections)
        daemon.start()
        until(f"{kind.name}: its socket", daemon.socket.exists)
        until(f"{kind.name}: all three", lambda: daemon.states().count("RUNNING") == 3, poll_s=0.1)
        calm = _restarts(daemon, _victim(daemon))
        victim = until(f"{kind.name}: the victim", lambda: _victim(daemon))
        with disturb(daemon) as done:
            times = _restarts(daemon, victim)
            did = done()
        return statistics.median(seconds - waited for seconds, waited in calm), times, did


def _restarts(daemon: Supervisord, victim: int) -> list[Kill]:
    """Kill the victim again and again; how long its successors took. It ends with the first that takes too long."""
    times: list[Kill] = []
    for _ in range(KILLS[daemon.name]):
        time.sleep(PAUSE_S + random.random() / 10)
        try:
            seconds, victim = daemon.time_restart(victim, GIVE_UP_S)
        except TooSlow:
            return [*times, (GIVE_UP_S, 0.0)]
        times.append((seconds, daemon.waited_s))
    return times


def _victim(daemon: Supervisord) -> int:
    return int(daemon.rpc.supervisor.getProcessInfo("victim")["pid"])


@contextmanager
def nothing(daemon: Supervisord) -> Iterator[Done]:
    """How much the scheduler adds by itself."""
    yield lambda: ""


@contextmanager
def freeze(daemon: Supervisord) -> Iterator[Done]:
    """The log of another program, one that writes all the time, is on a disk that hangs."""
    with frozen.frozen(daemon.folder / "disk"):
        time.sleep(0.5)
        yield lambda: ""


def client(what: str) -> Disturb:
    """What client.py does under that name."""

    @contextmanager
    def disturb(daemon: Supervisord) -> Iterator[Done]:
        command = [sys.executable, str(CLIENT), str(daemon.socket), what]
        output = daemon.folder / "answers"
        with output.open("wb") as file:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file)
        try:
            until(f"{daemon.name}: {what}", lambda: output.read_bytes() or process.poll() is not None)
            yield lambda: _answers(output, process)
        finally:
            process.kill()
            process.wait()

    return disturb


def _answers(output: Path, process: subprocess.Popen[bytes]) -> str:
    words = output.read_text().split()
    if process.poll() is not None or "fault" in words:
        return "THE CLIENT FAILED"
    return f"{len(words) - 1} answers" if len(words) > 1 else ""


DISTURBANCES: dict[str, tuple[Disturb, str]] = {
    "nothing": (nothing, ""),
    "a log on a frozen disk": (freeze, ""),
    "a client that sends a byte a second": (client("drip"), ""),
    "a client that reads a byte a second": (client("sip"), ""),
    "reads of a 50 MB log": (client("reads"), ""),
    "multicalls of 2,000": (client("multicalls"), ""),
    "multicalls of 10,000": (client("long-multicalls"), ""),
    "getAllProcessInfo of 1,000 programs": (client("infos"), MANY),
    "the page of 1,000 programs": (client("pages"), MANY),
    "reloadConfig of 2,000 programs": (client("rereads"), A_LOT),
    "heads of 8 MB": (client("heads"), ""),
    "bodies of 8 MB": (client("bodies"), ""),
    "100 clients that follow a log": (client("tails"), ""),
    "1,000 idle connections": (client("idle"), ""),
}
