from __future__ import annotations

import errno

import pytest

from initd.config import include
from initd.config.model import Notice
from initd.errors import ConfigError
from tests.unit.config.memory import MAIN, config, error, host

HEAD = "[supervisord]\n[include]\nfiles=d/*.conf\n"


def test_the_default_places_are_around_the_program_then_here_then_in_etc() -> None:
    assert include.search_paths("/opt/bin/initd") == (
        "/opt/etc/supervisord.conf",
        "/opt/supervisord.conf",
        "supervisord.conf",
        "etc/supervisord.conf",
        "/etc/supervisord.conf",
        "/etc/supervisor/supervisord.conf",
    )


def test_the_first_place_that_exists_is_taken_readable_or_not() -> None:
    denied = OSError(errno.EACCES, "Permission denied")
    found = include.find(host({"/work/etc/supervisord.conf": denied, "/etc/supervisord.conf": ""}))
    assert found == "etc/supervisord.conf"
    assert include.find(host()) is None


def test_a_missing_and_an_unreadable_file_are_told_apart() -> None:
    with pytest.raises(ConfigError) as missing:
        include.read_file("no.conf", host())
    assert missing.value.text == "could not find config file no.conf"
    with pytest.raises(ConfigError) as unreadable:
        include.read_file("/x", host({"/x": OSError(errno.EACCES, "Permission denied")}))
    assert unreadable.value.text == "could not read config file /x"
    assert unreadable.value.hint == "Permission denied"


def test_text_in_another_encoding_is_told_with_its_line() -> None:
    data = b"[supervisord]\nidentifier=\xe9\n"
    with pytest.raises(ConfigError) as refused:
        include.read_file("/x", host({"/x": data}))
    assert refused.value.text.startswith("'utf-8' codec can't decode byte 0xe9")
    assert refused.value.where() == "/x:2"
    assert "é" in include.read_file("/x", host({"/x": data}, encoding="latin-1"))


def test_included_files_add_and_override_and_have_a_here_of_their_own() -> None:
    found = config(
        HEAD + "[program:a]\ncommand=%(here)s\n",
        files={
            "/etc/d/1.conf": "[program:b]\ncommand=%(here)s\n[supervisord]\nidentifier=one\n",
            "/etc/d/2.conf": "[supervisord]\nidentifier=two\n",
        },
    )
    assert found.daemon.identifier == "two"
    assert [group.processes[0].command for group in found.groups] == ["/etc", "/etc/d"]
    assert found.notices[-2:] == (
        Notice("info", 'Included extra file "/etc/d/1.conf" during parsing'),
        Notice("info", 'Included extra file "/etc/d/2.conf" during parsing'),
    )


def test_a_pattern_without_a_match_is_warned_about() -> None:
    assert config(HEAD).notices == (Notice("warn", 'No file matches via include "/etc/d/*.conf"'),)


def test_an_included_file_that_cannot_be_read_is_passed_over_with_a_warning() -> None:
    denied = OSError(errno.EACCES, "Permission denied")
    assert config(HEAD, files={"/etc/d/1.conf": denied}).notices == (
        Notice("warn", "/etc/d/1.conf: included, but cannot be read: Permission denied"),
        Notice("info", 'Included extra file "/etc/d/1.conf" during parsing'),
    )


def test_errors_in_an_included_file_name_that_file() -> None:
    refused = error(HEAD, files={"/etc/d/1.conf": "[program:b]\ncommand=x\nstartsecs=x\n"})
    assert refused.text.endswith("in section 'program:b' (file: '/etc/d/1.conf')")
    assert refused.where() == "/etc/d/1.conf:3: startsecs"


def test_an_include_inside_an_included_file_is_ignored_with_a_warning() -> None:
    notices = config(HEAD, files={"/etc/d/1.conf": "[include]\nfiles=x\n"}).notices
    assert notices[0].text == f"/etc/d/1.conf:1: [include] counts only in the main file, {MAIN}; it is ignored here"


def test_an_include_needs_files_and_knows_no_other_names() -> None:
    assert error("[supervisord]\n[include]\n").where() == f"{MAIN}:2: files"
    assert "'include.files' contains names ('x')" in error("[supervisord]\n[include]\nfiles=%(x)s\n").text
