"""Our file reader against the stdlib's configparser, set up as supervisord sets it up."""

from __future__ import annotations

import configparser
import re
import sys

from hypothesis import assume, example, given
from hypothesis import strategies as st

from initd.config.ini import DEFAULT, Ini
from initd.errors import ConfigError

PIECES = [
    "[",
    "]",
    "[a]",
    "[b]",
    "[DEFAULT]",
    "=",
    ":",
    ";",
    "#",
    " ",
    "  ",
    "\t",
    "key",
    "Key",
    "other",
    "value",
    "%",
    "é",
]
PIECES += ["key=1", "other: 2", " ;", " #", "\x0b", "\x1c", "\u2003", "\x85", "İ"]
lines = st.lists(st.sampled_from(PIECES), max_size=7).map("".join)
texts = st.lists(lines, max_size=14).map("\n".join)
files = st.tuples(st.booleans(), texts).map(lambda drawn: ("[a]\n" if drawn[0] else "") + drawn[1])


def _stdlib(read: list[str]) -> object:
    parser = configparser.RawConfigParser(inline_comment_prefixes=(";", "#"), strict=False)
    try:
        for number, text in enumerate(read):
            parser.read_string(text, f"file{number}")
    except configparser.ParsingError as error:
        return str(error)
    own = {name: list(parser._sections[name].items()) for name in parser.sections()}  # type: ignore[attr-defined]
    return list(own.items()), list(parser.defaults().items())


def _ours(read: list[str]) -> object:
    ini = Ini()
    try:
        for number, text in enumerate(read):
            ini.read(text, f"file{number}")
    except ConfigError as error:
        return error.text
    own = {name: [(key, entry.text) for key, entry in ini.section(name).items()] for name in ini.sections()}
    return list(own.items()), [(key, entry.text) for key, entry in ini.section(DEFAULT).items()]


def _ambiguous(line: str) -> bool:
    """Whether Python 3.13 and later see a comment start earlier than the versions before them did."""
    return len(set(re.findall(r"[;#]", line))) > 1


@given(st.lists(files, min_size=1, max_size=2))
@example(["[a]\nkey=x;y ;z #c\n"])
@example(["[a]\nkey=1\n\n  more\n ; no\n  more\n[a]\nkey : 2\n"])
@example(["[a]\nkey\n  deeper\n=x\n"])
@example(["[]]\nkey=1\n[]\n"])
@example(["key=1"])
def test_any_text_reads_as_the_stdlib_reads_it(read: list[str]) -> None:
    if sys.version_info >= (3, 13):
        assume(not any(_ambiguous(line) for text in read for line in text.split("\n")))
    assert _ours(read) == _stdlib(read)


@given(files)
def test_every_value_is_found_at_the_line_it_names(text: str) -> None:
    ini = Ini()
    try:
        ini.read(text, "f")
    except ConfigError as error:
        assert error.line is not None and 1 <= error.line <= text.count("\n") + 1
        return
    lines = text.split("\n")
    for name in [*ini.sections(), DEFAULT]:
        for key, entry in ini.section(name).items():
            assert entry.origin.line is not None
            line = lines[entry.origin.line - 1].strip()
            assert line.lower().startswith(key)
            assert entry.text.split("\n")[0] in line


@given(files)
def test_line_ends_of_other_systems_make_no_difference(text: str) -> None:
    assert _ours([text.replace("\n", "\r\n")]) == _ours([text]) == _ours([text.replace("\n", "\r")])
