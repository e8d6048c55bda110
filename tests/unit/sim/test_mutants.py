"""The runner of mutants: what it accepts as a kill, and what it refuses. All of the real ones run by `initd-sim mutants`."""

from __future__ import annotations

import pathlib
import subprocess
import sys

import pytest

from sim import mutants
from sim.mutants import Mutant, Verdict, conclude, judge, load, run

ROOT = pathlib.Path(__file__).parents[3]
POLICY = "initd/supervise/policy.py"
TEST = "tests/unit/supervise/test_starting.py::test_running_begins_strictly_after_startsecs"
EARLY = Mutant(1, "early", POLICY, "self.startsecs * SECOND + 1", "self.startsecs * SECOND - 1", "core S4")


@pytest.fixture(autouse=True)
def few_seeds(monkeypatch):
    monkeypatch.setattr(mutants, "SEEDS", {"core": 20, "daemon": 2})


def test_a_mutant_that_its_killer_notices_is_killed_and_its_file_untouched():
    before = (ROOT / POLICY).read_text()
    killers = ("core S4", "core model", "daemon S4", TEST)
    assert [verdict.reason for verdict in run([EARLY.replace(killer=each) for each in killers], ROOT)] == [""] * 4
    assert (ROOT / POLICY).read_text() == before


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"new": "SECOND + 1 + self.startsecs * SECOND - SECOND"}, "survived core S4"),
        ({"old": "no such text"}, "the text to change is in initd/supervise/policy.py 0 times: 'no such text'"),
        ({"old": "SECOND"}, "the text to change is in initd/supervise/policy.py 5 times: 'SECOND'"),
        ({"killer": "core T3"}, "noticed by S4, not by core T3"),
        ({"new": "self.startsecs * SECOND +"}, "noticed by breakdown SyntaxError"),
        ({"killer": "tests/unit/test_nothing.py::test_nothing"}, "noticed by breakdown RuntimeError"),
    ],
)
def test_what_is_no_kill_by_the_named_killer_is_told(change, reason):
    (verdict,) = run([EARLY.replace(**change)], ROOT)
    assert verdict.reason.startswith(reason)


def test_a_mutant_that_never_ends_hangs(monkeypatch):
    monkeypatch.setattr("sim.trials.PATIENCE_S", 1)
    (verdict,) = run([EARLY.replace(old="SECOND = 1_000_000_000", new="while True:\n    pass")], ROOT)
    assert verdict.reason == "noticed by hang, not by core S4"


def test_a_killer_that_fails_without_a_mutant_is_worth_nothing(tmp_path):
    (tmp_path / "initd").symlink_to(ROOT / "initd")
    broken = tmp_path / "test_broken.py"
    broken.write_text("def test_broken():\n    assert False\n")
    (verdict,) = run([EARLY.replace(killer="test_broken.py::test_broken")], tmp_path)
    assert "fails without the mutant too" in verdict.reason


def test_the_last_line_counts_as_pytest_does_and_anything_missed_is_a_failure(capsys):
    assert conclude([Verdict(EARLY, "", 0.1)], 0.5) == 0
    assert capsys.readouterr().out == "1 passed, 0 failed in 0.50s (2.0 mutants/s)\n"
    assert conclude([Verdict(EARLY, "", 0.1), Verdict(EARLY, "survived core S4", 0.1)], 1.0) == 1
    assert capsys.readouterr().out.splitlines() == [
        "FAILED 1 early: survived core S4",
        "1 passed, 1 failed in 1.00s (2.0 mutants/s)",
    ]
    assert conclude([], 1.0) == 1


def test_a_kill_counts_only_under_the_name_of_its_killer():
    assert judge("core S4", "S5\nS4") == ""
    assert judge("core S4", "S5") == "noticed by S5, not by core S4"
    assert judge("core S4", "") == "survived core S4"


def test_every_mutant_on_the_list_still_finds_its_text_and_its_test():
    every = load()
    assert len({mutant.number for mutant in every}) == len(every) >= 50
    for mutant in every:
        assert mutant.source(ROOT) != (ROOT / mutant.file).read_text()
        if "::" in mutant.killer:
            file, _, test = mutant.killer.partition("::")
            assert f"def {test}(" in (ROOT / file).read_text(), mutant.killer


def test_a_test_that_cannot_be_imported_any_more_has_noticed(tmp_path):
    (tmp_path / "test_it.py").write_text("raise ValueError('planted')\n")
    script = f"import pathlib, sim.mutants as of; print('=', of.fails(['test_it.py'], pathlib.Path({str(tmp_path)!r})))"
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert told.stdout.splitlines()[-1] == "= ['test_it.py']"
