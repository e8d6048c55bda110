"""From a command to an executable: supervisord's words for what is wrong, and its search."""

from __future__ import annotations

import pytest

from initd.drive.resolve import CommandError, Executable, resolve
from sim.kernel import SimFiles


@pytest.fixture
def files():
    files = SimFiles()
    files.program("/usr/bin/cat")
    files.program("/opt/tools/run")
    files.put("/usr/bin/text", b"", 0o644)
    files.put("/opt/first/cat", b"", 0o644)
    files.directory("/usr/bin/dir")
    return files


def test_a_name_is_searched_for_in_path_and_argv_stays_as_written(files):
    found = resolve(files, "cat -n 'a  b' \"c d\" e\\ f", {"PATH": "/nowhere:/usr/bin"})
    assert found == Executable("/usr/bin/cat", ("cat", "-n", "a  b", "c d", "e f"))


def test_a_word_with_a_slash_is_not_searched_for(files):
    assert resolve(files, "/opt/tools/run x", {"PATH": "/usr/bin"}) == Executable(
        "/opt/tools/run", ("/opt/tools/run", "x")
    )
    files.tree.directory = "/opt"
    assert resolve(files, "tools/run", {}).path == "tools/run"


def test_without_path_the_default_one_is_used(files):
    assert resolve(files, "cat", {}).path == "/usr/bin/cat"


def test_an_empty_entry_of_path_is_the_current_directory_and_slashes_are_not_doubled(files):
    files.tree.directory = "/usr/bin"
    assert resolve(files, "cat", {"PATH": ":/bin"}).path == "cat"
    assert resolve(files, "cat", {"PATH": "/usr/bin/"}).path == "/usr/bin/cat"


def test_newlines_separate_words_like_spaces(files):
    assert resolve(files, "cat\n  -n\n  x", {}).argv == ("cat", "-n", "x")


@pytest.mark.parametrize(
    ("command", "text", "missing"),
    [
        ("cat 'x", "can't parse command \"cat 'x\": No closing quotation", False),
        ("", "command is empty", False),
        ("  ", "command is empty", False),
        ("nope -v", "can't find command 'nope'", True),
        ("/usr/bin/nope", "can't find command '/usr/bin/nope'", True),
        ("dir", "command at '/usr/bin/dir' is a directory", False),
        ("text", "command at '/usr/bin/text' is not executable", False),
    ],
)
def test_what_is_wrong_is_said_as_supervisord_says_it(files, command, text, missing):
    with pytest.raises(CommandError) as caught:
        resolve(files, command, {})
    assert (caught.value.text, caught.value.missing) == (text, missing)
    assert caught.value.status == (127 if missing else 126)


def test_the_first_entry_that_has_the_file_counts_usable_or_not(files):
    with pytest.raises(CommandError, match="command at '/opt/first/cat' is not executable"):
        resolve(files, "cat", {"PATH": "/opt/first:/usr/bin"})


def test_a_file_that_others_may_execute_but_we_may_not(files):
    files.put("/usr/bin/theirs", b"", 0o100)
    files.tree.uid = 1000
    with pytest.raises(CommandError, match="no permission to run command '/usr/bin/theirs'"):
        resolve(files, "theirs", {})


@pytest.mark.parametrize("mode", [0o100, 0o010, 0o001])
def test_one_execute_bit_of_any_kind_makes_a_command(files, mode):
    files.put("/usr/bin/tool", b"", mode)
    assert resolve(files, "/usr/bin/tool", {}).path == "/usr/bin/tool"


def test_an_error_of_a_command_reads_as_its_text():
    assert str(CommandError("no such thing", missing=True)) == "no such thing"
