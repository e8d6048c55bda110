from __future__ import annotations

import pytest

from initd.config.ini import Ini
from initd.config.model import Origin
from initd.config.section import Scope, Section, parse
from initd.errors import ConfigError
from tests.unit.config.memory import host


def _section(text: str, suffix: bool = False) -> Section:
    ini = Ini()
    ini.read(text, "f")
    return Section(Scope(ini, host(), "f", "/etc"), "program:a", {"here": "/etc"}, suffix)


def test_an_option_is_expanded_and_parsed_to_its_type() -> None:
    section = _section("[program:a]\nstartsecs=%(n)d\n")
    section.names["n"] = 7
    assert section.value("startsecs") == 7


def test_an_option_that_is_not_written_has_its_default() -> None:
    section = _section("[program:a]\n")
    assert section.value("stopsignal") == 15
    assert section.text("user") is None and section.value("user") is None


def test_the_environment_of_the_daemon_is_at_hand_and_own_names_go_before_it() -> None:
    section = _section("[program:a]\ndirectory=%(ENV_WHO)s\n")
    assert section.text("directory") == "me"
    section.names["ENV_WHO"] = "you"
    assert section.text("directory") == "you"


def test_an_error_is_placed_at_its_option() -> None:
    with pytest.raises(ConfigError) as refused:
        _section("[program:a]\n\nstartsecs=x\n").value("startsecs")
    assert refused.value.where() == "f:3: startsecs"
    assert refused.value.hint == "expected a whole number"


def test_an_error_about_what_is_not_written_is_placed_at_the_section() -> None:
    error = _section("\n[program:a]\n").fail("no command", "command")
    assert (error.file, error.line, error.key) == ("f", 2, "command")


def test_an_error_about_a_process_names_section_and_file() -> None:
    assert _section("[program:a]\n", suffix=True).fail("no").text == "no in section 'program:a' (file: 'f')"


def test_an_inherited_option_is_placed_where_it_was_written() -> None:
    section = _section("[DEFAULT]\nstartsecs=x\n[program:a]\n")
    assert section.origin("startsecs") == Origin("f", 2)


def test_a_negative_size_is_an_error_where_logs_rotate() -> None:
    with pytest.raises(ConfigError) as refused:
        _section("[program:a]\nstdout_logfile_maxbytes=-1\n").size("stdout_logfile_maxbytes")
    assert refused.value.text == "-1 is below lower bound (0)"


def test_a_type_without_a_parser_is_a_string() -> None:
    assert parse("command_line", "a b", host()) == "a b"
