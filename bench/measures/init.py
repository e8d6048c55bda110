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
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import proc
from daemons import PATIENCE_S, TooSlow, initd_command, until
from promises import Figure

ROUNDS = 3
ZOMBIES, DRAINS = 4_000, 5
"""20,000 a round, in parts, so that two inits are compared within moments of each other."""
STARTS, PINGS, IDLE_S = 25, 2000, 3
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
    whom: dict[str, tuple[str, ...]] = {name: (*init, "/bin/true") for name, init in inits.items()}
    starts = _in_turns(rounds * STARTS, {**whom, "bare": (*BARE[:4], "pass")}, _start)
    bare = starts.pop("bare")
    yield Figure("init: start of true", "ms", starts)
    yield Figure("init: start, times a bare interpreter's", "", {"initd": [min(starts["initd"]) / min(bare)]})
    memory = {name: _resident((*init, "sleep", "1000")) for name, init in inits.items()}
    yield Figure("init: resident", "KiB", {name: [kib] for name, kib in memory.items()})
    yield Figure("init: resident, more than a bare interpreter", "KiB", {"initd": [memory["initd"] - _resident(BARE)]})
    yield Figure("init: wake-ups while idle", "", {name: [_wake_ups((*init, "sleep", "1000"))] for name, init in inits.items()})
    for what, unit, ask, times in (
        ("drain of a zombie", "us", _drain, DRAINS),
        ("round trip of a signal", "us", _round_trip, 1),
    ):
        values = _in_turns(rounds * times, inits, ask)
        yield Figure(f"init: {what}", unit, values)
        if "tini" in values:
            ratio = statistics.median(ours / theirs for ours, theirs in zip(values["initd"], values["tini"]))
            yield Figure(f"init: {what}, times tini's", "", {"initd": [ratio]})


def _in_turns(times: int, whom: Mapping[str, tuple[str, ...]], ask: Callable[[tuple[str, ...]], float]) -> dict[str, list[float]]:
    """So many values of each, one after the other, each time in the other order: what disturbs is shared out."""
    values: dict[str, list[float]] = {name: [] for name in whom}
    for turn in range(times):
        for name in list(whom)[:: -1 if turn % 2 else 1]:
            values[name].append(ask(whom[name]))
    return values


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


def _wake_ups(command: tuple[str, ...]) -> float:
    """How often the process itself gives up the processor in some seconds in which nothing happens."""
    with subprocess.Popen(command) as process:
        until("its command", lambda: proc.children(process.pid))
        until("it rests", lambda: _rests(process.pid))
        before = _switches(process.pid)
        time.sleep(IDLE_S)
        count = _switches(process.pid) - before
        process.terminate()
    return count


def _rests(pid: int) -> bool:
    before = _switches(pid)
    time.sleep(0.5)
    return _switches(pid) == before


def _switches(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("voluntary"))


def _drain(init: tuple[str, ...]) -> float:
    """Microseconds of the init's own processor time for each of many zombies, as PID 1."""
    command = (*UNSHARE, *init, sys.executable, "-I", "-S", "-c", ORPHANS)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdout.readline()
        (pid,) = proc.children(process.pid)
        until("it has loaded what it keeps for later", lambda: _rests(pid))
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
