"""The comparison with supervisor: it finds what is planted, and the register mirrors the documents."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from initd.supervise.effects import Log
from sim.generate import scenario
from sim.oracle.differential import Register, describe, rows
from sim.oracle.lateness import codes
from sim.oracle.mainlog import MainLog
from sim.oracle.play import play
from sim.scenario import SECOND_NS, Group, Kind, Life, Op, Program, Scenario
from sim.stage import core
from tests.unit.sim.oracle.stories import CRASHES, LASTS, alone, at

ROOT = Path(__file__).resolve().parents[4]
LIVELY = alone(CRASHES, LASTS, startsecs=2, ops=(at(9, Kind.STOP), at(10, Kind.START), at(20, Kind.SHUTDOWN)))


def test_equal_stories_are_equal():
    finding = Register(rows()).compare(LIVELY, core.play(LIVELY))
    assert finding.unexplained is None and not finding.met


@pytest.mark.parametrize("index", range(len(play(LIVELY))))
def test_any_entry_that_is_missing_late_or_other_is_found(index):
    true = core.play(LIVELY)
    time_ns, program, what, detail = true[index]
    for planted in ([], [(time_ns + 1, program, what, detail)], [(time_ns, program, what, "other")]):
        story = [*true[:index], *planted, *true[index + 1 :]]
        unexplained = Register(rows()).compare(LIVELY, story).unexplained
        assert unexplained is not None and unexplained.program == program
        assert "supervisor 4.3.0:" in describe(unexplained) and f"{time_ns / 1e9:.9f}" in describe(unexplained)


def test_a_difference_behind_an_explained_one_that_only_skips_is_still_found():
    case = alone(Life(stop_ns=4 * SECOND_NS), stopwaitsecs=4, ops=(at(2, Kind.STOP), at(8, Kind.START)))
    story = core.play(case)
    finding = Register(rows()).compare(case, story[:-1])
    assert finding.met == ("kills_the_dead",) and finding.unexplained is not None
    assert finding.unexplained.theirs == tuple(play(case)[-1:])


def test_a_parting_elsewhere_excuses_nothing_but_what_a_shutdown_makes_of_it():
    quick = Program("p", (Life(ends_ns=0),), startretries=0, autorestart="false")
    case = Scenario((Group("a", (quick,)), Group("b", (Program("p"),))))
    story = [entry for entry in core.play(case) if entry[1:] != ("b:p", "state", "RUNNING")]
    unexplained = Register(rows()).compare(case, story).unexplained
    assert unexplained is not None and unexplained.program == "b:p"


def test_a_wall_clock_step_hides_no_other_difference():
    case = alone(startsecs=5, ops=(Op(2 * SECOND_NS, Kind.WALL, argument=60 * SECOND_NS), at(9, Kind.STOP)))
    story = [entry for entry in core.play(case) if entry[2] != "signal"]
    assert Register(rows()).compare(case, story).unexplained is not None


def test_rows_that_no_comparison_meets_are_stale():
    register = Register(rows())
    assert len(register.stale()) == len(register.rows)
    case = alone(Life(ends_ns=0), startretries=0, autorestart="false")
    register.compare(case, core.play(case))
    assert "D3 ends_as_the_clock_reads_the_start" not in register.stale()
    assert len(register.stale()) == len(register.rows) - 1


def test_every_row_is_in_the_documents_and_names_a_test_there_is():
    documented = set(re.findall(r"^\| (D\d+) \|", (ROOT / "docs/deliberate-differences.md").read_text(), re.M))
    for row in rows():
        assert row.id in documented
        path, _, name = row.test.partition("::")
        assert f"def {name}(" in (ROOT / path).read_text(), row.test
    predicates = [row.predicate for row in rows()]
    assert len(predicates) == len(set(predicates))


def test_a_row_without_a_predicate_is_refused(tmp_path):
    path = tmp_path / "register.toml"
    path.write_text('[[divergence]]\nid = "D1"\nreason = ""\npredicate = "nowhere"\ntest = ""\n')
    with pytest.raises(ValueError, match="D1 names nowhere"):
        rows(path)


def test_the_late_supervisor_tells_the_same_only_later():
    case = alone(Life(ends_ns=5 * SECOND_NS // 2), autorestart="false")
    story = core.play(case)
    register = Register(rows())
    assert not register.compare_late(case, story).complaint
    early = [(max(0, time_ns - 2 * SECOND_NS), *rest) for time_ns, *rest in story]
    assert "apart" in register.compare_late(case, early).complaint
    late = [(time_ns + 2 * SECOND_NS, *rest) for time_ns, *rest in story]
    assert "apart" in register.compare_late(case, late).complaint
    other = [*story[:-1], (*story[-1][:3], "FATAL")]
    assert "differ" in register.compare_late(case, other).complaint


class Overheard:
    """A core whose log lines are kept."""

    def __init__(self, core):
        self._core = core
        self.lines = []

    def __getattr__(self, name):
        return getattr(self._core, name)

    def handle(self, event, now):
        effects = self._core.handle(event, now)
        self.lines.extend(effect.text for effect in effects if isinstance(effect, Log))
        return effects


@pytest.mark.parametrize(
    "played",
    [
        LIVELY,
        alone(CRASHES, startsecs=2, startretries=1),
        alone(Life(refused="EAGAIN"), startretries=1),
        alone(Life(stop_ns=None), stopwaitsecs=2, ops=(at(3, Kind.STOP),)),
        alone(Life(ends_ns=3 * SECOND_NS, status=1), until=15),
        *(scenario(seed, "plain") for seed in range(60)),
    ],
)
def test_both_main_logs_have_the_same_kinds_of_lines_of_each_program(played):
    stage = core.CoreStage(played, None, None, 0)
    stage.core = overheard = Overheard(stage.core)
    stage.run()
    if Register(rows()).compare(played, stage.trace).met:
        return  # the stories differ on purpose, and so do the lines
    log = MainLog()
    play(played, log=log)
    assert codes(overheard.lines) == codes(text for _, _, text in log.lines)


def test_the_kind_of_a_line_is_its_first_word_and_whose_it_is():
    log = MainLog()
    play(LIVELY, log=log)
    assert codes(text for _, _, text in log.lines) == {
        "p": ["spawned", "exited", "spawned", "success", "stopped", "spawned", "success", "stopped"]
    }


def test_a_child_that_is_born_late_ends_late_also_where_a_shutdown_is_told_in_between(monkeypatch):
    lives = (Life(ends_ns=1_152_343_750), Life(ends_ns=5_900_390_625, stop_ns=None))
    case = alone(*lives, autorestart="true", ops=(at(12.943, Kind.SHUTDOWN),))
    story = core.play(case)
    assert not Register(rows()).compare_late(case, story).complaint
    theirs = play(case, lagging=True)
    later = [(time_ns + 3 * SECOND_NS * (detail in ("STOPPED", "0")), *rest, detail) for time_ns, *rest, detail in theirs]
    monkeypatch.setattr("sim.oracle.lateness.play", lambda scenario, lagging: later)
    assert "p:p: entries are" in Register(rows()).compare_late(case, story).complaint


def test_the_daemon_leaves_as_late_as_the_last_of_its_programs():
    first = Program("a", (Life(stop_ns=None, kill_ns=2_273_437_500),), stopwaitsecs=0)
    second = Program("b", (Life(stop_ns=None, kill_ns=1_087_890_625),), stopwaitsecs=0)
    case = Scenario((Group("a", (first,), 0), Group("b", (second,), 1)), ops=(at(7.506, Kind.SHUTDOWN, ""),))
    story = core.play(case)
    assert not Register(rows()).compare_late(case, story).complaint
    *most, (time_ns, *rest) = story
    assert "the daemon: entries are" in Register(rows()).compare_late(case, [*most, (time_ns - 5 * SECOND_NS, *rest)]).complaint
