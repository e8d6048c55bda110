from __future__ import annotations

import pytest

from initd.config.mend import MendedFiles
from initd.errors import ConfigError
from tests.unit.config.memory import MAIN, host


def mended(text: str | bytes, *errors: ConfigError) -> list[str]:
    """The lines of the main file after errors have been taken out."""
    files = MendedFiles(host({MAIN: text}))
    files.read_file(MAIN)
    for error in errors:
        assert files.mend(error)
    return files.read_file(MAIN).decode().split("\n")


def test_files_are_as_they_are_while_nothing_is_wrong() -> None:
    files = MendedFiles(host({MAIN: "[supervisord]\r\n"}))
    assert files.read_file(MAIN) == b"[supervisord]\r\n"
    assert files.line(MAIN, 1) == "[supervisord]"
    with pytest.raises(OSError):
        files.read_file("/etc/none")


def test_an_option_goes_with_its_continuation_and_lines_keep_their_numbers() -> None:
    text = "[a]\nkey=x\n  more\n\n  more\nother=y\n"
    assert mended(text, ConfigError("", MAIN, 2, "key")) == ["[a]", "#", "#", "#", "#", "other=y", ""]


def test_an_option_that_must_be_there_gets_a_value_that_is_fine() -> None:
    assert mended("[a]\n command=x\n  y\n", ConfigError("", MAIN, 2, "command")) == ["[a]", " command = true", "#", "#"]
    assert mended("[a]\n", ConfigError("", MAIN, 1, "command")) == ["[a]", "", "[a]", "command = true"]


def test_a_section_goes_up_to_the_next_one() -> None:
    assert mended("[a]\nb=1\n[c]\n", ConfigError("", MAIN, 1)) == ["#", "#", "[c]", ""]
    assert mended("b=1\nc=1\n[c]\n", ConfigError("", MAIN, 1)) == ["#", "#", "[c]", ""]


def test_a_line_that_is_nothing_goes_alone() -> None:
    assert mended("[a]\nnonsense\nb=1\n", ConfigError("", MAIN, 2)) == ["[a]", "#", "b=1", ""]


def test_bytes_that_are_no_text_are_replaced() -> None:
    assert mended(b"[a]\nb=\xff\n", ConfigError("", MAIN, 2)) == ["[a]", "b=\ufffd", ""]


def test_what_is_in_no_file_cannot_be_mended() -> None:
    files = MendedFiles(host({MAIN: ""}))
    files.read_file(MAIN)
    assert not files.mend(ConfigError("no file"))
    assert not files.mend(ConfigError("a file that was not read", "/etc/other", 1))
    assert not files.mend(ConfigError("a line that is not there", MAIN, 9, "key"))


def test_lines_that_were_changed_or_added_are_known() -> None:
    files = MendedFiles(host({MAIN: "[a]\nb=1"}))
    files.read_file(MAIN)
    assert not files.touched(MAIN, 2) and not files.added(MAIN, 2)
    files.mend(ConfigError("", MAIN, 2, "b"))
    files.mend(ConfigError("", MAIN))
    assert files.touched(MAIN, 2) and not files.added(MAIN, 2)
    assert files.added(MAIN, 3) and not files.touched(MAIN, 1)
    assert (files.section(MAIN, 2), files.section(MAIN, None)) == ("a", None)
