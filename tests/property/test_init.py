"""The init of one command on the simulated kernel: whatever the command leaves behind and whoever signals when, the end
is the command's, in time, with nobody left."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from initd.kernel.command import SI_QUEUE, Arrived
from initd.reaper.clearing import LAST_WAIT_NS
from initd.reaper.options import SECOND_NS, Options
from initd.reaper.run import STOP_SIGNALS, Run
from initd.signals import SIGCHLD, SIGHUP, SIGRTMIN, SIGTERM, SIGUSR1, SIGWINCH
from sim.kernel import SimKernel
from sim.kernel.init import SimInit

CMD = "/bin/cmd"
TENTHS = st.integers(0, 60).map(lambda tenths: tenths / 10)
HEEDS = st.sampled_from([
    [["pause"]],
    [["ignore", "TERM"], ["pause"]],
    [["handle", "TERM", [["sleep", 0.7], ["exit", 0]]], ["pause"]],
    [["raise", "STOP"], ["pause"]],
    [["sleep", 1.3], ["exit", 2]],
    [["exit", 1]],
])  # fmt: skip


def families(depth: int) -> st.SearchStrategy[list[object]]:
    """Steps that fork others, in their own groups and sessions or not, and then live in some way."""
    if depth == 0:
        return HEEDS
    place = st.sampled_from([[], [["setsid"]], [["setpgid"]]])
    forks = st.lists(families(depth - 1).map(lambda steps: ["fork", steps]), max_size=2)
    return st.builds(lambda where, below, end: [*where, *below, *end], place, forks, HEEDS)


SIGNALS = st.lists(
    st.tuples(TENTHS, st.sampled_from([SIGTERM, SIGHUP, SIGUSR1, SIGWINCH, SIGRTMIN + 4, SIGCHLD, *STOP_SIGNALS])), max_size=5
)


@given(
    pid=st.sampled_from([1, 2]),
    below=st.lists(families(2).map(lambda steps: ["fork", steps]), max_size=3),
    life=TENTHS,
    code=st.integers(0, 255),
    signals=SIGNALS,
    grace_s=st.sampled_from([0, 0.5, 2]),
    choices=st.randoms(use_true_random=False),
)
def test_the_end_is_the_commands_in_time_with_nobody_left(
    pid: int, below: list[object], life: float, code: int, signals: list[tuple[float, int]], grace_s: float, choices: object
) -> None:
    ignoring = [["ignore", name] for name in ("TERM", "HUP", "USR1", "INT", "QUIT", "RTMIN")]
    steps = [*ignoring, *below, ["sleep", life], ["exit", code]]
    kernel = SimKernel(
        programs=steps, pid=pid, until_ns=100 * SECOND_NS, choose=lambda n: choices.randrange(n)  # type: ignore[attr-defined]
    )  # fmt: skip
    kernel.files.program(CMD)
    init, options = SimInit(kernel), Options()
    options.command, options.grace_ns = (CMD,), int(grace_s * SECOND_NS)
    options.rewrites = {SIGRTMIN + 4: 0}
    heard: list[tuple[int, int, int]] = []
    kernel.trace = lambda now, what, who, detail: heard.append((now, who, detail)) if what == "signal" else None
    for seconds, number in signals:
        kernel.at(int(seconds * SECOND_NS), lambda number=number: kernel.signal_daemon(number))
    assert Run(init, options).run() == code
    assert kernel.processes() == []
    ended_ns = int(life * SECOND_NS)
    assert ended_ns <= kernel.now <= ended_ns + int(grace_s * SECOND_NS) + LAST_WAIT_NS
    forwarded = {(now, number) for now, who, number in heard if who not in (pid, 1) and now < ended_ns}
    for seconds, number in signals:
        moment = int(seconds * SECOND_NS)
        if 0 < moment < ended_ns and number not in (SIGCHLD, SIGRTMIN + 4):
            assert (moment, number) in forwarded
    assert SIGRTMIN + 4 not in {number for _, number in forwarded}


@given(st.lists(st.integers(-(2**31), 2**31 - 1), max_size=12))
def test_queued_signals_reach_the_command_each_with_its_value_in_order(values: list[int]) -> None:
    kernel = SimKernel(programs=[*[["ignore", "RTMIN"]], ["sleep", 2], ["exit", 0]], until_ns=100 * SECOND_NS)
    kernel.files.program(CMD)
    init, options = SimInit(kernel), Options()
    options.command = (CMD,)
    for value in values:
        kernel.at(SECOND_NS // 2, lambda value=value: init.arrive(Arrived(SIGRTMIN, SI_QUEUE, 7, 0, value)))
    assert Run(init, options).run() == 0
    assert [value for _, _, value in init.sent] == values
