"""`initd-sim run CONFIG`: what a person types and what is printed."""

from __future__ import annotations

import pytest

from sim.cli import main

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


def test_a_fastcgi_program_has_its_socket_whatever_directory_that_is_in(tmp_path, capsys):
    path = tmp_path / "supervisord.conf"
    socket = "socket=unix:///run/nowhere/php.sock\nsocket_owner=somebody\nuser=somebody\n"
    path.write_text(f"[supervisord]\n[fcgi-program:php]\ncommand=php-cgi\n{socket}")
    status, lines, err = run(capsys, str(path), "--for", "5s", "--behaviour", "php: answer hello")
    assert (status, err) == (0, "")
    assert rows(lines)[-1] == ["php", "RUNNING", "1"]
