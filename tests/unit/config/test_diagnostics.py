from __future__ import annotations

import pytest

from tests.unit.config.memory import MAIN, warnings

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
