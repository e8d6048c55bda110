"""`initd-sim run --seeds`: what is counted, printed, written down; and what is refused."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

import pytest

from initd.supervise.policy import ProcessPolicy
from sim import campaign
from sim.cli import main
from sim.report.screen import LINES
from sim.scenario import SECOND_NS, from_json
from sim.stage import core
from sim.stage.calls import Call
from sim.stage.siege import Besieged
from tests.unit.sim.cli.screens import screens


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
    assert main(["run", "--seeds", "0:5", "--profile", "nemesis", "--stage", "core"]) == 2
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
    status, lines, _ = run(capsys, "--seeds", "0:3", "--profile", "plain", "--save", str(tmp_path))
    assert status == 1
    assert lines[0].startswith("FAILED profile plain seed 0 (shrunk from ")
    assert lines[-1].startswith("0 passed, 3 failed")
    monkeypatch.undo()
    assert main(["replay", str(tmp_path / "plain-0.json")]) == 0
    assert "STARTING 0" in capsys.readouterr().out


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
    assert run(capsys, "--seeds", "0:30", "--profile", "plain", "--save", str(tmp_path))[0] == 1
    path = str(min(tmp_path.iterdir()))
    assert [main(["replay", path]), main(["replay", path, "--model"])] == [1, 1]
    assert "FAILED model" in capsys.readouterr().out
    words = ("--seeds", "0:30", "--profile", "plain", "--save", str(tmp_path))
    told = [run(capsys, *words, option)[1] for option in ("--model", "--no-model")]
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


def test_a_kind_of_failure_is_one_screen_and_the_rest_of_it_a_line(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(ProcessPolicy, "retry_at", lambda policy, failed_ns, failures: failed_ns + failures * SECOND_NS)
    status, lines, _ = run(capsys, "--seeds", "0:40", "--profile", "swarm", "--save", str(tmp_path))
    assert status == 1
    (shown,) = screens(lines)
    assert len(shown) <= LINES
    assert re.fullmatch(r"FAILED profile swarm seed \d+ \(shrunk from .* to 1 program, 0 ops\)", shown[0])
    assert shown[1].startswith("  S6 fail at ")
    assert shown[-1] == f"replay: initd-sim replay {next(word for word in shown[-1].split() if word.endswith('.json'))}"
    assert any(line.startswith("supervisor 4.3.0 ") for line in shown)
    after = lines[lines.index(shown[-1]) + 1]
    assert re.fullmatch(rf"S6 fail in \d+ more: {tmp_path}/swarm-\d+.json.*", after)
    small = from_json(open(shown[-1].split()[-1]).read())
    assert len(small.programs()) == 1 and not small.ops


def test_the_command_that_replays_can_be_pasted_into_a_shell_whatever_the_files_are_called(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(ProcessPolicy, "retry_at", lambda policy, failed_ns, failures: failed_ns + failures * SECOND_NS)
    folder = tmp_path / "my failures, all of them"
    _, lines, _ = run(capsys, "--seeds", "44:60", "--save", str(folder))
    commands = [shlex.split(line.removeprefix("replay: ")) for line in lines if line.startswith("replay: ")]
    assert commands
    for program, command, path, *options in commands:
        assert (program, command) == ("initd-sim", "replay")
        assert re.fullmatch("all-[A-Za-z0-9.-]+", os.path.basename(path))
        assert main([command, path, *options]) == 1


def test_failures_are_written_where_one_is_and_elsewhere_if_that_cannot_be(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(core, "play", lambda scenario: [])
    monkeypatch.chdir(tmp_path)
    _, lines, _ = run(capsys, "--seeds", "0:1", "--profile", "plain")
    assert lines[-2] == "replay: initd-sim replay .initd-sim/plain-0.json"
    shutil.rmtree(tmp_path / ".initd-sim")
    (tmp_path / ".initd-sim").write_text("in the way")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    _, lines, _ = run(capsys, "--seeds", "0:1", "--profile", "plain")
    path = lines[-2].split()[-1]
    assert path.startswith(f"{tmp_path}/initd-sim-") and from_json(open(path).read())
    status, _, err = run(capsys, "--seeds", "0:1", "--profile", "plain", "--save", str(tmp_path / ".initd-sim"))
    assert status == 2 and "\nError: cannot write " in err


def test_a_judge_that_breaks_down_makes_seeds_unknown_which_is_no_pass(capsys, tmp_path, monkeypatch):
    def breaks(scenario, trace):
        raise RuntimeError("no verdict")

    monkeypatch.setattr("sim.judges.judge", breaks)
    where = ("--save", str(tmp_path), "--junit", str(tmp_path / "x.xml"))
    status, lines, _ = run(capsys, "--seeds", "0:3", "--profile", "plain", *where)
    assert status == 1
    assert lines[0].startswith("UNKNOWN profile plain seed 0") and "judge unknown: RuntimeError" in lines[1]
    assert lines[-1].startswith("0 passed, 0 failed, 3 unknown in ")
    assert ElementTree.parse(tmp_path / "x.xml").getroot().get("errors") == "1"


def test_ci_gets_a_case_for_every_piece_with_its_counters(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(campaign, "CHUNK", 20)
    assert run(capsys, "--seeds", "0:50", "--profile", "plain", "--jobs", "2", "--junit", str(tmp_path / "x.xml"))[0] == 0
    cases = ElementTree.parse(tmp_path / "x.xml").getroot()[0]
    assert [case.get("name") for case in cases] == ["core plain 0:20", "core plain 20:40", "core plain 40:50"]
    assert [case.find(".//property[@name='passed']").get("value") for case in cases] == ["20", "20", "10"]


def test_the_same_seeds_have_the_same_digest_whatever_the_hash_seed_and_the_number_of_processes():
    told = set()
    for number, jobs, stage, seeds in (
        *(("1", "1", "core", "480:540"), ("2", "2", "core", "480:540")),
        *(("3", "1", "daemon", "40:60"), ("4", "2", "daemon", "40:60")),
    ):
        words = [sys.executable, "-m", "sim.cli", "run", "--seeds", seeds, "--profile", "swarm", "--jobs", jobs, "--stage", stage]
        env = {**os.environ, "PYTHONHASHSEED": number}
        out = subprocess.run(words, env=env, capture_output=True, text=True, check=True, timeout=100).stdout
        told.add((stage, out.split()[-1]))
    assert len(told) == 2, told
