from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initd.control.web import pages  # noqa: F401  (all templates)
from initd.control.web.markup import TEMPLATES, Safe, Template, escape, joined, plain_log, quote

HOLE = re.compile(r"\{\w+\}")


class Seen(HTMLParser):
    """The tags of a document, and all of its text and attribute values."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.values: list[str] = []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.values += [value or "" for _, value in attrs]

    def handle_data(self, data: str) -> None:
        self.values.append(data)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.text[:30])
def test_holes_are_in_text_or_in_quoted_attributes_only(template: Template) -> None:
    text = HOLE.sub("\x01", template.text)
    outside = re.sub(r'="[^"]*"', "", text)
    for inside_tag in re.findall(r"<[^>]*>", outside):
        # One kind of hole may stand between attributes: it is filled with attributes that are Safe.
        assert "\x01" not in inside_tag or re.search(r"\{(since|place|stdout|stderr)\}>", template.text), inside_tag
    assert "<script>" not in text and "<style" not in text and " on" not in re.sub(r'"[^"]*"', "", text).split(">")[0]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.text[:30])
def test_no_value_can_leave_its_place_in_any_template(template: Template) -> None:
    hostile = "\"'><script>alert(1)</script><!--&amp;{x}\x00"
    names = [match[1:-1] for match in HOLE.findall(template.text)]
    attributes = {name: Safe("") for name in ("since", "place", "stdout", "stderr")}
    calm = Seen(template(**{**dict.fromkeys(names, "calm"), **attributes}))
    attacked = Seen(template(**{**dict.fromkeys(names, hostile), **attributes}))
    assert attacked.tags == calm.tags


@given(st.text())
def test_escaped_text_is_read_back_as_it_was_but_for_what_no_page_can_show(text: str) -> None:
    shown = unescape(escape(text))
    assert not set("<>\"'") & set(escape(text))
    assert len(shown) == len(text)
    assert all(a == b or b == "\ufffd" for a, b in zip(text, shown))


def test_line_breaks_and_tabs_are_shown_and_other_controls_are_not() -> None:
    assert escape("a\tb\nc\rd\x00\x1b\x7f\ud800") == "a\tb\nc\rd\ufffd\ufffd\ufffd\ufffd"


def test_what_is_markup_already_is_not_escaped_again() -> None:
    bold = Template("<b>{word}</b>")
    assert bold(word=bold(word="<")) == "<b><b>&lt;</b></b>"
    assert joined([bold(word=1), escape("&")]) == "<b>1</b>&amp;"


def test_a_value_that_is_missing_is_an_error() -> None:
    with pytest.raises(KeyError):
        Template("{a}{b}")(a="x")


def test_a_value_that_looks_like_a_hole_stays_text() -> None:
    assert Template("{a}-{b}")(a="{b}", b="x") == "{b}-x"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_quoted_text_is_read_back_as_it_was(text: str) -> None:
    assert unquote(quote(text)) == text
    assert re.fullmatch(r"[A-Za-z0-9._~%-]*", quote(text))


def test_a_log_is_shown_without_the_colours_and_line_ends_of_terminals() -> None:
    assert plain_log("\x1b[1;31mred\x1b[0m\r\nnext\rover\x1b[K") == "red\nnext\nover"
