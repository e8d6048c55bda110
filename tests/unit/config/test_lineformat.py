"""initd.config.lineformat: what the options of a format mean, and what is said about those that mean nothing."""

from __future__ import annotations

import pytest

from initd.config.compare import changed
from initd.config.model import FormatConfig
from tests.unit.config.memory import MAIN, config, error, program

HEAD = "[supervisord]\n[program:a]\ncommand=x\n"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("", None),
        ("stdout_format=raw\n", None),
        ("stdout_format=JSON\n", FormatConfig("json", "", "utc")),
        ("stdout_format=json\nstdout_timestamp=local\n", FormatConfig("json", "", "local")),
        ("stdout_format=json\nstdout_timestamp=false\n", FormatConfig("json", "", "none")),
        ("stdout_format=prefix\n", FormatConfig("prefix", "a |", "none")),
        ("stdout_format=prefix\nstdout_timestamp=yes\n", FormatConfig("prefix", "a |", "utc")),
        ("stdout_format=prefix\nstdout_prefix=\nstdout_timestamp=UTC\n", FormatConfig("prefix", "", "utc")),
        (
            "stdout_format=prefix\nstdout_prefix=%(program_name)s/%(stream)s/%(group_name)s/%(ENV_OWN)s/%%\nenvironment=OWN=1\n",
            FormatConfig("prefix", "a/stdout/a/1/%", "none"),
        ),
    ],
)
def test_a_format_is_off_until_it_is_set(options: str, expected: FormatConfig | None) -> None:
    process = program(options)
    assert process.stdout.format == expected
    assert process.stderr.format is None


def test_each_process_and_each_stream_has_its_own_prefix() -> None:
    text = "stderr_format=prefix\nstderr_prefix=%(process_name)s.%(stream)s:\nnumprocs=2\n"
    (group,) = config(HEAD + text + "process_name=%(program_name)s%(process_num)d\n").groups
    assert [process.stderr.format.prefix for process in group.processes if process.stderr.format] == ["a0.stderr:", "a1.stderr:"]


@pytest.mark.parametrize(
    ("option", "value", "text", "hint"),
    [
        ("stdout_format", "jsn", "not a valid format of lines: 'jsn'", "the nearest is json"),
        ("stderr_format", "", "not a valid format of lines: ''", "expected raw, prefix or json"),
        ("stdout_timestamp", "%Y", "is badly formatted", "%%"),
        ("stdout_timestamp", "lokal", "not a valid timestamp: 'lokal'", "the nearest is local"),
        ("stderr_timestamp", "1 s", "not a valid timestamp: '1 s'", "expected utc, local, none, true or false"),
        ("stdout_prefix", "%(nobody)s", "contains names ('nobody') which cannot be expanded", "%%"),
        ("stdout_prefix", "a\n  b", "stdout_prefix has more than one line", "expected one"),
    ],
)
def test_a_value_that_is_none_is_one_message_at_its_place(option: str, value: str, text: str, hint: str) -> None:
    kind = "stdout_format=prefix\n" if option == "stdout_prefix" else ""
    refused = error(f"{HEAD}{kind}{option}={value}\n")
    assert refused.where() == f"{MAIN}:{5 if kind else 4}: {option}"
    assert text in refused.text
    assert hint in refused.hint


def test_the_name_of_the_process_is_known_to_the_prefix_only() -> None:
    assert error(HEAD + "stdout_format=prefix\ndirectory=/%(process_name)s\n").key == "directory"


def test_the_main_log_has_a_format_of_its_own() -> None:
    assert config("[supervisord]\n").daemon.log_format == "text"
    assert config("[supervisord]\nlog_format=JSON\n").daemon.log_format == "json"
    refused = error("[supervisord]\nlog_format=jason\n")
    assert refused.where() == f"{MAIN}:2: log_format"
    assert (refused.text, refused.hint) == ("not a valid format of the main log: 'jason'", "the nearest is json")


def test_another_format_is_another_program_to_a_reread() -> None:
    groups = [config(HEAD + text).groups[0] for text in ("", "stdout_format=raw\n", "stdout_format=json\n")]
    assert not changed(groups[0], groups[1])
    assert changed(groups[1], groups[2])


@pytest.mark.parametrize(
    ("options", "messages"),
    [
        ("stdout_format=json\nstdout_timestamp=local\n", []),
        ("stdout_prefix=x\n", ["stdout_prefix has no effect in [program:a] with stdout_format=raw"]),
        (
            "stderr_format=json\nstderr_prefix=x\nstdout_timestamp=true\n",
            [
                "stdout_timestamp has no effect in [program:a] with stdout_format=raw",
                "stderr_prefix has no effect in [program:a] with stderr_format=json",
            ],
        ),
        (
            "redirect_stderr=true\nstdout_format=json\nstderr_format=json\n",
            ["stderr_format has no effect in [program:a] with redirect_stderr=true"],
        ),
    ],
)
def test_what_changes_nothing_is_told(options: str, messages: list[str]) -> None:
    found = config(HEAD + options).diagnostics
    assert [(one.code, one.message) for one in found] == [("no-effect", message) for message in messages]
