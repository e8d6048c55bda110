"""`initd-sim shrink`."""

from __future__ import annotations

from sim.cli import main
from sim.generate import scenario
from sim.scenario import from_json, to_json
from sim.stage import core


def test_what_fails_is_printed_as_small_as_it_can_be_and_what_does_not_is_refused(tmp_path, capsys, monkeypatch):
    path = tmp_path / "x.json"
    path.write_text(to_json(scenario(3, "groups")))
    assert main(["shrink", str(path)]) == 2
    assert "nothing fails in" in capsys.readouterr().err
    monkeypatch.setattr(core, "play", lambda played: [])
    assert main(["shrink", str(path)]) == 0
    small = from_json(capsys.readouterr().out)
    assert len(small.programs()) == 1 and not small.ops


def test_no_time_is_no_shrinking(tmp_path, capsys, monkeypatch):
    path = tmp_path / "x.json"
    path.write_text(to_json(scenario(3, "groups")))
    monkeypatch.setattr(core, "play", lambda played: [])
    assert main(["shrink", str(path), "--budget", "0s"]) == 0
    assert from_json(capsys.readouterr().out) == scenario(3, "groups")
