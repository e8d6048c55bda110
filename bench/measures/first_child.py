"""From executing the daemon to the first instruction of its first child, by the child's own clock.

The child is `stamp.c`, linked statically, so that nothing of its own start is counted; the clock starts just before the
fork that executes the daemon. What the daemon's main thread waited for a processor until then (schedstat) is taken off,
since it is the machine's; the note has the median with it, and the processor time of that thread, which other load
changes least.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from daemons import Daemon, available, until
from promises import Figure

ROUNDS = 4
STARTS = 5
SOURCE = Path(__file__).resolve().parent.parent / "stamp.c"


def measure(rounds: int) -> Iterator[Figure]:
    """The median of STARTS a round, taken in turns."""
    if (compiler := shutil.which("cc")) is None:
        print("exec to first child: not measured, needs a C compiler")
        return
    kinds = available()
    values: dict[str, list[float]] = {kind.name: [] for kind in kinds}
    walls: dict[str, list[float]] = {kind.name: [] for kind in kinds}
    ran: dict[str, list[float]] = {kind.name: [] for kind in kinds}
    with TemporaryDirectory(prefix="bench.") as folder:
        child, stamp = Path(folder) / "stamp", Path(folder) / "it"
        subprocess.run([compiler, "-O2", "-static", "-o", child, SOURCE], check=True)
        for kind in kinds:
            _start(kind, child, stamp)  # once without counting: the page cache
        for _ in range(rounds):
            times: dict[str, list[float]] = {kind.name: [] for kind in kinds}
            for _ in range(STARTS):
                for kind in kinds:
                    wall, run, waited = _start(kind, child, stamp)
                    times[kind.name].append(wall - waited)
                    walls[kind.name].append(wall)
                    ran[kind.name].append(run)
            for name, each in times.items():
                values[name].append(statistics.median(each))
    notes = [f"{name} {statistics.median(walls[name]):.3g}, ran {statistics.median(ran[name]):.3g}" for name in values]
    yield Figure("exec to first child", "ms", values, "with waits for a processor: " + "; ".join(notes))


def _start(kind: type[Daemon], child: Path, stamp: Path) -> tuple[float, float, float]:
    """Milliseconds until the child began, and how many of them the daemon ran and waited."""
    stamp.unlink(missing_ok=True)
    with kind() as daemon:
        daemon.one_program(f"{child} {stamp}")
        began = time.monotonic_ns()
        daemon.start()
        until(f"{kind.name}: a first child", stamp.exists)
        at, ran, waited = map(int, stamp.read_text().split())
    return (at - began) / 1e6, ran / 1e6, waited / 1e6
