"""The command `initd-sim`: what a person types and what is printed."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from sim.cli import COMMANDS, main
from sim.scenario import from_json
from sim.stage import core
from sim.stage.calls import Call
from sim.stage.siege import Besieged

CONF = """[unix_http_server]
file=/run/nowhere/s.sock
[supervisord]
logfile=/var/log/nowhere/supervisord.log
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[group:web]
programs=front,back
[program:front]
command=front --port 80
directory=/srv/nowhere
user=somebody
[program:back]
command=/opt/back/bin
stdout_logfile=/var/log/back/out.log
[program:job]
command=job
autorestart=false
"""


@pytest.fixture
def conf(tmp_path):
    path = tmp_path / "supervisord.conf"
    path.write_text(CONF)
    return str(path)


def run(capsys, *argv):
    """(exit status, lines of stdout, stderr)"""
    status = main(["run", *argv])
    out, err = capsys.readouterr()
    return status, out.splitlines(), err


def rows(lines):
    """The lines as words, blank ones left out."""
    return [line.split() for line in lines if line.strip()]


def test_every_change_is_a_line_and_a_summary_closes_the_run(conf, capsys):
    status, lines, err = run(capsys, conf, "--behaviour", "job: exit 3 after 2s")
    assert (status, err) == (0, "")
    shown = rows(lines)
    assert shown[0] == ["time", "program", "change"]
    assert shown[1:4] == [
        ["0.000", "job", "STOPPED", "->", "STARTING"],
        ["0.000", "web:front", "STOPPED", "->", "STARTING"],
        ["0.000", "web:back", "STOPPED", "->", "STARTING"],
    ]
    assert ["2.000", "job", "RUNNING", "->", "EXITED", "not", "expected", "pid"] in [words[:8] for words in shown]
    assert shown[-4:] == [
        ["program", "state", "starts"],
        ["job", "EXITED", "1"],
        ["web:front", "RUNNING", "1"],
        ["web:back", "RUNNING", "1"],
    ]


def test_retries_are_numbered(conf, capsys):
    _, lines, _ = run(capsys, conf, "--behaviour", "job: crash after 0.5s", "--for", "30s")
    tries = [words[words.index("tries") + 1] for words in rows(lines) if "tries" in words and words[1] == "job"]
    assert tries == ["1", "1", "2", "2", "3", "3", "4"]
    assert ["job", "FATAL", "4"] in rows(lines)


@pytest.mark.parametrize("name", ["web:front", "front"])
def test_a_behaviour_is_for_a_process_by_either_name(conf, capsys, name):
    _, lines, _ = run(capsys, conf, "--behaviour", f"{name}: crash after 0.1s", "--for", "1m")
    assert rows(lines)[-2:] == [["web:front", "FATAL", "4"], ["web:back", "RUNNING", "1"]]


def test_a_behaviour_of_a_group_is_for_all_its_members_without_one_of_their_own(conf, capsys):
    _, lines, _ = run(capsys, conf, "--behaviour", "web: crash", "--behaviour", "web:back: run")
    assert rows(lines)[-2:] == [["web:front", "FATAL", "4"], ["web:back", "RUNNING", "1"]]


def test_a_star_is_for_all_the_others(conf, capsys):
    _, lines, _ = run(capsys, conf, "--behaviour", "*: crash", "--behaviour", "job: run")
    assert rows(lines)[-3:] == [["job", "RUNNING", "1"], ["web:front", "FATAL", "4"], ["web:back", "FATAL", "4"]]


@pytest.mark.parametrize(("duration", "starts"), [("500ms", "1"), ("2s", "2"), ("0.1m", "3"), ("1h", "4")])
def test_the_time_to_run_is_virtual(conf, capsys, duration, starts):
    _, lines, _ = run(capsys, conf, "--behaviour", "job: crash after 0.1s", "--for", duration)
    assert next(words for words in rows(lines)[-3:] if words[0] == "job")[2] == starts


def test_the_log_of_the_daemon_is_printed_if_asked_for(conf, capsys):
    _, lines, _ = run(capsys, conf, "--log")
    assert any(line.endswith("INFO spawned: 'job' with pid 2") for line in lines)
    _, lines, _ = run(capsys, conf)
    assert not any("INFO" in line for line in lines)


def test_nothing_of_the_real_machine_is_written(conf, capsys, tmp_path):
    run(capsys, conf)
    assert [path.name for path in tmp_path.iterdir()] == ["supervisord.conf"]


def test_a_program_that_does_not_exist_is_refused_with_those_that_do(conf, capsys):
    status, lines, err = run(capsys, conf, "--behaviour", "fornt: crash")
    assert (status, lines) == (2, [])
    assert err.startswith(
        f"Error: no program 'fornt' in {conf}: it has back, front, job, job:job, web, web:back, web:front\n"
    )


def test_a_behaviour_nobody_understands_is_refused(conf, capsys):
    status, _, err = run(capsys, conf, "--behaviour", "job: crahs after 1s")
    assert status == 2
    assert "did you mean" in err
    assert "crash after" in err


def test_a_configuration_that_cannot_be_used_is_refused_as_the_daemon_would(tmp_path, capsys):
    path = tmp_path / "c.conf"
    path.write_text("[supervisord]\n[program:x]\n")
    status, lines, err = run(capsys, str(path))
    assert (status, lines) == (2, [])
    assert err.startswith("Error: program section program:x does not specify a command")
    assert err.endswith("For help, use initd-sim -h\n")


def test_a_configuration_that_is_not_there_is_refused(capsys):
    status, _, err = run(capsys, "/no/such.conf")
    assert status == 2
    assert "could not read config file /no/such.conf" in err


@pytest.mark.parametrize("duration", ["60", "", "s", "1.2.3s", "ten"])
def test_a_time_is_a_number_with_a_unit_or_seconds(conf, capsys, duration):
    if duration == "60":
        assert main(["run", conf, "--for", duration]) == 0
        return
    with pytest.raises(SystemExit) as left:
        main(["run", conf, "--for", duration])
    assert left.value.code == 2
    assert "expected a time such as 60s" in capsys.readouterr().err


# campaigns


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
    assert lines[0] == "FAILED profile plain seed 0"
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
    told = [run(capsys, "--seeds", "0:30", option)[1] for option in ("--model", "--no-model")]
    assert ["model fail" in "".join(each) for each in told] == [True, False]


def test_a_difference_from_supervisor_fails_and_is_shrunk_to_what_shows_it(capsys, tmp_path, monkeypatch):
    honest = core.play
    monkeypatch.setattr(core, "play", lambda scenario: [e for e in honest(scenario) if e[3] != "EXITED unexpected"])
    status, lines, _ = run(capsys, "--seeds", "0:20", "--oracle", "--save", str(tmp_path))
    assert status == 1
    failed = [at for at, text in enumerate(lines) if text.startswith("FAILED")]
    saved = next(
        str(tmp_path / f"plain-{lines[at].split()[-1]}.json") for at in failed if "oracle fail" in "".join(lines[at : at + 9])
    )
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


# what it costs to ask


@pytest.mark.parametrize("words", [["-h"], *[[name, "-h"] for name in COMMANDS]])
def test_help_loads_no_stage(words):
    script = "import sys\nfrom sim.cli import main\ntry: main(sys.argv[1:])\nfinally: print(*sys.modules, file=sys.stderr)"
    told = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, timeout=60, check=True)
    loaded = told.stderr.split()
    assert "sim.cli" in loaded
    assert not [name for name in loaded if name.startswith(("sim.stage", "sim.kernel", "sim.oracle", "sim.model", "initd.app"))]
    assert "exit status:\n  0 " in told.stdout
