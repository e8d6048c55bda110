"""What signals do to a life, by both who live it: the fast stage and the step language."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from initd.kernel.port import SpawnSpec
from sim.children import lives as scripts
from sim.children import real
from sim.children.steps import check, real_argv
from sim.kernel import SimKernel
from sim.scenario import Life
from sim.stage.lives import Children

S = 1_000_000_000
CASES = {
    "ends by itself": (Life(5 * S, 3), [], (5 * S, 3)),
    "ends of a signal of its own": (Life(5 * S, -11), [], (5 * S, -11)),
    "stops at once": (Life(), [(2 * S, 15)], (2 * S, -15)),
    "stops slowly with a status": (Life(None, 0, 3 * S, 7), [(2 * S, 10)], (5 * S, 7)),
    "ends by itself before it has stopped": (Life(4 * S, 1, 3 * S), [(2 * S, 15)], (4 * S, 1)),
    "ends by itself just when it has stopped": (Life(4 * S, 1, 2 * S), [(2 * S, 15)], (4 * S, 1)),
    "only the first signal counts": (Life(None, 0, 3 * S), [(2 * S, 2), (4 * S, 15)], (5 * S, -2)),
    "takes no notice": (Life(9 * S, 0, None), [(2 * S, 15)], (9 * S, 0)),
    "is killed at once": (Life(9 * S, 0, None), [(2 * S, 9)], (2 * S, -9)),
    "is killed slowly, which outlives its own end": (Life(3 * S, 0, 0, None, 4 * S), [(2 * S, 9)], (6 * S, -9)),
    "is killed slowly, once": (Life(kill_ns=4 * S), [(2 * S, 9), (3 * S, 9), (3 * S, 15)], (6 * S, -9)),
    "signal 0 does nothing": (Life(5 * S, 3, 0), [(2 * S, 0)], (5 * S, 3)),
    "is killed while it stops": (Life(None, 0, 3 * S), [(2 * S, 15), (3 * S, 9)], (3 * S, -9)),
}


@pytest.mark.parametrize("life,signals,end", CASES.values(), ids=CASES)
def test_a_life_of_the_fast_stage_ends_as_scenarios_say(life, signals, end):
    children = Children()
    child = children.bear(1, life, 0)
    for time_ns, number in signals:
        children.strike(child, number, time_ns)
    assert (children.next_ns(), child.status) == end
    assert children.take_dead(end[0] - 1) == []
    assert children.take_dead(end[0]) == [child]


@pytest.mark.parametrize("life,signals,end", CASES.values(), ids=CASES)
def test_a_life_in_the_step_language_ends_the_same(life, signals, end):
    kernel = SimKernel(programs=check(scripts.steps(life)), until_ns=20 * S)
    kernel.files.program("/bin/life")
    pid = kernel.spawn(SpawnSpec("/bin/life", ("/bin/life",), {}, 0, 1, 2)).pid
    ends = []
    kernel.trace = lambda now_ns, what, which, status: what == "exit" and ends.append((now_ns, status))
    for time_ns, number in signals:
        kernel.at(time_ns, lambda number=number: kernel.outsider_kill(pid, number))
    kernel.catch_signals([17])
    while not ends:
        kernel.poll(None)
    ((ended_ns, status),) = ends
    assert (ended_ns, status.code if status.signal is None else -status.signal) == end


@pytest.mark.parametrize(
    "life,number,status",
    [
        (Life(S // 50, 3), 0, 3),
        (Life(S // 50, -9), 0, -9),
        (Life(), 15, -15),
        (Life(None, 0, S // 50, 7), 10, 7),
        (Life(S // 5, 4, None), 15, 4),
        (Life(S // 5, 4, 60 * S), 15, 4),
    ],
)
def test_a_life_of_a_real_process_ends_the_same(life, number, status):
    """Signals are blocked from the start, so that one that comes early waits for the script."""

    def block():
        signal.pthread_sigmask(signal.SIG_BLOCK, {10, 15})

    argv = real_argv(sys.executable, real.__file__, scripts.steps(life))
    with subprocess.Popen(argv, preexec_fn=block) as process:
        if number:
            process.send_signal(number)
        assert process.wait(60) == status
