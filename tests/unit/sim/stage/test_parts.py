"""What the programs of a real play are made of, and what has no real twin."""

from __future__ import annotations

import errno
import os
import subprocess
import time

import pytest

from sim.scenario import SECOND_NS, Group, Kind, Life, Op, Program, Scenario
from sim.stage.parts import Part, every_script, unplayable


def alone(*ops, **options):
    return Scenario((Group("p", (Program("p", **options),)),), ops)


@pytest.mark.parametrize(
    ("scenario", "why"),
    [
        (alone(), ""),
        (alone(behaviour="exec fails ENOENT"), ""),
        (alone(behaviour="dstate 1s"), ""),
        (alone(lives=(Life(SECOND_NS, -9), Life())), ""),
        (alone(Op(0, Kind.WALL, "", 5)), "the wall clock"),
        (alone(Op(0, Kind.REFUSE, "p:p", 1)), "a kill that fails"),
        (alone(lives=(Life(), Life(refused="EAGAIN"))), "a fork that is refused"),
        (alone(lives=(Life(kill_ns=1),)), "a life that SIGKILL does not end at once"),
        (alone(behaviour="exec fails ENOMEM"), "ENOMEM"),
    ],
)
def test_what_has_no_real_twin_is_said(scenario, why):
    assert (unplayable(scenario) == "") == (why == "")
    assert why in unplayable(scenario)


def test_the_scripts_of_a_program_end_with_the_one_that_recurs():
    assert [script[-1] for script in every_script(Program("p", behaviour="flap 2 times then run"))] == [
        ["exit", 1], ["exit", 1], ["pause"],
    ]  # fmt: skip
    assert len(every_script(Program("p", lives=(Life(1), Life(2), Life(2))))) == 2


@pytest.mark.parametrize("name", ["ENOENT", "EACCES", "ENOEXEC"])
def test_a_program_that_cannot_be_executed_is_a_file_that_is_executable_and_fails_with_that_errno(tmp_path, name):
    part = Part(Program("p", behaviour=f"exec fails {name}"), tmp_path / "part0")
    part.write(("", ""))
    assert part.command == str(tmp_path / "part0") and os.access(part.command, os.X_OK)
    with pytest.raises(OSError) as failed:
        os.posix_spawn(part.command, [part.command], {})
    assert failed.value.errno == getattr(errno, name)


def test_a_part_lives_its_lives_in_turn_and_notes_when_each_was_forked_and_began(tmp_path):
    part = Part(Program("p", lives=(Life(0, 3), Life(0, 4))), tmp_path / "part0")
    part.write(("", ""))
    codes = [subprocess.run(part.command.split(), check=False).returncode for _ in range(3)]
    assert codes == [3, 4, 4]
    notes = [[int(word) for word in (tmp_path / f"part0.{life}").read_text().split()] for life in (1, 2, 3)]
    assert all(forked <= began for forked, began in notes)
    assert [forked for forked, _ in notes] == sorted(forked for forked, _ in notes)
    trace = [(0, "p:p", "spawn", str(fork)) for fork in (1, 2, 3)]
    assert part.late_ns("p:p", trace) == max(began - forked for forked, began in notes)
    assert part.late_ns("p:p", [*trace, (0, "p:p", "spawn", "4")]) == 1_000_000_000


def test_a_part_is_punctual_whatever_its_interpreter_takes(tmp_path):
    part = Part(Program("p", lives=(Life(SECOND_NS // 2, 5),)), tmp_path / "part0")
    part.write(("", ""))
    began = time.monotonic_ns()
    assert subprocess.run(part.command.split(), check=False).returncode == 5
    forked, _ = map(int, (tmp_path / "part0.1").read_text().split())
    assert abs(forked - began) < SECOND_NS // 2
    assert time.monotonic_ns() - forked >= SECOND_NS // 2
