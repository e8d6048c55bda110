from __future__ import annotations

import pytest

from initd.config.ini import DEFAULT, Continued, Cut, Duplicate, Entry, Ini
from initd.config.model import Origin
from initd.errors import ConfigError


def _ini(*texts: str) -> Ini:
    ini = Ini()
    for number, text in enumerate(texts, start=1):
        ini.read(text, f"f{number}")
    return ini


def _text(ini: Ini, section: str, key: str) -> str:
    entry = ini.get(section, key)
    assert entry is not None
    return entry.text


def test_a_value_keeps_the_line_its_key_stands_in() -> None:
    ini = _ini("; first\n[a]\n\nkey = 1\n  more\n")
    assert ini.get("a", "key") == Entry("1\nmore", Origin("f1", 4))
    assert ini.headers["a"] == Origin("f1", 2)


def test_both_delimiters_work_and_the_first_one_counts() -> None:
    ini = _ini("[a]\none=x:y\ntwo : x=y")
    assert (_text(ini, "a", "one"), _text(ini, "a", "two")) == ("x:y", "x=y")


def test_keys_are_lower_cased_and_section_names_are_not() -> None:
    ini = _ini("[A]\nKEY=V")
    assert ini.sections() == ["A"]
    assert _text(ini, "A", "key") == "V"


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("k=a;b", "a;b"),
        ("k=a ;b", "a"),
        ("k=a\t#b", "a"),
        ("k=a#b", "a#b"),
        ("k='a ; b'", "'a"),
        ("k= ; nothing", ""),
        ("k=a;b ;c #d", "a;b ;c"),
    ],
)
def test_a_comment_mark_counts_only_after_a_blank(line: str, value: str) -> None:
    assert _text(_ini(f"[a]\n{line}\n"), "a", "k") == value


def test_blank_lines_stay_in_a_value_and_comment_lines_do_not() -> None:
    assert _text(_ini("[a]\nk=1\n\n # no\n 2\n\n\n"), "a", "k") == "1\n\n2"


def test_default_keys_are_seen_from_every_section_and_overridden_there() -> None:
    ini = _ini("[DEFAULT]\nk=d\nj=d\n[a]\nk=a\n")
    assert ini.sections() == ["a"]
    assert (_text(ini, "a", "k"), _text(ini, "a", "j")) == ("a", "d")
    assert ini.items("a")["j"].inherited


def test_what_is_written_twice_is_merged_and_remembered_with_both_places() -> None:
    ini = _ini("[a]\nk=1\nj=1\n[a]\nk=2\n", "[a]\nk=3\n")
    assert (_text(ini, "a", "k"), _text(ini, "a", "j")) == ("3", "1")
    assert ini.duplicates == [
        Duplicate("a", None, Origin("f1", 1), Origin("f1", 4)),
        Duplicate("a", "k", Origin("f1", 2), Origin("f1", 5)),
        Duplicate("a", None, Origin("f1", 1), Origin("f2", 1)),
        Duplicate("a", "k", Origin("f1", 5), Origin("f2", 2)),
    ]


def test_every_bad_line_is_listed_and_the_first_one_is_the_place() -> None:
    with pytest.raises(ConfigError) as refused:
        _ini("[a]\nfine=1\nbad\n=worse\n")
    assert refused.value.text == (
        "Source contains parsing errors: 'f1'\n\t[line  3]: 'bad\\n'\n\t[line  4]: '=worse\\n'"
    )
    assert refused.value.where() == "f1:3"
    assert "key = value" in refused.value.hint


def test_text_before_any_section_is_refused_with_its_line() -> None:
    with pytest.raises(ConfigError) as refused:
        _ini("\n; fine\nk=1\n")
    assert refused.value.text == "File contains no section headers.\nfile: 'f1', line: 3\n'k=1\\n'"
    assert refused.value.where() == "f1:3"


def test_here_is_replaced_in_what_was_read_so_far_only() -> None:
    ini = _ini("[DEFAULT]\nd=%(here)s\n[a]\nk=%(here)s/%%(here)s\n")
    ini.replace_here("/one")
    ini.read("[b]\nk=%(here)s\n", "f2")
    ini.replace_here("/two")
    assert (_text(ini, "a", "k"), _text(ini, "b", "k")) == ("/one/%/one", "/two")
    assert (_text(ini, "a", "d"), _text(ini, "b", "d")) == ("/one", "/two")
    assert ini.section(DEFAULT)["d"].text == "%(here)s"


def test_overriding_a_default_in_a_later_file_is_no_duplicate() -> None:
    ini = _ini("[DEFAULT]\nd=%(here)s\n[a]\n")
    ini.replace_here("/one")
    ini.read("[a]\nd=2\n", "f2")
    assert [duplicate.key for duplicate in ini.duplicates] == [None]


@pytest.mark.parametrize(
    ("lines", "lost"),
    [
        ("key=sh -c 'a ; b'", "; b'"),
        ('key="a #b" c', '#b" c'),
        ("key=it's ; a remark", None),
        ("key='a' ; 'b'", None),
        ("key='a;b'", None),
        ("key=x '\n  a ; b\n  c'", "; b"),
        ("key=x\n  'a' ; b\n  c", None),
        ("key=x '\n  ; a whole line\n  c'", None),
    ],
)
def test_a_comment_in_a_quotation_is_noted_with_its_line(lines: str, lost: str | None) -> None:
    cuts = _ini("[a]\n" + lines).cuts
    assert [cut.lost for cut in cuts] == ([] if lost is None else [lost])
    for cut in cuts:
        line = next(
            number for number, line in enumerate(lines.split("\n"), start=2) if lost is not None and lost in line
        )
        assert cut == Cut("a", "key", lost or "", Origin("f1", line))


def test_a_continuation_that_looks_like_more_is_noted_with_its_line() -> None:
    ini = _ini("[a]\nkey=x\n  words\n; no\n  other = 1 ; remark\n  [b]\n")
    assert ini.continued == [
        Continued("a", "key", "other = 1", Origin("f1", 5)),
        Continued("a", "key", "[b]", Origin("f1", 6)),
    ]
