from __future__ import annotations

import pytest

from tests.unit.config.memory import MAIN, config, warnings

HEAD = "[supervisord]\n"
FACTORY = "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n"


@pytest.mark.parametrize(
    ("section", "hint"),
    [
        ("programm:web", "; the nearest name is [program:web]"),
        ("Program:web", "; the nearest name is [program:web]"),
        ("program", "; the nearest name is [program:NAME]"),
        ("supervisorctrl", "; the nearest name is [supervisorctl]"),
        ("unix_http_sever", "; the nearest name is [unix_http_server]"),
        ("zzz", ""),
    ],
)
def test_an_unknown_section_is_told_with_the_nearest_name(section: str, hint: str) -> None:
    assert warnings(f"{HEAD}[{section}]\nany=1\n") == [f"{MAIN}:2: unknown section [{section}] is ignored{hint}"]


def test_an_unknown_option_is_told_with_the_nearest_name_of_that_section() -> None:
    assert warnings(HEAD + "[program:a]\ncommand=x\nautostrat=1\nsocket=x\n") == [
        f"{MAIN}:4: unknown option autostrat in [program:a] is ignored; the nearest option is autostart",
        f"{MAIN}:5: unknown option socket in [program:a] is ignored; it is an option of [fcgi-program:x]",
    ]


def test_a_default_is_unknown_only_if_no_section_has_it() -> None:
    assert warnings("[DEFAULT]\nstartsecs=1\nzzz=1\n" + HEAD + "[program:a]\ncommand=x\n") == [
        f"{MAIN}:3: unknown option zzz in [DEFAULT] is ignored"
    ]


def test_our_own_section_and_those_of_the_client_are_known() -> None:
    text = "[initd]\n[supervisorctl]\nserverurl=x\n[ctlplugin:x]\nsupervisor.ctl_factory=a:b\nkey=1\n"
    assert warnings(HEAD + text) == []
    assert warnings(HEAD + "[initd]\nlater=1\n") == [f"{MAIN}:3: unknown option later in [initd] is ignored"]


def test_a_duplicate_option_and_section_are_told_with_both_places() -> None:
    assert warnings("[supervisord]\nidentifier=a\n[supervisord]\nidentifier=b\n") == [
        f"{MAIN}:3: section [supervisord] continues the one at {MAIN}:1; the later value of an option counts",
        f"{MAIN}:4: option identifier in [supervisord] replaces the value at {MAIN}:2",
    ]


def test_an_included_file_that_overrides_is_told_with_both_files() -> None:
    text = HEAD + "identifier=a\n[include]\nfiles=x\n"
    assert warnings(text, files={"/etc/x": "[supervisord]\nidentifier=b\n"}) == [
        f"/etc/x:1: section [supervisord] continues the one at {MAIN}:1; the later value of an option counts",
        f"/etc/x:2: option identifier in [supervisord] replaces the value at {MAIN}:2",
    ]


def test_a_clean_configuration_has_nothing_to_tell() -> None:
    served = "[inet_http_server:a]\nport=1\n[rpcinterface:supervisor]\n" + FACTORY
    assert warnings(HEAD + served + "[program:a]\ncommand=x\n[group:g]\nprograms=a\n") == []


PROGRAM = HEAD + "[program:a]\ncommand=x\n"


def said(text: str, **files: str) -> list[tuple[str, str]]:
    """(place, code) of what is said about a main file, and the files beside it."""
    found = config(text, files={f"/etc/{name}": more for name, more in files.items()}).diagnostics
    return [(one.origin.place().removeprefix(f"{MAIN}:"), one.code) for one in found]


def test_an_option_of_another_section_is_told_with_that_section() -> None:
    assert warnings(PROGRAM + "loglevel=debug\n") == [
        f"{MAIN}:4: unknown option loglevel in [program:a] is ignored; it is an option of [supervisord]"
    ]
    (found,) = warnings(PROGRAM + "logfile=x\n")
    assert found.endswith("; the nearest option is stdout_logfile; it is an option of [supervisord]")
    assert said("[DEFAULT]\nloglevel=debug\n" + HEAD) == []


def test_a_header_without_its_end_is_told() -> None:
    (found,) = warnings(HEAD + "[program:web\n")
    assert found.startswith(f"{MAIN}:2: unknown option [program in [supervisord] is ignored; a section begins")


def test_a_copied_file_is_told_with_the_name_its_section_should_have() -> None:
    text = HEAD + "[include]\nfiles=web api\n"
    (one,) = config(text, files={"/etc/web": "[program:web]\ncommand=x\n", "/etc/api": "[program:web]\n"}).diagnostics
    assert (one.code, one.origin.file, one.suggestion) == ("duplicate-section", "/etc/api", "[program:api]")
    assert [at.file for at, _ in one.related] == ["/etc/web"]
    (one,) = config(text, files={"/etc/web": "[supervisord]\n", "/etc/api": ""}).diagnostics
    assert (one.code, one.suggestion) == ("duplicate-section", "")


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("date +%s", True),
        ("a %% b %r", True),
        ("%5s", True),
        ("date +%%s", False),
        ("%(here)s %%", False),
        ("plain", False),
    ],
)
def test_a_percent_sign_without_a_name_is_told(value: str, told: bool) -> None:
    assert said(HEAD + f"[program:a]\ncommand={value}\n") == ([("3", "nameless-percent")] if told else [])


def test_a_percent_sign_counts_twice_where_it_is_expanded_twice() -> None:
    assert said(PROGRAM + "stdout_logfile=%%.2s\n") == [("4", "nameless-percent")]
    assert said(PROGRAM + "stdout_logfile=/tmp/%%%%s\n") == []
    assert said(PROGRAM + "directory=/tmp/%%s\n") == []


def test_a_percent_sign_is_free_in_what_nobody_reads() -> None:
    assert said(HEAD + "zzz=%s\n[yyy]\nx=%s\n") == [("2", "unknown-option"), ("3", "unknown-section")]


def test_an_indented_option_or_section_is_told() -> None:
    assert said(PROGRAM + "  autostart=false\n  [program:b]\n") == [("4", "indented-option"), ("5", "indented-section")]


@pytest.mark.parametrize(
    "line", ["--user=x", "Autostart=x", "zzz=1", "[ -f x ] && y=1", "[a]", "exec x autostart=false"]
)
def test_an_indented_line_that_belongs_there_is_not_told(line: str) -> None:
    assert [code for _, code in said(PROGRAM + f"  {line}\n") if code.startswith("indented")] == []


def test_an_indented_variable_of_the_environment_is_not_told() -> None:
    assert said(PROGRAM + "environment=\n  user=x,\n  directory=y\n") == []


def test_a_cut_quotation_is_told_with_what_is_lost() -> None:
    assert warnings(HEAD + "[program:a]\ncommand=x 'a ; b'\n") == [
        f'{MAIN}:3: "; b\'" is a comment, although it stands in a quotation: command in [program:a] ends before it',
        f"{MAIN}:3: command of [program:a] cannot be started: No closing quotation",
    ]
