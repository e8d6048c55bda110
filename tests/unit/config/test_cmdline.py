from __future__ import annotations

import getopt

import pytest

from initd.config import cmdline
from initd.config.cmdline import Arguments, Given, parse_arguments
from initd.errors import ConfigError

SHORT = "".join(letter + ":" * valued for letter, _, valued in cmdline.DAEMON if letter)
LONG = [name + "=" * valued for _, name, valued in cmdline.DAEMON if name]


def _refused(*argv: str) -> ConfigError:
    with pytest.raises(ConfigError) as refused:
        parse_arguments(argv)
    return refused.value


def test_options_come_in_every_spelling() -> None:
    expected = Arguments(
        "f", {"nodaemon": Given("-n", True), "umask": Given("-m", 0o27), "user": Given("--user", "me")}
    )
    assert parse_arguments(["-c", "f", "-nm027", "--user", "me"]) == expected
    assert parse_arguments(["-cf", "-n", "-m", "027", "--us=me"]) == expected


def test_help_and_version_are_told_and_end_the_reading() -> None:
    assert parse_arguments(["-h", "-n", "-n"]).wants == parse_arguments(["-?"]).wants == "help"
    assert parse_arguments(["-n", "--version"]).wants == "version"
    assert _refused("-n", "-n", "-h").text == "conflicting command line option '-n'"


@pytest.mark.parametrize(
    ("argv", "text"),
    [
        (("foo",), "positional arguments are not supported: ['foo']"),
        (("-n", "a", "--", "-s"), "positional arguments are not supported: ['a']"),
        (("-n", "--", ""), "the command behind -- is empty"),
        (("-x",), "option -x not recognized"),
        (("--bogus",), "option --bogus not recognized"),
        (("--no=1",), "option --no not a unique prefix"),
        (("--nodaemon=1",), "option --nodaemon must not have an argument"),
        (("-c",), "option -c requires argument"),
        (("--config",), "option --configuration requires argument"),
        (("-c", "a", "--configuration=b"), "conflicting command line option '--configuration'"),
        (("-m", "9"), "invalid value for -m '9': 9 can not be converted to an octal type"),
        (("--minprocs=x",), "invalid value for --minprocs 'x': invalid literal for int() with base 10: 'x'"),
    ],
)
def test_usage_errors_are_in_supervisords_words(argv: tuple[str, ...], text: str) -> None:
    assert _refused(*argv).text == text


def test_the_nearest_option_is_offered() -> None:
    assert _refused("--nodeamon").hint == "the nearest is --nodaemon"


@pytest.mark.parametrize(
    "argv",
    [
        ["-nskt", "-cx"],
        ["-c", "-n"],
        ["-", "-n"],
        ["--"],
        ["--=x"],
        ["--log"],
        ["--logfile="],
        ["--logfile", ""],
        ["-n", "a", "-s"],
        ["-:"],
        ["-c:"],
        ["--h", "--v"],
        ["--min=3"],
        ["--minp=3"],
    ],
)
def test_words_are_cut_as_getopt_cuts_them(argv: list[str]) -> None:
    try:
        options, rest = getopt.getopt(argv, SHORT, LONG)
        expected: object = options, rest
    except getopt.GetoptError as error:
        expected = str(error)
    try:
        found, left = cmdline.getopt(argv, cmdline.DAEMON)
        ours: object = [(flag, text) for flag, _, text in found], left
    except ConfigError as error:
        ours = error.text
    assert ours == expected


def test_where_to_record_is_an_option_of_ours_beside_the_others() -> None:
    assert parse_arguments(["--record", "rec", "-n"]) == Arguments(None, {"nodaemon": Given("-n", True)}, record="rec")
    assert parse_arguments(["--record=rec"]).record == "rec"
    assert parse_arguments([]).record is None
    assert _refused("--record").text == "option --record requires argument"
    assert _refused("--record=a", "--record=b").text == "conflicting command line option '--record'"


def test_what_follows_two_dashes_is_a_command_whatever_it_looks_like() -> None:
    assert parse_arguments(["-n", "--", "-s", "--", "-x"]).command == ("-s", "--", "-x")
    assert parse_arguments(["-n"]).command == parse_arguments(["-n", "--"]).command == ()  # so it is for supervisord
