"""The whole daemon under anything, in any order: Hypothesis draws the steps, what must hold is looked at after each.

Runs that once went wrong are files in `machines/` and come first.
"""

from __future__ import annotations

import json
import os
import pathlib

import pytest
from hypothesis import Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from initd.supervise.policy import ProcessPolicy
from sim.kernel import SimKernel
from tests.property.driving import NAMES, PROGRAMS, Drive, replay

KEPT = sorted((pathlib.Path(__file__).parent / "machines").glob("*.json"))
LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
BEHAVIOURS = (
    "run forever", "crash after 0.3s exit 1", "crash after 2.5s exit 0", "crash", "exit 2 after 1s", "ignore TERM, run forever",
    "slow term 1.5s", "print hello every 0.3s", "flood 200000", "print bye, crash", "sleep 1.5s, print bye, exit 0",
    "segv after 1s", "exec fails ENOENT", "fork orphans 3 for 1s",
    "close stdio, run forever", "daemonize for 3s", "daemonize", "orphan holds pipe for 2s",
)  # fmt: skip
names = st.sampled_from([NAMES[each] for each in PROGRAMS] + ["nobody"])
groups = st.sampled_from(["a", "g", "c", "nobody"])
waits = st.booleans()
signals = st.sampled_from(["HUP", "TERM", "KILL", "USR1"])
calls = st.one_of(
    st.tuples(st.sampled_from(["startProcess", "stopProcess"]), names, waits),
    st.tuples(st.sampled_from(["startProcessGroup", "stopProcessGroup"]), groups, waits),
    st.tuples(st.sampled_from(["startAllProcesses", "stopAllProcesses"]), waits),
    st.tuples(st.just("signalProcess"), names, signals),
    st.tuples(st.just("signalProcessGroup"), groups, signals),
    st.tuples(st.sampled_from(["addProcessGroup", "removeProcessGroup"]), groups),
    st.tuples(st.sampled_from(["getProcessInfo", "clearProcessLogs"]), names),
    st.tuples(st.sampled_from(["readProcessStdoutLog", "tailProcessStdoutLog"]), names, st.integers(0, 99), st.integers(0, 999)),
    st.tuples(st.just("readLog"), st.integers(0, 99), st.integers(0, 999)),
    st.tuples(st.sampled_from(["reloadConfig", "getAllProcessInfo", "getAllConfigInfo", "getState"])),
)
options = st.fixed_dictionaries(
    {
        "priority": st.integers(0, 2),
        "autostart": st.sampled_from(["true", "false"]),
        "startsecs": st.integers(0, 3),
        "startretries": st.integers(0, 3),
        "autorestart": st.sampled_from(["unexpected", "true", "false"]),
        "stopwaitsecs": st.integers(1, 3),
        "stopasgroup": st.sampled_from(["false", "true"]),
        "stdout_logfile": st.sampled_from(["NONE", "/var/log/%(program_name)s.out", "AUTO"]),
        "stdout_logfile_maxbytes": st.sampled_from([0, 100, 5000]),
        "stdout_logfile_backups": st.integers(0, 2),
        "redirect_stderr": st.sampled_from(["false", "true"]),
    }
)


