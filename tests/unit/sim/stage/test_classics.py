"""The six bugs of supervisord as small runs: functions of their seed, told by name, and replayed from their files."""

from __future__ import annotations

import pytest

from sim.cli import main
from sim.kernel import SimKernel
from sim.stage import classics, traps
from sim.stage.classics import BUGS, Case, case_of, check, from_json, play, to_json


@pytest.mark.parametrize("bug", BUGS)
def test_the_shipped_daemon_has_none_of_them(bug):
    for seed in range(12):
        assert play(Case(bug, seed)).broken == ()


@pytest.mark.parametrize("bug", BUGS)
def test_a_case_is_a_function_of_its_seed(bug):
    assert play(Case(bug, 3)) == play(Case(bug, 3))
    assert len({play(Case(bug, seed)).history for seed in range(6)}) > 1


def test_the_bugs_take_turns():
    assert [case_of(seed).bug for seed in range(len(BUGS))] == list(BUGS)
    assert case_of(len(BUGS)) == Case(next(iter(BUGS)), 1)


def test_what_is_broken_is_told_with_the_name_of_the_bug_and_anything_else_without(monkeypatch):
    monkeypatch.setattr(SimKernel, "pending", lambda kernel, fd: 0)
    (told,) = {line.partition(" fail ")[0] for seed in range(4) for line in play(Case("lost tail of a log", seed)).broken}
    assert told == "lost tail of a log: L1"
    monkeypatch.undo()
    monkeypatch.setattr(traps.LostTail, "laws", ())
    monkeypatch.setattr(SimKernel, "pending", lambda kernel, fd: 0)
    told = [line for seed in range(4) for line in play(Case("lost tail of a log", seed)).broken]
    assert told
    assert all(line.startswith("L1 fail ") and "lost tail of a log" in line for line in told)


def test_a_second_play_that_is_another_one_is_told(monkeypatch):
    plays = iter([classics.Played((), ()), classics.Played((), ((1, "web:web", "FATAL"),))])
    monkeypatch.setattr(classics, "play", lambda case: next(plays))
    assert check(0, twice=True)[0].broken == ("M1 fail: a second play is another one",)


def test_a_case_is_replayed_from_its_file(tmp_path, capsys, monkeypatch):
    case = Case("false RUNNING", 1)
    assert from_json(to_json(case)) == case
    path = tmp_path / "case.json"
    path.write_text(to_json(case))
    assert main(["replay", str(path)]) == 0
    assert "BACKOFF" in capsys.readouterr().out
    monkeypatch.setattr(classics, "play", lambda case: classics.Played(("false RUNNING: S4 fail",), ()))
    assert main(["replay", str(path)]) == 1
    assert capsys.readouterr().out == "FAILED false RUNNING: S4 fail\n"
