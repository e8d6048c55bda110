"""A whole run of an init on the simulated kernel, from a plan: for tests that ask only what came of it."""

from __future__ import annotations

from initd.reaper.options import SECOND_NS, Options
from initd.reaper.run import Run
from sim.kernel import SimKernel
from sim.kernel.init import SimInit

CMD = "/bin/cmd"


def run_of(plan: Options, steps: list[object], *signals: tuple[int, int]) -> tuple[int, dict[int, list[int]]]:
    """The exit status as PID 1, and who was sent which signal; `signals` are (seconds, number) from outside."""
    kernel = SimKernel(programs=steps, until_ns=1000 * SECOND_NS)
    kernel.files.program(CMD)
    heard: dict[int, list[int]] = {}

    def hear(_now_ns: int, what: str, pid: int, detail: int) -> None:
        if what == "signal" and pid != 1:
            heard.setdefault(detail, []).append(pid)

    kernel.trace = hear
    for seconds, number in signals:
        kernel.at(seconds * SECOND_NS, lambda number=number: kernel.signal_daemon(number))
    return Run(SimInit(kernel), plan).run(), heard
