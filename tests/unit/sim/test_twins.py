"""Scenarios on both kernels: what passes, what is noticed, what stays unknown, and that nothing is left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from sim.cli import main
from sim.invariants import Outcome
from sim.scenario import SECOND_NS, Group, Kind, Life, Op, Program, Scenario, from_json, to_json
from sim.stage import core, daemon, linux
from sim.stage.kernel import DAEMON_PID
from sim.stage.likeness import difference
from sim.twins import twins
from tests.e2e.instance import ROOT, stat_fields

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="a pid namespace of its own takes root")

S = SECOND_NS
SLOW = Program("slow", lives=(Life(None, 0, S // 2, 3),), startsecs=1)
BRIEF = Program("brief", lives=(Life(S // 2, 2), Life()), startsecs=0, exitcodes=(0,))
PAIR = Scenario(
    (Group("g", (SLOW, BRIEF)),),
    (
        Op(S * 3 // 2, Kind.OUTSIDER, "g:brief", 9),
        Op(S * 8 // 4, Kind.SIGNAL, "g:slow", 12),
        Op(S * 14 // 4, Kind.STOP, "g:brief"),
        Op(S * 16 // 4, Kind.START, "g:brief"),
        Op(S * 18 // 4, Kind.STOP, "g:slow"),
        Op(S * 11 // 2, Kind.SHUTDOWN),
    ),
    7 * S,
)
"""Everything there is to do, within seven seconds."""
ALONE = Scenario((Group("a", (Program("a", startsecs=1),)),), (Op(S * 7 // 4, Kind.STOP, "a:a"),), 5 * S // 2)


def names(pid, folder):
    try:
        return str(folder).encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def test_operations_signals_answers_and_the_exit_are_the_same_on_both_kernels_as_pid_1_and_not():
    came = list(twins([("init", PAIR, True), ("child", PAIR, False)]))
    assert [(twin.outcome, twin.reason) for twin in came] == [(Outcome.PASS, "")] * 2
    for twin in came:
        told = [(program, what, detail) for _, program, what, detail in twin.trace]
        assert ("g:brief", "answer", "2 OK") in told and ("g:slow", "signal", "15") in told
        assert told[-1] == ("", "exit", "0")


def test_another_story_than_the_simulated_one_is_noticed_and_it_is_said_where():
    given = linux.play(ALONE)
    others = {
        "RUNNING": ALONE.replace(groups=(Group("a", (Program("a", startsecs=0),)),)),
        "signal  2": ALONE.replace(groups=(Group("a", (Program("a", stopsignal=2),)),)),
        "state   STOPPING": ALONE.replace(ops=()),
    }
    for where, other in others.items():
        told = difference(daemon.play(other, 1), given.trace, ALONE.until_ns, given.late_ns)
        assert where in told and "Linux:" in told


def perform(monkeypatch, *performances):
    """Have Linux perform so, play after play; the twin that comes of it, and how many plays are left."""
    left = [linux.Performance(*each) for each in performances]
    monkeypatch.setattr(linux, "play", lambda scenario, init: left.pop(0))
    (twin,) = twins([("x", ALONE, True)])
    return twin, len(left)


RIGHT = daemon.play(ALONE, 1)
WRONG = RIGHT[:-2]


def test_what_differs_on_a_machine_that_had_time_fails_at_once(monkeypatch):
    twin, left = perform(monkeypatch, (WRONG, 1_000_000), (RIGHT, 1_000_000))
    assert (twin.outcome, left) == (Outcome.FAIL, 1)
    assert "Linux:     nothing more" in twin.reason


def test_what_differs_on_a_busy_machine_is_given_again_and_is_unknown_in_the_end(monkeypatch):
    twin, left = perform(monkeypatch, (WRONG, S), (WRONG, S), (RIGHT, S), (WRONG, S))
    assert (twin.outcome, twin.reason, left) == (Outcome.PASS, "", 1)
    twin, left = perform(monkeypatch, *[(WRONG, S)] * 5)
    assert (twin.outcome, left) == (Outcome.UNKNOWN, 1)
    assert twin.reason.startswith("the machine was too busy, 4 times; 1000 ms late") and "nothing more" in twin.reason


def test_a_story_of_linux_that_breaks_an_invariant_fails_even_where_the_simulated_one_is_the_same(monkeypatch):
    early = [(time_ns - S // 2 if detail == "RUNNING" else time_ns, *rest, detail) for time_ns, *rest, detail in RIGHT]
    monkeypatch.setattr(daemon, "play", lambda scenario, pid: early)
    twin, _ = perform(monkeypatch, (early, 0))
    assert twin.outcome is Outcome.FAIL
    assert twin.reason.startswith("S4 fail at 0.5")


def test_a_story_that_cannot_be_held_against_the_daemon_is_unknown(monkeypatch):
    twin, _ = perform(monkeypatch, (RIGHT, 0, "a fork was refused"))
    assert (twin.outcome, twin.reason) == (Outcome.UNKNOWN, "a fork was refused")


def test_what_cannot_be_given_or_is_a_race_is_unknown_and_takes_no_time():
    began = time.monotonic()
    came = twins(
        [
            ("wall", ALONE.replace(ops=(Op(S, Kind.WALL, "", 5),)), True),
            ("race", Scenario((Group("a", (Program("a", behaviour="exit 0 1ms before 1s", startretries=0),)),), (), S * 2), True),
        ]
    )
    assert {twin.name: (twin.outcome, bool(twin.reason)) for twin in came} == {
        "wall": (Outcome.UNKNOWN, True),
        "race": (Outcome.UNKNOWN, True),
    }
    assert time.monotonic() - began < 2


def test_a_daemon_that_does_not_start_is_unknown_and_its_own_words_are_there(monkeypatch):
    monkeypatch.setattr(linux, "HEAD", linux.HEAD + "nocleanup=perhaps\n")
    (twin,) = twins([("x", ALONE, True)])
    assert twin.outcome is Outcome.UNKNOWN
    assert "nocleanup" in twin.reason


def states(folder):
    """The states of the processes that were started out of a folder."""
    pids = [int(pid) for pid in os.listdir("/proc") if pid.isdigit() and names(pid, folder)]
    return {fields[0] for pid in pids if (fields := stat_fields(pid))}


def loops():
    """The files behind loop devices."""
    return subprocess.run(["losetup", "--noheadings", "--output", "BACK-FILE"], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(("behaviour", "state"), [("run", "S"), ("dstate 60s after 0.2s", "D")])
def test_nothing_is_left_behind_not_even_by_a_player_that_is_killed(tmp_path, behaviour, state):
    file = tmp_path / "scenario.json"
    program = Program("a", behaviour=behaviour)
    file.write_text(to_json(Scenario((Group("a", (program,)),), (), 60 * S)))
    with tempfile.TemporaryDirectory(prefix="t.") as short:  # UNIX socket paths are
        command = [sys.executable, "-m", "sim.cli", "real", str(file)]
        player = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=ROOT, env=os.environ | {"TMPDIR": short})
        try:
            deadline = time.monotonic() + 60
            while not (list(Path(short).glob("*/part0.1")) and state in states(short)):
                assert time.monotonic() < deadline and player.poll() is None
                time.sleep(0.02)
        finally:
            player.kill()
            player.wait()
        while states(short) or short in loops():
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_the_command_shows_the_story_of_a_file_and_ends_with_the_counts(tmp_path, capsys):
    file = tmp_path / "scenario.json"
    file.write_text(to_json(ALONE))
    assert main(["real", str(file)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any("STOPPING" in line for line in lines)
    assert lines[-1].startswith("1 passed, 0 failed in ") and lines[-1].endswith("/s)")


def test_the_command_does_not_pass_what_is_unknown_nor_take_what_is_no_scenario(tmp_path, capsys):
    file = tmp_path / "scenario.json"
    file.write_text(to_json(ALONE.replace(ops=(Op(S, Kind.WALL, "", 5),))))
    assert main(["real", str(file)]) == 1
    out = capsys.readouterr().out
    assert out.startswith(f"UNKNOWN {file}: the wall clock") and "\n0 passed, 0 failed, 1 unknown in " in out
    assert main(["real", str(tmp_path / "none")]) == 2
    assert "Error: no scenario in " in capsys.readouterr().err


def test_a_behaviour_is_part_of_a_scenario_file_and_no_stage_without_a_kernel_plays_it():
    scenario = ALONE.replace(groups=(Group("a", (Program("a", behaviour="exit 3 on TERM"),)),))
    assert json.loads(to_json(scenario))["groups"][0]["programs"][0]["behaviour"] == "exit 3 on TERM"
    assert from_json(to_json(scenario)) == scenario
    assert [entry[2:] for entry in daemon.play(scenario, DAEMON_PID)][-2:] == [("state", "STOPPED"), ("answer", "0 OK")]
    with pytest.raises(ValueError, match="has a behaviour"):
        core.play(scenario)
