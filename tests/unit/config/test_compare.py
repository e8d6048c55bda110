from __future__ import annotations

import pytest

from initd.config.compare import changed, diff
from initd.config.model import Config, GroupConfig
from tests.unit.config.memory import config

HEAD = "[supervisord]\n"


def _program(options: str = "", name: str = "a") -> str:
    return f"[program:{name}]\ncommand=x\n{options}\n"


def _group(options: str = "", around: str = "") -> GroupConfig:
    return config(HEAD + around + _program(options)).groups[0]


def test_the_same_text_elsewhere_is_no_change() -> None:
    assert not changed(_group("startsecs=2"), _group("startsecs=2", around="; a comment\n[other]\n"))
    assert not changed(_group("user=web"), _group("user=33"))


@pytest.mark.parametrize(
    "options",
    [
        "command=y",
        "priority=1",
        "startsecs=2",
        "exitcodes=1",
        "environment=A=1",
        "umask=0",
        "user=web",
        "numprocs=0",
        "numprocs=2\nprocess_name=%(process_num)d",
        "process_name=z",
        "stdout_logfile_maxbytes=1",
        "stderr_logfile=NONE",
        "stdout_logfile=/tmp/x",
        "stdout_syslog=true",
        "serverurl=",
        "serverurl=http://x",
    ],
)
def test_any_option_that_counts_is_a_change(options: str) -> None:
    assert changed(_group(), _group(options))


def test_a_log_that_becomes_automatic_is_no_change_but_one_that_was_is() -> None:
    assert not changed(_group("stdout_logfile=/tmp/x"), _group())
    assert changed(_group(), _group("stdout_logfile=/tmp/x"))
    assert changed(_group("stdout_logfile=/tmp/x\nstdout_logfile_backups=1"), _group())


def test_another_server_is_no_change_of_a_program_that_follows_it() -> None:
    server = "[unix_http_server]\nfile=/x\n"
    assert not changed(_group(around=server), _group(around=server.replace("/x", "/y")))
    assert changed(_group(around=server), _group("serverurl=unix:///x", around=server))


def test_the_environment_of_the_daemon_counts() -> None:
    assert changed(_group(), _group(around="environment=A=1\n"))


def test_the_order_of_members_counts() -> None:
    both = HEAD + _program(name="a") + _program(name="b") + "[group:g]\nprograms="
    assert changed(config(both + "a,b\n").groups[0], config(both + "b,a\n").groups[0])


def test_added_and_changed_groups_are_in_the_new_order_and_removed_ones_in_the_old() -> None:
    def read(*programs: str) -> Config:
        return config(HEAD + "".join(programs))

    old = read(
        _program(name="z"), _program(name="gone"), _program(name="also"), _program(name="m"), _program(name="same")
    )
    new = read(
        _program("priority=1", name="z"),
        _program("startsecs=3", name="m"),
        _program(name="same"),
        _program(name="n"),
        _program(),
    )
    assert diff(tuple(reversed(old.groups)), new.groups) == (("a", "n"), ("z", "m"), ("gone", "also"))


def test_of_a_shared_socket_only_its_address_counts() -> None:
    def shared(options: str, more: str = "") -> GroupConfig:
        return config(f"{HEAD}[fcgi-program:a]\ncommand=x\n{options}\n{more}").groups[0]

    there = shared("socket=unix:///s")
    assert not changed(there, shared("socket=unix:///s\nsocket_mode=0777\nsocket_owner=web\nsocket_backlog=5"))
    assert changed(there, shared("socket=unix:///t")) and changed(there, shared("socket=tcp://h:1"))
    assert changed(there, _group()) and changed(_group(), there)
    grouped = "[group:g]\nprograms=a\n"
    assert changed(shared("socket=unix:///s", grouped), shared("socket=unix:///t", grouped))
