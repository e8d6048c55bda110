"""`initd-sim diff`: one scenario, and many cases."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import pytest

from sim.cli import main
from sim.generate import scenario
from sim.scenario import to_json
from sim.stage import core
from tests.unit.sim.cli.screens import screens


def run(capsys, *words):
    status = main(["diff", *words])
    out, err = capsys.readouterr()
    return status, out.splitlines(), err


def test_cases_end_with_the_register_and_with_counts(capsys):
    status, lines, err = run(capsys, "--cases", "60", "--jobs", "2")
    assert (status, err) == (0, "")
    assert lines[0] == "differences that are meant, and the cases that show them:"
    assert re.fullmatch(r"  D1   dies_of_unknown +\d+", lines[1])
    assert re.fullmatch(r"60 passed, 0 failed in \d+\.\d\ds \([\d.,]+ cases/s\)", lines[-1])


def test_seeds_and_a_profile_choose_the_cases(capsys):
    assert run(capsys, "--seeds", "3:9", "--profile", "plain")[1][-1].startswith("6 passed, 0 failed in ")
    assert run(capsys, "--seeds", "3:5", "--cases", "7")[1][-1].startswith("7 passed, 0 failed in ")
    assert run(capsys, "--seeds", "3:4", "--cases", "7")[0] == 2


def test_a_difference_nobody_means_is_a_screen_and_fails(capsys, tmp_path, monkeypatch):
    honest = core.play
    monkeypatch.setattr(core, "play", lambda played: [e for e in honest(played) if e[3] != "EXITED unexpected"])
    xml = tmp_path / "out.xml"
    status, lines, _ = run(capsys, "--cases", "60", "--save", str(tmp_path), "--junit", str(xml))
    assert status == 1
    (shown,) = screens(lines)
    assert shown[0].startswith("FAILED profile ") and "oracle fail at" in shown[1]
    path = re.fullmatch(r"replay: initd-sim diff (\S+)", shown[-1])[1]
    assert main(["diff", path]) == 1
    assert "FAILED the stories of" in capsys.readouterr().out
    suites = ElementTree.parse(xml).getroot()
    assert suites.get("failures") == "1" and suites.find(".//failure").text.startswith("case ")
    monkeypatch.undo()
    assert main(["diff", path]) == 0


def test_a_row_of_the_register_no_case_shows_fails_where_that_is_asked_for(capsys):
    status, lines, _ = run(capsys, "--cases", "2", "--all-hit")
    assert status == 1
    stale = [line for line in lines if line.startswith("FAILED D")]
    assert len(stale) > 5 and "no case shows it" in stale[0]
    assert lines[-1].startswith(f"2 passed, {len(stale)} failed in ")


def test_one_scenario_is_told_with_what_is_meant_in_it(capsys, tmp_path):
    path = tmp_path / "x.json"
    path.write_text(to_json(scenario(8, "swarm")))
    status, lines, _ = run(capsys, str(path))
    assert status == 0
    assert lines[-1] == "supervisor 4.3.0 tells the same story, but for that"
    assert any(line.startswith("meant to differ, ") for line in lines)


@pytest.mark.parametrize("words", [[], ["x.json", "--cases", "3"]])
def test_it_takes_a_file_or_cases(words, capsys):
    status, _, err = run(capsys, *words)
    assert status == 2 and err.startswith("Error: expected a scenario file, or --cases N or --seeds A:B\n")
