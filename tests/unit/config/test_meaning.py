from __future__ import annotations

import pytest

from initd.config import include, load
from initd.config.meaning import judge
from initd.config.model import Config
from initd.config.section import Scope
from tests.unit.config.memory import MAIN, config, host

HEAD = "[supervisord]\n"
PROGRAM = "[program:a]\ncommand=x\n"
SERVER = "[unix_http_server]\nfile=/tmp/s\n"
INTERFACE = (
    "[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n"
)


def said(text: str, **rest: int) -> list[tuple[int | None, str]]:
    """(line, code) of what is said about a main file."""
    devices = {"/dev/null": "", "/proc/1/fd/1": ""}
    return [(one.origin.line, one.code) for one in config(text, files=devices, **rest).diagnostics]


def program(options: str) -> list[str]:
    """The codes of what is said about a program with these options."""
    return [code for _, code in said(HEAD + PROGRAM + options)]


@pytest.mark.parametrize(
    ("options", "codes"),
    [
        ("stopwaitsecs=0\n", ["immediate-kill"]),
        ("stopwaitsecs=0\nstopsignal=KILL\n", []),
        ("stopwaitsecs=-1\n", ["negative-value"]),
        ("startretries=-1\n", ["negative-value"]),
        ("startretries=0\nstartsecs=0\n", []),
        ("stdout_logfile_maxbytes=50\n", ["tiny-log"]),
        ("stdout_logfile_maxbytes=50\nstdout_logfile=none\n", []),
        ("stdout_logfile_maxbytes=1KB\n", []),
        ("directory=~/x\n", ["literal-tilde"]),
        ("directory=/x/~\n", []),
        ("numprocs=0\n", ["no-processes"]),
    ],
)
def test_values_that_do_not_mean_what_they_seem_to_are_told(options: str, codes: list[str]) -> None:
    assert program(options) == codes


def test_a_user_is_told_where_nobody_can_become_one() -> None:
    text = HEAD + PROGRAM + "user=web\n"
    assert said(text) == []
    assert said(text, uid=1000) == [(4, "user-without-root")]
    assert said(text, uid=33) == []
    assert said("[supervisord]\nuser=web\n" + PROGRAM + "user=root\n") == [(5, "user-without-root")]
    assert said("[supervisord]\nuser=web\n" + PROGRAM + "user=web\n") == []


def test_words_that_the_main_log_does_not_know_are_told() -> None:
    assert said(HEAD + "logfile=None\n") == said(HEAD + "logfile=SYSLOG\n") == [(2, "literal-logfile")]
    assert said(HEAD + "logfile=/dev/null\n") == []
    assert said(HEAD + "logfile_maxbytes=50\n") == [(2, "tiny-log")]


def test_what_counts_only_in_the_background_is_told() -> None:
    assert said(HEAD + "directory=/\numask=077\n") == []
    assert said(HEAD + "directory=/\numask=077\nnodaemon=true\n") == [(2, "no-effect"), (3, "no-effect")]


def test_what_counts_for_programs_only_is_told_of_listeners() -> None:
    listener = "[eventlistener:e]\ncommand=x\nevents=EVENT\nstdout_events_enabled=true\nstdout_syslog=false\n"
    scope = include.read_scope(
        MAIN, host({MAIN: HEAD + listener + "stdout_capture_maxbytes=1MB\nstderr_syslog=true\n"})
    )
    judge(scope, config(HEAD))
    assert [(one.origin.line, one.code) for one in scope.diagnostics] == [(7, "no-effect"), (5, "no-effect")]


def test_a_server_that_nobody_can_call_is_told() -> None:
    assert said(HEAD + SERVER) == [(2, "no-rpcinterface")]
    assert said(HEAD + SERVER + INTERFACE) == said(HEAD) == []


