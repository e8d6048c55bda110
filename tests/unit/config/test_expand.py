from __future__ import annotations

import pytest

from initd.config.expand import expand
from initd.config.values import BadValue

NAMES = {"here": "/etc", "process_num": 7, "ENV_HOME": "/root"}


@pytest.mark.parametrize(
    ("text", "expanded"),
    [("plain", "plain"), ("%(here)s/x", "/etc/x"), ("p%(process_num)02d", "p07"), ("100%%", "100%")],
)
def test_names_are_replaced(text: str, expanded: str) -> None:
    assert expand(text, NAMES, "o") == expanded


def test_an_unknown_name_is_told_with_those_there_are_and_the_nearest() -> None:
    with pytest.raises(BadValue) as refused:
        expand("%(ENV_HOEM)s", NAMES, "program:a.command")
    assert refused.value.text == (
        "Format string '%(ENV_HOEM)s' for 'program:a.command' contains names ('ENV_HOEM') which cannot be expanded. "
        "Available names: ENV_HOME, here, process_num"
    )
    assert refused.value.hint == "the nearest name is ENV_HOME; a literal percent sign is written %%"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("date +%Y", "unsupported format character 'Y' (0x59) at index 7"),
        ("50%", "incomplete format"),
        ("%(here", "incomplete format key"),
        ("%(here)d", "%d format: a real number is required, not str"),
    ],
)
def test_bad_syntax_is_told_in_pythons_words(text: str, why: str) -> None:
    with pytest.raises(BadValue) as refused:
        expand(text, NAMES, "o")
    assert refused.value.text == f"Format string {text!r} for 'o' is badly formatted: {why}"
