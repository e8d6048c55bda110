"""Many scenarios on Linux beside the simulated kernel: the same story on both, or the first thing that differs.

The story of Linux has to keep the invariants as well (`sim.invariants`), give or take how late a machine is.

A play takes as long as its scenario says, mostly asleep, so many are given at a time. What has no real twin, what a few
milliseconds would decide, and what a machine was too busy for each time, is unknown, which is no pass.
"""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from threading import Event, Thread

from initd.record import Record
from sim.invariants import Outcome, judge
from sim.scenario import Kind
from sim.stage import core, daemon, likeness, linux
from sim.stage.kernel import DAEMON_PID
from sim.stage.parts import unplayable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

    from sim.scenario import Scenario
    from sim.trace import Trace

AT_A_TIME = 16
PLAYS = 4
"""So often a scenario is given before the machine is called too busy."""
FEW_TRIES = 4
"""Of a scenario with a behaviour, which is written by hand; the whole daemon takes its time, even simulated."""
CANARY_S = 0.02
NAMESPACE = b"unshare\0--mount\0--pid\0"
"""How the command line of a play's namespace begins (`sim.stage.linux`)."""


class Twin(Record):
    """What came of a scenario given on both kernels: `played` is what it was moved apart to, `trace` the story of Linux."""

    name: str
    outcome: Outcome
    reason: str
    played: Scenario
    trace: Trace = []
    late_ns: int = 0


class Canary(Thread):
    """Notices how late this machine lets anybody run: `late_ns` since a time."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._over = Event()
        self._lates: list[tuple[int, int]] = []

    def run(self) -> None:
        """Sleep a little, again and again."""
        while not self._over.is_set():
            due_ns = time.monotonic_ns() + int(CANARY_S * 1e9)
            time.sleep(CANARY_S)
            late_ns = time.monotonic_ns() - due_ns
            if late_ns > likeness.LOADED_NS // 4:
                self._lates.append((due_ns, late_ns))

    def late_ns(self, since_ns: int) -> int:
        """The most anybody had to wait since then, as far as it was noticed."""
        return max([late_ns for due_ns, late_ns in self._lates if due_ns >= since_ns], default=0)

    def end(self) -> None:
        """No more of it."""
        self._over.set()
        self.join()


def twins(scenarios: Iterable[tuple[str, Scenario, bool]], at_a_time: int = AT_A_TIME) -> Iterator[Twin]:
    """Give each (name, scenario, whether the daemon is PID 1) on both kernels; in the order they come to their end."""
    canary = Canary()
    canary.start()
    pool = ThreadPoolExecutor(at_a_time)
    asked: list[Future[Twin]] = []
    try:
        asked += [pool.submit(compared, name, scenario, init, canary.late_ns) for name, scenario, init in scenarios]
        for each in as_completed(asked):
            yield each.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        while not all(each.done() for each in asked):  # somebody does not want to wait for the rest
            _end_plays()
            time.sleep(CANARY_S)
        pool.shutdown()
        canary.end()


def _end_plays() -> None:
    """End the namespaces of all plays of this process: they notice it, and clear away what they have made."""
    for task in Path("/proc/self/task").iterdir():
        try:
            children = (task / "children").read_text().split()
        except FileNotFoundError:
            continue  # the thread has ended
        for pid in children:
            try:
                if Path(f"/proc/{pid}/cmdline").read_bytes().startswith(NAMESPACE):
                    os.kill(int(pid), signal.SIGKILL)
            except (FileNotFoundError, ProcessLookupError):
                continue


def compared(name: str, scenario: Scenario, init: bool, late_ns: Callable[[int], int] = lambda since_ns: 0) -> Twin:
    """One scenario on both kernels."""
    why = unplayable(scenario)
    if why:
        return Twin(name, Outcome.UNKNOWN, why, scenario)
    pid = 1 if init else DAEMON_PID
    lives = not any(program.behaviour for _, program in scenario.programs())
    try:
        if lives:
            scenario, why = likeness.spread(scenario, core.play)
        else:
            why = _steady(scenario, pid)
        watched = scenario.replace(until_ns=scenario.until_ns + linux.AFTER_NS)
        expected = daemon.play(watched, pid)
    except Exception as error:  # a stage or the supervisor broke down
        return Twin(name, Outcome.FAIL, f"the simulated play broke down: {error!r}", scenario)
    if why:
        return Twin(name, Outcome.UNKNOWN, why, scenario)
    return _given(name, scenario, init, expected, late_ns)


def _steady(scenario: Scenario, pid: int) -> str:
    """Why a scenario with a behaviour is not steady: what holds of operations holds of the starts of its children too."""
    why = likeness.steady(scenario, lambda one, late=None: daemon.play(one, pid), FEW_TRIES)
    wanted = likeness.order(daemon.play(scenario, pid))
    for delay_ns in (likeness.EARLY_NS, likeness.TOLERANCE_NS):
        if not why and likeness.order(daemon.play(scenario, pid, delay_ns)) != wanted:
            why = f"a start that takes {delay_ns // 1_000_000} ms decides what happens"
    return why


def _broken(scenario: Scenario, trace: Trace, late_ns: int) -> str:
    """What of the invariants the story of Linux breaks by itself.

    They know lives and not behaviours, and know a client's signal by the very instant at which it was asked for.
    """
    if any(program.behaviour for _, program in scenario.programs()) or any(op.kind is Kind.SIGNAL for op in scenario.ops):
        return ""
    slack_ns = likeness.TOLERANCE_NS + min(late_ns, likeness.LATEST_NS)
    return "\n".join(map(str, judge(scenario, trace, slack_ns)))


def _given(name: str, scenario: Scenario, init: bool, expected: Trace, late_ns: Callable[[int], int]) -> Twin:
    """On Linux, until it counts."""
    twin = Twin(name, Outcome.UNKNOWN, "", scenario)
    for _ in range(PLAYS):
        began_ns = time.monotonic_ns()
        try:
            given = linux.play(scenario, init)
        except Exception as error:  # whatever it was, the story was not told
            return Twin(name, Outcome.UNKNOWN, f"the real play broke down: {error!r}", scenario)
        late = max(given.late_ns, late_ns(began_ns))
        reason = likeness.difference(expected, given.trace, scenario.until_ns, late) or _broken(scenario, given.trace, late)
        twin = Twin(name, Outcome.PASS, reason, scenario, given.trace, late)
        if given.unknown:
            return twin.replace(outcome=Outcome.UNKNOWN, reason=given.unknown)
        if not reason:
            return twin
        if late <= likeness.LOADED_NS:
            return twin.replace(outcome=Outcome.FAIL)
    why = f"the machine was too busy, {PLAYS} times; {twin.late_ns / 1e6:.0f} ms late in the last play:\n{twin.reason}"
    return twin.replace(outcome=Outcome.UNKNOWN, reason=why)
