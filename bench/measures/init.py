"""`initd -- CMD` beside tini and a bare interpreter: the cost of a start, of an orphan, of a signal, of waiting.

Everything is taken in turns. Draining is the processor time of the init alone (schedstat): it was stopped while the zombies
gathered, so nothing else decides how fast they go. A round trip is a signal to the init, on to its command, and another
back from there; the others are wall time and resident memory.
"""

from __future__ import annotations

import os
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import proc
from daemons import PATIENCE_S, TooSlow, initd_command, until
from promises import Figure

ROUNDS = 3
ZOMBIES = 20_000
STARTS, PINGS = 25, 2000
BARE = (sys.executable, "-I", "-S", "-c", "import time; time.sleep(1000)")
UNSHARE = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child=KILL")
ORPHANS = f"""
import os, sys
helper = os.fork()
if helper == 0:
    for _ in range({ZOMBIES}):
        if os.fork() == 0:
            os._exit(0)
    sys.stdin.readline()
    os._exit(0)
print("made", flush=True)
os.waitpid(helper, 0)
print("left", flush=True)
sys.stdin.readline()
"""
ECHO = """
import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
os.write(1, b"ready\\n")
while True:
    signal.sigwait({signal.SIGUSR1})
    os.kill(int(sys.argv[1]), signal.SIGUSR2)
"""


def measure(rounds: int) -> Iterator[Figure]:
    """The ratios that are promised, and the figures they are made of."""
    inits = {"initd": (*initd_command(), "--")}
    if (tini := shutil.which("tini")) is not None:
        inits["tini"] = (tini, "-s", "--")
    starts = {name: [_start((*init, "/bin/true")) for _ in range(rounds * STARTS)] for name, init in inits.items()}
    bare = [_start((*BARE[:4], "pass")) for _ in range(rounds * STARTS)]
    yield Figure("init: start of true", "ms", starts)
    yield Figure("init: start, times a bare interpreter's", "", {"initd": [min(starts["initd"]) / min(bare)]})
    memory = {name: _resident((*init, "sleep", "1000")) for name, init in inits.items()}
    yield Figure("init: resident", "KiB", {name: [kib] for name, kib in memory.items()})
    yield Figure("init: resident, more than a bare interpreter", "KiB", {"initd": [memory["initd"] - _resident(BARE)]})
    for what, unit, ask in (("drain of a zombie", "us", _drain), ("round trip of a signal", "us", _round_trip)):
        values: dict[str, list[float]] = {name: [] for name in inits}
        for _ in range(rounds):
            for name, init in inits.items():
                values[name].append(ask(init))
        yield Figure(f"init: {what}", unit, values)
        if "tini" in values:
            ratio = statistics.median(values["initd"]) / statistics.median(values["tini"])
            yield Figure(f"init: {what}, times tini's", "", {"initd": [ratio]})


def _start(command: tuple[str, ...]) -> float:
    began = time.perf_counter()
    os.waitpid(os.posix_spawn(command[0], command, os.environ), 0)
    return (time.perf_counter() - began) * 1e3


def _resident(command: tuple[str, ...]) -> float:
    """What the process itself has in memory once it sleeps."""
    with subprocess.Popen(command) as process:
        time.sleep(1)
        until("it sleeps", lambda: proc.state(process.pid) == "S")
        kib = proc.rss_kib(process.pid)
        process.terminate()
    return kib


def _drain(init: tuple[str, ...]) -> float:
    """Microseconds of the init's own processor time for each of many zombies, as PID 1."""
    command = (*UNSHARE, *init, sys.executable, "-I", "-S", "-c", ORPHANS)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdout.readline()
        (pid,) = proc.children(process.pid)
        os.kill(pid, signal.SIGSTOP)
        process.stdin.write("go\n")
        process.stdin.flush()
        process.stdout.readline()
        until("the zombies are its own", lambda: len(proc.children(pid)) > ZOMBIES)
        before = _ran_ns(pid)
        os.kill(pid, signal.SIGCONT)
        until("none is left", lambda: len(proc.children(pid)) == 1)
        ran = _ran_ns(pid) - before
        process.stdin.write("end\n")
    return ran / 1e3 / ZOMBIES


def _ran_ns(pid: int) -> int:
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])


def _round_trip(init: tuple[str, ...]) -> float:
    """The median of many, in microseconds."""
    answer = {signal.SIGUSR2}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, answer)
    times = []
    command = (*init, sys.executable, "-I", "-S", "-c", ECHO, str(os.getpid()))
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        for _ in range(PINGS):
            began = time.perf_counter()
            os.kill(process.pid, signal.SIGUSR1)
            if signal.sigtimedwait(answer, PATIENCE_S) is None:
                raise TooSlow("the answer to a signal")
            times.append(time.perf_counter() - began)
        process.terminate()
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return statistics.median(times) * 1e6
