"""Measures initd against stock supervisord, and runit where it is installed, in the same run; see README.md beside this.

    python bench/run.py [--rounds N] [NAME ...]

Prints for each figure the median of all rounds, their range, and the ratio to initd. Exit status 1 if a promise of
promises.py is broken.
"""

from __future__ import annotations

import argparse
import os
import platform
import signal
import sys
from types import ModuleType

import daemons
from measures import disturbance, first_child, idle, info, init, leak, memory, restart, thousand

MEASURES: dict[str, ModuleType] = {
    module.__name__.rpartition(".")[2]: module
    for module in (restart, first_child, idle, memory, info, thousand, leak, disturbance, init)
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python bench/run.py", description="Measure initd against supervisord.")
    parser.add_argument("--rounds", type=int, help="how often to repeat each measure")
    parser.add_argument("name", nargs="*", help=f"default: {' '.join(MEASURES)}")
    wanted = parser.parse_args()
    if unknown := [name for name in wanted.name if name not in MEASURES]:
        parser.error(f"no measure {unknown[0]}; there are {' '.join(MEASURES)}")
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))  # so that every `with` ends what it began
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}")
    print(f"initd is {' '.join(daemons.initd_command())}", flush=True)
    broken = 0
    for name in wanted.name or MEASURES:
        module = MEASURES[name]
        for figure in module.measure(wanted.rounds or module.ROUNDS):
            print(figure.line(), flush=True)
            if problem := figure.broken():
                broken += 1
                print(f"    BROKEN: {problem}", flush=True)
    print(f"{broken} promises broken" if broken else "every promise kept")
    return 1 if broken else 0


if __name__ == "__main__":
    raise SystemExit(main())
