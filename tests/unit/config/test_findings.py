from __future__ import annotations

from typing import Any

from initd.config.findings import LIMIT, findings_of
from tests.unit.config.memory import MAIN, host

HEAD = "[supervisord]\n"


def found(text: str | bytes, files: dict[str, Any] | None = None, **changes: Any) -> list[tuple[str, str]]:
    """(place with column, code) of everything found in a main file."""
    findings = findings_of(MAIN, host({MAIN: text, **(files or {})}, **changes))
    return [
        (f"{one.diagnostic.origin.place().removeprefix(MAIN + ':')}:{one.column}", one.diagnostic.code)
        for one in findings
    ]


def message(text: str) -> str:
    """The one message of a main file."""
    (one,) = findings_of(MAIN, host({MAIN: text}))
    return one.diagnostic.message


def test_a_clean_file_has_no_findings() -> None:
    assert found(HEAD + "[program:a]\ncommand=x\n") == []


def test_all_errors_of_a_section_are_found_in_one_go() -> None:
    text = "[program:a]\ncommand=x\nstartsecs=a\n  b\n  c\nstopsignal=NO\nautostart=maybe\n"
    assert found(HEAD + text) == [("4:1", "bad-value"), ("7:1", "bad-value"), ("8:1", "bad-value")]


def test_errors_of_grammar_do_not_hide_those_of_values() -> None:
    text = "a=1\nb\n[supervisord]\nnonsense\nminfds=x\n  [supervisord]\n"
    assert found(text) == [
        ("1:1", "no-section-header"),
        ("4:1", "parse-error"),
        ("5:1", "bad-value"),
        ("6:3", "indented-section"),
    ]


def test_a_missing_command_is_told_beside_the_other_errors_of_the_program() -> None:
    assert found(HEAD + "[program:a]\numask=9\n[program:b]\ncommand=%(x)s\n") == [
        ("2:1", "missing-option"),
        ("3:1", "bad-value"),
        ("5:1", "bad-percent"),
    ]


def test_a_bad_value_is_taken_out_wherever_it_was_written() -> None:
    text = "[DEFAULT]\nstartsecs=x\n[supervisord]\n[include]\nfiles=more.conf\n[program:a]\ncommand=x\n"
    assert found(text, {"/etc/more.conf": "[program:b]\ncommand=x\n  y\npriority=p\n"}) == [
        ("2:1", "bad-value"),
        ("/etc/more.conf:4:1", "bad-value"),
    ]


def test_what_our_mending_makes_of_a_file_is_not_told() -> None:
    text = HEAD + "[program:a]\ncommand=x\nnumprocs=2\nprocess_name=a/b\n[group:g]\nprograms=a,zzz\n"
    assert found(text) == [("5:1", "bad-value"), ("7:1", "bad-value")]


def test_the_rest_of_the_whole_is_not_judged_while_a_part_is_missing() -> None:
    rest = "[unix_http_server]\nfile=/tmp/s\n"
    assert found(HEAD + rest) == [("2:1", "no-rpcinterface")]
    assert found(HEAD + "minfds=x\n" + rest) == [("2:1", "bad-value")]


def test_the_names_that_could_be_expanded_are_not_all_told() -> None:
    text = message(HEAD + "identifier=%(hree)s\n")
    assert text.endswith("cannot be expanded; the nearest name is here; a literal percent sign is written %%")
    assert "Available" not in text


def test_the_suffix_that_repeats_the_place_is_left_out() -> None:
    assert message(HEAD + "[program:a]\ncommand=x\nstartsecs=x\n") == (
        "startsecs: invalid literal for int() with base 10: 'x'; expected a whole number"
    )


def test_a_file_that_is_missing_or_not_text_is_told() -> None:
    (missing,) = findings_of("/etc/none.conf", host())
    assert (missing.diagnostic.code, missing.column) == ("file-missing", None)
    assert found(b"[supervisord]\nidentifier=\xff\xff\nminfds=x\n") == [("2:1", "undecodable"), ("3:1", "bad-value")]


def test_without_supervisord_the_rest_is_still_read() -> None:
    assert found("[program:a]\ncommand=x\nstartsecs=x\n") == [
        (f"{MAIN}:None", "missing-section"),
        ("3:1", "bad-value"),
    ]


def test_there_is_an_end_to_errors() -> None:
    codes = [code for _, code in found(HEAD + "minfds=x\n" + "nonsense\n" * (LIMIT + 20))]
    assert codes == ["parse-error"] * LIMIT + ["too-many-errors"]


def test_a_cut_quotation_is_told_where_the_comment_begins() -> None:
    assert found(HEAD + "[program:a]\ncommand=sh -c 'x ; y'\n")[0] == ("3:18", "cut-quote")


def test_who_asks_makes_no_difference() -> None:
    text = HEAD + "[program:a]\ncommand=x\nuser=web\n"
    assert found(text, uid=1000) == found(text, uid=0) == []


def test_a_default_that_does_not_fit_is_told_once() -> None:
    assert found(HEAD, tempdir="/nowhere") == [("1:1", "missing-option")]


def test_a_byte_order_mark_is_called_by_its_name() -> None:
    assert message("\ufeff[supervisord]\n[supervisord]\n").endswith("byte order mark: save it without one")
