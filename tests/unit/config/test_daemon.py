from __future__ import annotations

import pytest

from tests.unit.config.memory import MAIN, config, error, warnings

HEAD = "[supervisord]\n"


def test_a_bare_section_has_every_default_and_absolute_paths() -> None:
    daemon = config(HEAD).daemon
    assert (daemon.logfile, daemon.pidfile, daemon.childlogdir) == (
        "/work/supervisord.log",
        "/work/supervisord.pid",
        "/tmp",
    )
    assert (daemon.loglevel, daemon.umask, daemon.minfds, daemon.identifier) == ("info", 0o22, 1024, "supervisor")
    assert daemon.directory is None and daemon.uid is None and not daemon.nodaemon


def test_the_command_line_goes_before_the_file() -> None:
    daemon = config(HEAD + "loglevel=debug\nuser=web\nlogfile=a\n", "-e", "warn", "-n", "-u", "root", "-l", "b").daemon
    assert (daemon.loglevel, daemon.nodaemon, daemon.user, daemon.uid, daemon.logfile) == (
        "warn",
        True,
        "root",
        0,
        "/work/b",
    )


def test_an_empty_log_file_on_the_command_line_is_none() -> None:
    assert config(HEAD + "logfile=a\n", "-l", "").daemon.logfile == "/work/a"


def test_a_user_brings_its_group() -> None:
    daemon = config(HEAD + "user=web\n").daemon
    assert (daemon.user, daemon.uid, daemon.gid) == ("web", 33, 44)


def test_an_unknown_user_is_placed_where_it_was_given() -> None:
    assert error(HEAD + "user=nope\n").where() == f"{MAIN}:2: user"
    assert error(HEAD + "user=web\n", "-u", "nope").where() == "user"


def test_syslog_is_no_path_and_any_other_spelling_is() -> None:
    assert config(HEAD + "logfile=syslog\n").daemon.logfile_syslog
    assert config(HEAD + "logfile=Syslog\n").daemon.logfile == "/work/Syslog"


def test_the_environment_is_expanded_twice_and_knows_the_host_name_the_second_time() -> None:
    assert config(HEAD + 'environment=A="%%%%",B=%%(host_node_name)s\n').daemon.environment == {"A": "%", "B": "box"}
    assert error(HEAD + "environment=A=%(host_node_name)s\n").key == "environment"


def test_environment_keys_can_be_used_by_what_is_read_later() -> None:
    text = HEAD + "environment=PORT=99\n[inet_http_server]\nport=%(ENV_PORT)s\n"
    assert config(text).servers[0].port == 99


def test_dropped_environment_text_is_warned_about() -> None:
    assert warnings(HEAD + "environment=A=1 B\n") == [f"{MAIN}:2: environment of [supervisord]: ignored 'B'"]


@pytest.mark.parametrize(
    ("argv", "text"),
    [
        (("-d", "/nope"), "invalid value for -d '/nope': /nope is not an existing directory"),
        (("--childlogdir=x",), "invalid value for --childlogdir 'x': x is not an existing directory"),
        (("-j", "/no/x"), "invalid value for -j '/no/x': The directory named as part of the path /no/x does not exist"),
    ],
)
def test_paths_on_the_command_line_are_looked_at(argv: tuple[str, ...], text: str) -> None:
    assert error(HEAD, *argv).text == text


def test_a_negative_size_is_refused_in_the_file_and_on_the_command_line() -> None:
    assert error(HEAD + "logfile_maxbytes=-1\n").where() == f"{MAIN}:2: logfile_maxbytes"
    assert error(HEAD, "-y", "-1").text == "invalid value for -y '-1': -1 is below lower bound (0)"


def test_a_temporary_directory_that_is_gone_is_told() -> None:
    with pytest.raises(Exception, match="/gone is not an existing directory"):
        config(HEAD, tempdir="/gone")


def test_the_section_must_be_there() -> None:
    refused = error("[supervisorctl]\n")
    assert refused.text == ".ini file does not include supervisord section"
    assert refused.where() == MAIN and refused.hint