class Machine(RuleBasedStateMachine):
    """Everything that can be done, one rule each."""

    drive = None

    @initialize(
        pid=st.sampled_from([1, 50]),
        programs=st.fixed_dictionaries(dict.fromkeys(PROGRAMS, options)),
        do=st.fixed_dictionaries(dict.fromkeys(PROGRAMS, st.sampled_from(BEHAVIOURS))),
    )
    def begin(self, pid, programs, do):
        self.drive = Drive(pid, programs, do)

    @rule(name=st.sampled_from(PROGRAMS), which=st.integers(0, 1), signal=st.sampled_from([9, 15, 11]))
    def a_kill_is_refused_and_the_program_ends_anyway(self, name, which, signal):
        self.drive.do("fault", "kill", which)
        self.drive.do("call", "stopProcess", NAMES[name], False)
        self.drive.do("outsider", name, signal)

    @rule(call=calls)
    def is_called(self, call):
        self.drive.do("call", *call)

    @rule(name=names, wait=waits)
    def restarts(self, name, wait):
        self.drive.do("call", "stopProcess", name, wait)
        self.drive.do("call", "startProcess", name, wait)

    @rule(call=calls)
    def is_cut_off(self, call):
        self.drive.do("cut", *call)

    @rule(count=st.integers(0, 120))
    def stops_in_the_middle(self, count):
        self.drive.do("half", count)

    @rule(time_ns=st.sampled_from([1, 10**6, 3 * 10**8, 10**9, 10**9 + 1, 25 * 10**8, 10**10]))
    def time_passes(self, time_ns):
        self.drive.do("advance", time_ns)

    @rule(beside_ns=st.sampled_from([0, -1, 1]))
    def something_falls_due(self, beside_ns):
        self.drive.do("due", beside_ns)

    @rule(name=st.sampled_from(PROGRAMS), text=st.sampled_from(BEHAVIOURS))
    def behaves_otherwise(self, name, text):
        self.drive.do("behave", name, text)

    @rule(name=st.sampled_from(PROGRAMS), signal=st.sampled_from([1, 9, 11, 15, 19, 18]))
    def outsider_kills(self, name, signal):
        self.drive.do("outsider", name, signal)

    @rule(with_c=st.booleans(), broken=st.booleans())
    def file_changes(self, with_c, broken):
        self.drive.do("config", with_c, broken)

    @rule(with_c=st.booleans())
    def updates(self, with_c):
        self.drive.do("config", with_c, False)
        self.drive.do("call", "reloadConfig")
        if with_c:
            self.drive.do("call", "addProcessGroup", "c")
        else:
            self.drive.do("call", "stopProcessGroup", "c", False)
            self.drive.do("advance", 4 * 10**9)
            self.drive.do("call", "removeProcessGroup", "c")

    @rule(number=st.sampled_from([12, 12, 10, 1, 17]))
    def daemon_gets_a_signal(self, number):
        self.drive.do("signal", number)

    @rule(kind=st.sampled_from(["kill", "spawn", "pipe", "read"]), which=st.integers(0, 1))
    def a_call_will_fail(self, kind, which):
        self.drive.do("fault", kind, which)

    @rule(trouble=st.sampled_from(["full", "slow"]))
    def disk_is_in_trouble(self, trouble):
        self.drive.do("disk", trouble)

    @rule(by_s=st.integers(-3600, 3600))
    def wall_clock_is_set(self, by_s):
        self.drive.do("wall", by_s)

    @rule()
    def wakes_for_nothing(self):
        self.drive.do("nudge")

    @rule()
    def heals(self):
        self.drive.do("heal")

    def teardown(self):
        if self.drive is not None:
            note(f"to be kept in tests/property/machines: {json.dumps(self.drive.steps)}")
            self.drive.end()


TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=1000 if LONG else 100, stateful_step_count=50 if LONG else 25, deadline=None)


def test_the_machine_finds_what_is_planted(monkeypatch):
    monkeypatch.setattr(ProcessPolicy, "too_quick", lambda policy, lived_ns: False)
    found = settings(max_examples=30, stateful_step_count=10, deadline=None, database=None, phases=[Phase.generate])
    with pytest.raises(AssertionError, match="S4 fail"):
        run_state_machine_as_test(Machine, settings=found)


def test_a_run_written_down_is_the_same_run_again(monkeypatch):
    steps = json.loads(next(path for path in KEPT if path.stem.startswith("a-stop-and-a-start")).read_text())
    one, two = replay(steps), replay(steps)
    assert one.site.changes == two.site.changes != []
    monkeypatch.setattr(SimKernel, "peek_exited", lambda kernel: None)
    with pytest.raises(AssertionError, match="zombies"):
        replay(steps)


@pytest.mark.parametrize("path", KEPT, ids=[path.stem for path in KEPT])
def test_a_run_that_once_went_wrong_goes_well(path):
    replay(json.loads(path.read_text()))
