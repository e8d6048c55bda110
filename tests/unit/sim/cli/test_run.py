"""`initd-sim run --seeds`: what is counted, printed, written down; and what is refused."""

from __future__ import annotations

import re

import pytest

from sim.cli import main
from sim.scenario import from_json
from sim.stage import core
from sim.stage.calls import Call
from sim.stage.siege import Besieged


def run(capsys, *argv):
    """(exit status, lines of stdout, stderr)"""
    status = main(["run", *argv])
    out, err = capsys.readouterr()
    return status, out.splitlines(), err


def test_a_range_of_seeds_ends_with_counts_and_a_rate(capsys):
    status, lines, _ = run(capsys, "--seeds", "0:30", "--profile", "boundary")
    assert status == 0
    assert re.fullmatch(r"30 passed, 0 failed in \d+\.\d\ds \([\d,]+ scenarios/s, .*, digest [0-9a-f]{16}\)", lines[-1])


def test_a_range_of_seeds_by_the_whole_daemon_is_judged_too(capsys):
    status, lines, _ = run(capsys, "--seeds", "0:5", "--stage", "daemon")
    assert (status, lines[-1].split(" in ")[0]) == (0, "5 passed, 0 failed")


def test_sieges_are_a_profile_of_the_daemon_stage_and_their_files_are_replayed(capsys, tmp_path, monkeypatch):
    status, lines, _ = run(capsys, "--seeds", "0:5", "--stage", "daemon", "--profile", "nemesis")
    assert (status, lines[-1].split(" in ")[0]) == (0, "5 passed, 0 failed")
    assert main(["run", "--seeds", "0:5", "--profile", "nemesis"]) == 2
    assert "goes with --stage daemon" in capsys.readouterr().err
    monkeypatch.setattr(Besieged, "owed", lambda site: [Call(0, "nobody", (), site.connect())])
    where = ("--save", str(tmp_path))
    status, lines, _ = run(capsys, "--seeds", "0:1", "--stage", "daemon", "--profile", "nemesis", *where)
    assert status == 1
    assert "V5 fail" in lines[1]
    path = str(tmp_path / "nemesis-0.json")
    assert main(["replay", path]) == 1
    assert "FAILED V5" in capsys.readouterr().out
    monkeypatch.undo()
    assert main(["replay", path]) == 0


def test_what_does_not_pass_is_named_and_saved_and_replayed(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(core, "play", lambda scenario: [])
    status, lines, _ = run(capsys, "--seeds", "0:3", "--save", str(tmp_path))
    assert status == 1
    assert lines[0].startswith("FAILED profile plain seed 0 (shrunk from ")
    assert lines[-1].startswith("0 passed, 3 failed")
    monkeypatch.undo()
    assert main(["replay", str(tmp_path / "plain-0.json")]) == 0
    assert "STARTING 0" in capsys.readouterr().out


def test_a_replay_of_what_is_no_scenario_says_so(capsys, tmp_path):
    (tmp_path / "x.json").write_text("{}")
    assert main(["replay", str(tmp_path / "x.json")]) == 2
    assert "no scenario in" in capsys.readouterr().err


@pytest.mark.parametrize("seeds", ["5", "5:5", "a:b", "9:3", ":4"])
def test_seeds_that_are_no_range_are_a_usage_error(capsys, seeds):
    with pytest.raises(SystemExit) as ended:
        main(["run", "--seeds", seeds])
    assert ended.value.code == 2
    assert "expected A:B" in capsys.readouterr().err


def test_run_needs_a_configuration_or_seeds(capsys):
    assert main(["run"]) == 2
    assert "or --seeds A:B" in capsys.readouterr().err


def test_a_range_of_seeds_is_compared_with_supervisor_where_that_is_asked_for(capsys):
    status, lines, _ = run(capsys, "--seeds", "0:20", "--oracle")
    assert (status, lines[-1].split(" in ")[0]) == (0, "20 passed, 0 failed")


def test_a_range_of_seeds_is_compared_with_the_reference_model_unless_that_is_left_out(capsys, tmp_path, monkeypatch):
    honest = core.play  # silent about a signal, as no invariant minds
    monkeypatch.setattr(core, "play", lambda scenario: [e for e in honest(scenario) if e[2:] != ("signal", "15")])
    assert run(capsys, "--seeds", "0:30", "--save", str(tmp_path))[0] == 1
    path = str(min(tmp_path.iterdir()))
    assert [main(["replay", path]), main(["replay", path, "--model"])] == [1, 1]
    assert "FAILED model" in capsys.readouterr().out
    told = [run(capsys, "--seeds", "0:30", option, "--save", str(tmp_path))[1] for option in ("--model", "--no-model")]
    assert ["model fail" in "".join(each) for each in told] == [True, False]


def test_a_difference_from_supervisor_fails_and_is_shrunk_to_what_shows_it(capsys, tmp_path, monkeypatch):
    honest = core.play
    monkeypatch.setattr(core, "play", lambda scenario: [e for e in honest(scenario) if e[3] != "EXITED unexpected"])
    status, lines, _ = run(capsys, "--seeds", "0:20", "--oracle", "--save", str(tmp_path))
    assert status == 1
    saved = next(text.split()[3] for text in lines if text.startswith("replay: ") and "/plain-" in text)
    assert main(["shrink", saved, "--oracle"]) == 0
    small = from_json(capsys.readouterr().out)
    assert len(small.programs()) == 1
    assert len(small.ops) <= 1
    monkeypatch.undo()
    assert main(["shrink", saved, "--oracle"]) == 2
    assert "nothing fails in" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["3", "[]", "{", '{"groups": 5}'])
def test_what_is_no_scenario_is_one_message_for_every_command(capsys, tmp_path, text):
    path = tmp_path / "x.json"
    path.write_text(text)
    for command in ("replay", "shrink"):
        assert main([command, str(path)]) == 2
        assert capsys.readouterr().err.startswith(f"Error: no scenario in {path}: ")


