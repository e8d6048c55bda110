"""The campaign of mistakes by rule: when it passes, what it tells, and that it goes on where it was."""

from __future__ import annotations

import json

import pytest

from sim import cli, operators, survivors
from sim.mutants import Mutant, Verdict
from sim.survivors import REGISTER, Results, Survivor, judge, load

FILE = "initd/reaper/reaper.py"


def verdicts(count, *survived):
    """So many mutants, of which those numbers survived."""
    return [
        Verdict(
            Mutant(at, f"{FILE}:{at} f: {at} -> {at + 1}", FILE, f"a\n{at}\n", f"a\n{at + 1}\n", "initd/reaper"),
            "survived" if at in survived else "",
            1.0,
        )
        for at in range(count)
    ]


def test_a_campaign_in_which_all_are_noticed_passes():
    assert judge(verdicts(40), [], True) == (["40 passed, 0 failed, 0 explained: 100.00 % were noticed"], True)


def test_one_that_nobody_explains_is_shown_with_its_place_and_its_change_and_fails():
    lines, fine = judge(verdicts(40, 7), [], True)
    assert not fine
    assert lines[:3] == [f"SURVIVED {FILE}:7 f: 7 -> 8", "    -7", "    +8"]


def test_one_that_is_explained_passes_as_long_as_nineteen_in_twenty_are_noticed():
    register = [Survivor(FILE, f"f: {at} -> {at + 1}", "why") for at in (1, 2, 3)]
    assert judge(verdicts(60, 1, 2, 3), register, True)[1]
    assert not judge(verdicts(59, 1, 2, 3), register, True)[1]


@pytest.mark.parametrize("change", ["f: 1 -> 2", "f: 1 -> 3", "g: 1 -> 2"])
def test_an_entry_whose_mutant_is_noticed_or_not_there_is_stale_in_a_complete_campaign(change):
    register = [Survivor(FILE, change, "why")]
    lines, fine = judge(verdicts(40), register, True)
    assert not fine
    assert lines[0].startswith(f"STALE {FILE} {change}")
    assert judge(verdicts(40), register, False)[1]


def test_an_entry_of_a_file_that_was_not_in_the_campaign_is_not_stale():
    assert judge(verdicts(40), [Survivor("initd/drive/loop.py", "f: 1 -> 2", "why")], True)[1]


def test_a_campaign_of_nothing_fails():
    assert not judge([], [], True)[1]


def test_what_was_noticed_is_not_tried_again_but_what_survived_or_has_changed_is(tmp_path):
    file = tmp_path / "results"
    noticed, survived = verdicts(2, 1)
    for verdict in (noticed, survived):
        Results(file).keep(verdict)
    assert [json.loads(line)["reason"] for line in file.read_text().splitlines()] == ["", "survived"]
    again = Results(file)
    assert again.noticed(noticed.mutant) == noticed
    assert again.noticed(survived.mutant) is None
    assert again.noticed(noticed.mutant.replace(new="b\n")) is None


def test_the_command_goes_on_with_a_file_of_results_and_says_how_many_were_noticed(monkeypatch, capsys, tmp_path):
    tried = []

    def run(mutants, root, jobs, told):
        tried.append(len(mutants))
        for verdict in (found := [Verdict(mutant, "", 0.1) for mutant in mutants]):
            told(verdict)
        return found

    monkeypatch.setattr(operators, "run", run)
    monkeypatch.setattr(survivors, "load", lambda: [])
    command = ["mutants", "--operators", "all", "--package", "initd/reaper", "--results", str(tmp_path / "r")]
    assert [cli.main(command), cli.main(command)] == [0, 0]
    assert tried[0] > 50
    assert tried[1] == 0
    assert capsys.readouterr().out.count("100.00 % were noticed") == 2


def test_one_of_the_list_has_to_be_noticed_twice(monkeypatch, capsys):
    """The first time a check may have run out of time."""
    tried = []

    def run(mutants, root, jobs, told):
        tried.append([mutant.file for mutant in mutants])
        return [Verdict(mutant, "survived" if len(tried) > 1 else "", 0.1) for mutant in mutants]

    name = "Leftovers.begin: self._kernel.getpid() != 1 -> (self._kernel.getpid() == 1)"
    monkeypatch.setattr(operators, "run", run)
    monkeypatch.setattr(survivors, "load", lambda: [Survivor("initd/reaper/orphans.py", name, "why")])
    assert cli.main(["mutants", "--operators", "all", "--package", "initd/reaper"]) == 0
    assert tried[1:] == [["initd/reaper/orphans.py"]]
    assert "1 explained" in capsys.readouterr().out


def test_every_entry_of_the_list_names_a_mutant_of_now_once_and_says_why():
    from pathlib import Path

    root = Path(__file__).parents[3]
    there = {
        (mutant.file, mutant.name.partition(" ")[2])
        for mutant in operators.sample(root, list(operators.PACKAGES), None, 0)
    }
    listed = [(entry.file, entry.change) for entry in load(REGISTER)]
    assert sorted(set(listed) - there) == []
    assert len(set(listed)) == len(listed)
    assert all(len(entry.reason) > 10 for entry in load(REGISTER))
