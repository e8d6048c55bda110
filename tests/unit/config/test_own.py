from __future__ import annotations

import shlex

import pytest

from initd.config.compare import diff
from initd.config.model import EndsConfig
from tests.unit.config.memory import MAIN, config, error, warnings

HEAD = "[supervisord]\n"


def test_what_is_new_is_off_until_it_is_set() -> None:
    assert config(HEAD).own.web_get_actions is False
    assert config(HEAD + "[initd]\n").own.web_get_actions is False
    assert config(HEAD + "[initd]\nweb_get_actions=true\n").own.web_get_actions is True


def test_the_names_of_the_machine_and_those_given_are_ours() -> None:
    (own,) = config(HEAD).own.web_hosts
    assert config(HEAD + "[initd]\nweb_hosts = Www.example, other.example,\n").own.web_hosts == (
        own,
        "www.example",
        "other.example",
    )


def test_a_value_that_makes_no_sense_is_an_error_with_its_place() -> None:
    found = error(HEAD + "[initd]\nweb_get_actions=maybe\n")
    assert "maybe" in found.text and found.where() == f"{MAIN}:3: web_get_actions"


def test_a_misspelt_option_is_warned_about_with_the_nearest() -> None:
    (line,) = warnings(HEAD + "[initd]\nweb_get_action=true\n")
    assert line.endswith("unknown option web_get_action in [initd] is ignored; the nearest option is web_get_actions")


WEB = "[program:web]\ncommand=/bin/web\n"


def test_what_an_end_means_is_off_until_it_is_set() -> None:
    own = config(HEAD + WEB).own
    assert (own.exit_code_from, own.exit_when_idle, own.fatal_exit_code, own.shutdown_timeout) == ("", False, None, None)
    assert config(HEAD + WEB).groups[0].processes[0].ends == EndsConfig()


@pytest.mark.parametrize("option", ["on_exit", "on_failure", "on_fatal"])
def test_a_consequence_is_none_or_shutdown(option: str) -> None:
    for text, value in (("shutdown", True), ("SHUTDOWN", True), ("none", False)):
        (process,) = config(f"{HEAD}{WEB}{option}={text}\n").groups[0].processes
        assert getattr(process.ends, option) is value
    found = error(f"{HEAD}{WEB}{option}=shutdwon\n")
    assert "not a valid consequence: 'shutdwon'" in found.text
    assert (found.where(), found.hint) == (f"{MAIN}:4: {option}", "the nearest is shutdown")


def test_a_change_of_them_makes_a_group_a_changed_one() -> None:
    old, new = config(HEAD + WEB).groups, config(HEAD + WEB + "essential=true\n").groups
    assert diff(old, new) == ((), ("web",), ())
    assert diff(new, new) == ((), (), ())


def test_there_is_one_main_process_at_most() -> None:
    found = error(f"{HEAD}{WEB}main=true\n[program:db]\ncommand=/bin/db\nmain=true\n")
    assert found.text.startswith("main=true makes both db:db and web:web the main program")
    assert found.where() == f"{MAIN}:4: main"
    several = error(f"{HEAD}{WEB}main=true\nnumprocs=2\nprocess_name=%(process_num)d\n")
    assert several.text.startswith("main=true makes both web:0 and web:1 the main program")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("none", "none"),
        ("first-failure", "first-failure"),
        ("main", "g:db"),
        ("web", "web:web"),
        ("web:web", "web:web"),
        ("g:db", "g:db"),
    ],
)
def test_exit_code_from_is_a_word_or_names_a_process(text: str, value: str) -> None:
    programs = WEB + "[group:g]\nprograms=db\n[program:db]\ncommand=/bin/db\nmain=true\n"
    assert config(f"{HEAD}{programs}[initd]\nexit_code_from={text}\n").own.exit_code_from == value


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("wev", "exit_code_from=wev names no process", "the nearest is web"),
        ("mian", "exit_code_from=mian names no process", "the nearest is main"),
        ("pool", "exit_code_from=pool names 2 processes", "expected one, such as pool:0"),
        ("main", "exit_code_from=main, but no program has main=true", "set main=true"),
    ],
)
def test_exit_code_from_that_names_nobody_is_an_error(text: str, message: str, hint: str) -> None:
    pool = "[program:pool]\ncommand=/bin/p\nnumprocs=2\nprocess_name=%(process_num)d\n"
    found = error(f"{HEAD}{WEB}{pool}[initd]\nexit_code_from={text}\n")
    assert (found.text, found.hint, found.where()) == (message, hint, f"{MAIN}:9: exit_code_from")


@pytest.mark.parametrize("line", ["fatal_exit_code=256", "fatal_exit_code=-1", "shutdown_timeout=0"])
def test_numbers_out_of_range_are_errors(line: str) -> None:
    found = error(f"{HEAD}[initd]\n{line}\n")
    assert found.text == f"{line} is out of range" and found.hint.startswith("expected ")


def test_a_command_is_the_main_program_and_there_is_no_other_of_its_name() -> None:
    both = config(HEAD + WEB + "[initd]\nexit_code_from=main\n", "--", "sh", "-c", "echo 'a b'")
    assert [group.name for group in both.groups] == ["web", "main"]
    (process,) = both.groups[1].processes
    assert shlex.split(process.command) == ["sh", "-c", "echo 'a b'"]
    assert (process.ends, process.last, both.own.exit_code_from) == (EndsConfig(main=True), True, "main:main")
    found = error(HEAD + "[program:main]\ncommand=/bin/x\n", "--", "true")
    assert found.text == "a command beside a configuration is the program main, of which there is one already"
    assert "main=true makes both web:web and main:main" in error(f"{HEAD}{WEB}main=true\n", "--", "true").text
