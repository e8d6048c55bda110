from __future__ import annotations

import json
from typing import Any

import pytest

from initd.check import check
from initd.errors import ConfigError
from tests.unit.config.memory import MAIN, host

CLEAN = "[supervisord]\n"
WARNED = CLEAN + "zzz=1\n"
WRONG = CLEAN + "minfds=x\n"
FILES = {"/etc/clean": CLEAN, "/etc/warned": WARNED, "/etc/wrong": WRONG}


def run(*words: str, terminal: bool = False, **changes: Any) -> tuple[int, list[str]]:
    code, text = check(words, host(FILES, **changes), terminal)
    return code, text.splitlines()


def test_the_exit_status_tells_errors_from_warnings_and_both_from_nothing() -> None:
    assert [run(*words)[0] for words in (["/etc/clean"], ["/etc/warned"], ["/etc/wrong"])] == [0, 0, 2]
    assert [run("--strict", *words)[0] for words in (["/etc/clean"], ["/etc/warned"], ["/etc/wrong"])] == [0, 1, 2]


def test_options_may_come_before_between_and_after_files() -> None:
    assert run("/etc/clean", "--strict", "/etc/warned")[0] == run("/etc/warned", "--strict")[0] == 1
    assert run("-c", "/etc/warned", "--strict")[0] == 1
    assert run("--", "--strict")[1][0].startswith("--strict: error: could not find config file --strict")


def test_each_finding_is_one_line_and_a_line_counts_them() -> None:
    assert run("/etc/warned", "/etc/wrong") == (
        2,
        [
            "/etc/warned:2:1: warning: unknown option zzz in [supervisord] is ignored [unknown-option]",
            "/etc/wrong:2:1: error: minfds: invalid literal for int() with base 10: 'x'; expected a whole number [bad-value]",
            "2 files: 1 error, 1 warning",
        ],
    )


def test_related_places_are_indented_below() -> None:
    code, text = check(["/etc/s.conf"], host({MAIN: "[supervisord]\n[supervisord]\n"}), False)
    assert text.splitlines()[1] == "  /etc/s.conf:1: the section that is continued"


def test_the_output_for_programs_has_every_field() -> None:
    code, text = check(["--json", MAIN], host({MAIN: "[supervisord]\numask=022\numask=027\nnodeamon=x\n"}), True)
    assert code == 0
    report = json.loads(text)
    duplicate, unknown = report.pop("diagnostics")
    assert report == {"version": 1, "files": [MAIN], "errors": 0, "warnings": 2}
    assert duplicate == {
        "file": MAIN,
        "line": 3,
        "column": 1,
        "section": "supervisord",
        "key": "umask",
        "severity": "warning",
        "code": "duplicate-option",
        "message": f"option umask in [supervisord] replaces the value at {MAIN}:2",
        "suggestion": None,
        "related": [{"file": MAIN, "line": 2, "message": "the value that does not count"}],
    }
    assert (unknown["suggestion"], unknown["related"]) == ("nodaemon", [])


@pytest.mark.parametrize(
    ("words", "terminal", "environ", "colored"),
    [
        ([], True, {"TERM": "xterm"}, True),
        ([], True, {"TERM": "dumb"}, False),
        ([], True, {"TERM": "xterm", "NO_COLOR": ""}, False),
        ([], False, {"TERM": "xterm"}, False),
        (["--color", "auto"], True, {"TERM": "xterm"}, True),
        (["--color=always"], False, {}, True),
        (["--color=never"], True, {"TERM": "xterm"}, False),
    ],
)
def test_colors_are_for_terminals_unless_asked_for(
    words: list[str], terminal: bool, environ: dict[str, str], colored: bool
) -> None:
    code, lines = run("/etc/wrong", *words, terminal=terminal, environ=environ)
    assert ("\033[1;31merror:\033[0m" in lines[0]) is colored
    assert any("\033" in line for line in lines) is colored


def test_what_a_file_holds_cannot_command_the_terminal() -> None:
    _, text = check([MAIN], host({MAIN: "[supervisord]\nloglevel=\033[2J\n"}), True)
    assert "\033[2J" not in text and "\\x1b[2J" in text


def test_without_a_file_the_usual_one_is_checked() -> None:
    files = {"/work/supervisord.conf": WARNED}
    code, text = check([], host(files), False)
    assert text.startswith("supervisord.conf:2:1: warning: ")
    with pytest.raises(ConfigError, match="No config file found at default paths"):
        check([], host(), False)


def test_a_file_that_several_include_is_told_once() -> None:
    files = {
        "/etc/a": CLEAN + "[include]\nfiles=both\n",
        "/etc/b": CLEAN + "[include]\nfiles=both\n",
        "/etc/both": "[x]\n",
    }
    code, text = check(["/etc/a", "/etc/b"], host(files), False)
    assert text.count("/etc/both:1:1") == 1


def test_a_wrong_command_line_is_told_with_what_would_be_right() -> None:
    with pytest.raises(ConfigError) as wrong:
        run("--josn")
    assert wrong.value.hint == "the nearest is --json"
    with pytest.raises(ConfigError, match="invalid value for --color 'red'"):
        run("--color", "red", "/etc/clean")


def test_help_lists_every_option() -> None:
    code, lines = run("--help", "--color", "red")
    text = "\n".join(lines)
    assert code == 0 and all(f"--{name}" in text for name in ("strict", "json", "color", "configuration", "help"))