@pytest.mark.parametrize(
    ("url", "codes"),
    [
        ("unix:///tmp/s", []),
        ("unix:////tmp/s", []),
        ("unix://%(here)s/../tmp/s", []),
        ("unix:///tmp/other", ["foreign-serverurl"]),
        ("unix://%(here)s/s", ["foreign-serverurl"]),
        ("unix://%(ENV_HOME)s/s", []),
        ("http://elsewhere:9001", []),
    ],
)
def test_a_client_that_looks_for_another_socket_is_told(url: str, codes: list[str]) -> None:
    found = config(HEAD + SERVER + INTERFACE + f"[supervisorctl]\nserverurl={url}\n").diagnostics
    assert [one.code for one in found] == codes
    for one in found:
        assert (one.suggestion, one.related[0][0].place()) == ("unix:///tmp/s", f"{MAIN}:2")


def test_a_group_that_another_one_hides_is_told_with_both_places() -> None:
    (one,) = config(HEAD + PROGRAM + "[program:b]\ncommand=x\n[group:a]\nprograms=b\n").diagnostics
    assert (one.code, one.origin.line, one.related[0][0].line) == ("duplicate-group", 2, 6)
    assert said(HEAD + PROGRAM + "[group:a]\nprograms=a\n") == []


def test_two_processes_of_one_name_are_told_with_both_places() -> None:
    text = HEAD + PROGRAM + "process_name=p\n[program:b]\ncommand=x\nprocess_name=p\n[group:g]\nprograms=a,b\n"
    (one,) = config(text).diagnostics
    assert (one.code, one.origin.line, one.related[0][0].line) == ("duplicate-process", 7, 4)


def test_a_log_of_several_is_told_once_at_the_last_with_the_others() -> None:
    log = "stdout_logfile=/tmp/log\n"
    (one,) = config(
        HEAD + PROGRAM + log + "[program:b]\ncommand=x\n" + log + "[program:c]\ncommand=x\n" + log
    ).diagnostics
    assert (one.code, one.origin.line) == ("shared-log", 10)
    assert [at.line for at, _ in one.related] == [4, 7]


def test_a_log_of_several_is_told_with_the_remedy() -> None:
    both = "stdout_logfile=/tmp/log\nstderr_logfile=/tmp/log\n"
    (one,) = config(HEAD + PROGRAM + both).diagnostics
    assert "redirect_stderr=true" in one.message
    (one,) = config(HEAD + "logfile=/tmp/log\n" + PROGRAM + "stdout_logfile=/tmp/log\n").diagnostics
    assert (one.code, one.related[0][0].line) == ("shared-log", 2)


@pytest.mark.parametrize("log", ["/dev/stdout", "/proc/1/fd/1", "/tmp/log\nstdout_logfile_maxbytes=0"])
def test_logs_that_are_never_rotated_may_be_shared(log: str) -> None:
    text = f"stdout_logfile={log}\n"
    assert said(HEAD + PROGRAM + text + "[program:b]\ncommand=x\n" + text) == []


def test_processes_of_one_program_may_share_a_log() -> None:
    assert program("numprocs=2\nprocess_name=%(process_num)s\nredirect_stderr=true\nstdout_logfile=/tmp/log\n") == []


@pytest.mark.parametrize(
    ("environment", "codes"),
    [
        ('PATH="/opt/bin:$PATH"', ["literal-variable"]),
        ('PATH="/opt/bin:${PATH}"', ["literal-variable"]),
        ('A="$B",PATH="/bin:%(ENV_WHO)s"', []),
        ('PASSWORD="pa$WORD"', []),
        ('"A"=b', ["quoted-variable"]),
        ("A=\"'b'\"", []),
    ],
)
def test_variables_that_a_shell_would_have_made_are_told(environment: str, codes: list[str]) -> None:
    assert program(f"environment={environment}\n") == codes
    told = said(HEAD + f"environment={environment}\n" + PROGRAM)
    assert told == [(2, code) for code in codes], "where it is written, and there only"


def test_a_fault_in_finding_warnings_refuses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(scope: Scope, config: Config) -> None:
        raise RuntimeError("oh")

    monkeypatch.setattr(load, "judge", broken)
    taken = config(HEAD + "zzz=1\n")
    assert [notice.level for notice in taken.notices] == ["crit", "warn"]
    assert "RuntimeError: oh" in taken.notices[0].text
