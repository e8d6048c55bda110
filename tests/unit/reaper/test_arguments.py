"""initd.reaper.arguments and numbers: what the options of an init mean, and what is said about wrong ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from initd.errors import ConfigError
from initd.reaper.arguments import TABLE, help_text, parse
from initd.reaper.options import SECOND_NS, Options
from initd.signals import SIGHUP, SIGINT, SIGQUIT, SIGRTMAX, SIGRTMIN, SIGTERM, SIGUSR1


def parsed(*words: str) -> dict[str, object]:
    """The fields of the plan that differ from the defaults, the command left out."""
    plan, plain = parse([*words, "--", "cmd", "-x", "--"]), Options()
    assert plan.command == ("cmd", "-x", "--")
    names = set(vars(plan)) - {"command", "remark"}
    return {name: getattr(plan, name) for name in names if getattr(plan, name) != getattr(plain, name)}


@pytest.mark.parametrize("words", [["-v"], ["-w"], ["-wvv"]])
def test_who_asks_for_words_gets_them(words: list[str]) -> None:
    assert parse([*words, "--", "cmd"]).remark is not None
    assert parse(["--", "cmd"]).remark is None


def test_without_options_everything_is_as_by_default() -> None:
    assert parsed() == {}


@pytest.mark.parametrize(
    ("words", "fields"),
    [
        (["-g"], {"target": "group"}),
        (["--target", "session"], {"target": "session", "place": "session"}),
        (["--target=child"], {}),
        (["-rTERM:QUIT", "-r", "1:0"], {"rewrites": {SIGTERM: SIGQUIT, SIGHUP: 0}}),
        (["--rewrite=RTMIN+3:sigrtmax-1"], {"rewrites": {SIGRTMIN + 3: SIGRTMAX - 1}}),
        (["--drop", "HUP,SIGUSR1"], {"rewrites": {SIGHUP: 0, SIGUSR1: 0}}),
        (["--delay", "TERM:1.5"], {"delays": {SIGTERM: 3 * SECOND_NS // 2}}),
        (["-e", "143", "-e1:7"], {"codes": {143: 0, 1: 7}}),
        (["--grace", "0", "--deadline=25", "--kill-after", "8"],
         {"grace_ns": 0, "deadline_ns": 25 * SECOND_NS, "kill_after_ns": 8 * SECOND_NS}),
        (["--keep-leftovers"], {"grace_ns": None}),
        (["-s"], {"subreaper": True}),
        (["--no-subreaper"], {"subreaper": False}),
        (["-p", "INT"], {"parent_death": SIGINT}),
        (["--setsid"], {"place": "session"}),
        (["--no-setpgid"], {"place": "none"}),
        (["-wvv"], {"warn_on_reap": True, "verbose": 2}),
        (["-gvp", "INT"], {"target": "group", "verbose": 1, "parent_death": SIGINT}),
    ],
)  # fmt: skip
def test_an_option_changes_its_part_of_the_plan(words: list[str], fields: dict[str, object]) -> None:
    assert parsed(*words) == fields


@pytest.mark.parametrize(
    ("words", "text", "hint"),
    [
        (["--gruop"], "unknown option --gruop", "the nearest option is --group"),
        (["-"], "'-' before --", "expected: initd [options] -- COMMAND [ARGUMENT...]"),
        (["-gx"], "unknown option -x", "initd --help -- lists them"),
        (["--target", "all"], "--target: expected child, group or session, not 'all'", ""),
        (["--target"], "--target needs a value", "expected --target WHO"),
        (["--group=1"], "--group takes no value", ""),
        (["-r", "TERM"], "-r: expected two values with a colon between them, not 'TERM'", ""),
        (["-r", "TERM:TREM"], "-r: no signal 'TREM'", "expected a name such as TERM or RTMIN+3, or a number 1 to 64"),
        (["-r", "0:TERM"], "-r: no signal '0'", "expected a name such as TERM or RTMIN+3, or a number 1 to 64"),
        (["--drop", "RTMAX+1"], "--drop: no signal 'RTMAX+1'", "expected a name such as TERM or RTMIN+3, or a number 1 to 64"),
        (["--drop", "_DFL"], "--drop: no signal '_DFL'", "expected a name such as TERM or RTMIN+3, or a number 1 to 64"),
        (["--drop", "KILL"], "--drop: KILL is never forwarded", ""),
        (["--delay", "TERM:soon"], "--delay: no time 'soon'", "expected seconds, such as 2 or 0.5"),
        (["--grace=-1"], "--grace: no time '-1'", "expected seconds, such as 2 or 0.5"),
        (["--grace=nan"], "--grace: no time 'nan'", "expected seconds, such as 2 or 0.5"),
        (["-e", "256"], "-e: no exit status '256'", "expected a number 0 to 255"),
        (["cmd"], "'cmd' before --", "expected: initd [options] -- COMMAND [ARGUMENT...]"),
        (["-g", "--no-setpgid"], "--group and --no-setpgid exclude each other: our own group has us in it", ""),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_what_would_be_right(words: list[str], text: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse([*words, "--", "cmd"])
    assert (caught.value.text, caught.value.hint) == (text, hint)


@pytest.mark.parametrize("words", [[], ["--"], ["-g", "--"], ["--", ""]])
def test_a_run_needs_a_command(words: list[str]) -> None:
    with pytest.raises(ConfigError, match="no command"):
        parse(words)


def test_help_and_version_need_none() -> None:
    assert [parse([word, "--"]).wants for word in ("-h", "--help", "--version")] == ["help", "help", "version"]


def test_the_documentation_has_every_option_with_its_text() -> None:
    page = Path(__file__).resolve().parents[3] / "docs" / "init.md"
    rows = [line for line in page.read_text().splitlines() if line.startswith("| `-")]
    expected = []
    for option in TABLE:
        short = f"`-{option.short}`, " if option.short else ""
        value = f" {option.value}" if option.value else ""
        expected.append(f"| {short}`--{option.long}{value}` | {option.text} |")
    assert rows == expected


def test_the_help_lists_the_options_and_their_texts_in_two_columns() -> None:
    first, _, what, _, *lines = help_text().splitlines()
    assert first == "usage: initd [options] -- COMMAND [ARGUMENT...]"
    assert what == "Run COMMAND as the init of a container: docs/init.md."
    assert [line[32:] for line in lines] == [option.text for option in TABLE]
    left = [line[:32].rstrip() for line in lines]
    assert left[:2] == ["  -g, --group", "  -t, --target WHO"]
    assert "      --setsid" in left and "      --grace SECONDS" in left
    assert all(line[31] == " " for line in lines)
