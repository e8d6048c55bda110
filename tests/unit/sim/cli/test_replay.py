"""`initd-sim replay` and its like: the story, what is wrong in it, and one message for whatever is no scenario."""

from __future__ import annotations

from random import Random

import pytest

from sim.cli import main
from sim.generate import scenario
from sim.scenario import SECOND_NS, Group, Kind, Life, Op, Program, Scenario, to_json
from sim.stage import core, sieges
from sim.stage.daemon import DaemonStage
from sim.stage.siege import siege_of
from tests.property.recorded import Recorder

SMALL = Scenario(
    (Group("a", (Program("a", (Life(SECOND_NS // 2, 1), Life())),)),), (Op(4 * SECOND_NS, Kind.STOP, "a:a"),), 6 * SECOND_NS
)
SCENARIO_COMMANDS = ("replay", "shrink", "diff", "explain", "corpus add")


@pytest.fixture
def file(tmp_path):
    """Writes a file; its path."""

    def write(data):
        path = tmp_path / "file.json"
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return str(path)

    return write


def run(words, path):
    return main([*words.split(), path])


def test_the_story_is_told_with_a_column_per_program(file, capsys):
    assert run("replay", file(to_json(SMALL))) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0].split() == ["t(s)", "daemon", "a:a"]
    assert any("BACKOFF 1" in line for line in out) and any("> stop #0" in line for line in out)


def test_what_is_wrong_comes_with_its_meaning_and_with_what_supervisor_does(file, capsys, monkeypatch):
    honest = core.play
    monkeypatch.setattr(core, "play", lambda played: [e for e in honest(played) if e[3] != "BACKOFF 1"])
    assert run("replay", file(to_json(SMALL))) == 1
    out = capsys.readouterr().out
    assert "FAILED S1 fail at" in out
    assert "  must hold: a state is followed only by one that the table of transitions allows" in out
    assert "supervisor 4.3.0 does not do that. At 0.500000000 a:a" in out


@pytest.mark.parametrize("command", SCENARIO_COMMANDS)
@pytest.mark.parametrize("text", ["", "3", "[]", "{", '{"groups": 5}', b"\xed\xa0\x80", b"\0\xff", "[" * 99_999])
def test_what_is_no_scenario_is_one_message_for_every_command(command, text, file, capsys):
    assert run(command, file(text)) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("Error: no scenario in ")
    assert err.endswith(f"For help, use initd-sim {command.split()[0]} -h\n") and err.count("\n") == 2


@pytest.mark.parametrize("command", SCENARIO_COMMANDS)
def test_so_is_a_file_that_cannot_be_read(command, tmp_path, capsys):
    for path in (tmp_path / "none.json", tmp_path):
        assert run(command, str(path)) == 2
        assert capsys.readouterr().err.startswith(f"Error: no scenario in {path}: [Errno ")


WORDS = [b"-", b"9", b'"', b"null", b"[", b"1.5", b"true", b"{}", b"\n", b"00000000"]


def mutated(data, rng):
    """Some bytes of it changed, cut, doubled or moved."""
    for _ in range(rng.randrange(1, 4)):
        at, to = sorted(rng.randrange(len(data) + 1) for _ in range(2))
        kind = rng.randrange(5)
        if kind == 0:
            data = data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]
        elif kind == 1:
            data = data[:at] + data[min(to, at + 12) :]
        elif kind == 2:
            data = data[:to] + data[at:to] + data[to:]
        elif kind == 3:
            data = data[:at] + rng.choice(WORDS) + data[at:]
        else:
            data = data[:to]
    return data


def ends(status, capsys):
    """It says what it has to say, and that is no traceback."""
    out, err = capsys.readouterr()
    assert status in (0, 1, 2)
    assert (status == 2) == err.startswith("Error: "), (status, out, err)
    assert "Traceback" not in err


@pytest.mark.parametrize("command", ["replay", "explain", "diff"])
def test_a_scenario_that_was_changed_is_played_or_refused(command, file, capsys):
    rng = Random(7)
    for seed in range(80):
        text = to_json(scenario(seed, "swarm") if seed % 4 else SMALL).encode()
        ends(run(command, file(mutated(text, rng))), capsys)


def test_a_siege_that_was_changed_is_played_or_refused(file, capsys):
    rng = Random(8)
    for seed in range(25):
        ends(run("replay", file(mutated(sieges.to_json(siege_of(seed)).encode(), rng))), capsys)


def test_a_recording_that_was_changed_is_played_or_refused(file, capsys):
    rng = Random(9)
    stage = DaemonStage(SMALL)
    recorder = Recorder(stage.simulation)
    stage.run()
    text = recorder.text
    for _ in range(60):
        ends(run("replay", file(mutated(text, rng))), capsys)


def test_a_siege_is_told_with_its_nemeses_and_is_for_no_other_command(file, capsys):
    path = file(sieges.to_json(siege_of(3)))
    assert run("replay", path) == 0
    out = capsys.readouterr().out
    assert f"  nemeses: {', '.join(siege_of(3).nemeses)}\n" in out and "RUNNING" in out
    assert run("explain", path) == 2
    assert "it is a siege, for `initd-sim replay`" in capsys.readouterr().err


def test_a_siege_of_unknown_things_is_refused(file, capsys):
    text = sieges.to_json(siege_of(3))
    for old, new, said in (('"nemeses": [', '"nemeses": ["fog",', "no nemesis 'fog'"), ('"siege": 3', '"siege": "3"', "numbers")):
        assert run("replay", file(text.replace(old, new))) == 2
        err = capsys.readouterr().err
        assert err.startswith("Error: no siege in ") and said in err
