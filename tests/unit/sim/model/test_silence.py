"""Which entries of a story nobody can be held to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import sim.model
from sim.model import Silence
from sim.model.silence import UNSPECIFIED

ENTRY = (5, "g:a", "answer", "12 OK")


@pytest.mark.parametrize(
    ("silence", "covered"),
    [
        (Silence("born-dead"), True),
        (Silence("born-dead", "g:a", "answer", "12 ", 5, 5), True),
        (Silence("born-dead", "g:b"), False),
        (Silence("born-dead", ""), False),
        (Silence("born-dead", what="state"), False),
        (Silence("born-dead", detail="1 "), False),
        (Silence("born-dead", since_ns=6), False),
        (Silence("born-dead", until_ns=4), False),
    ],
)
def test_a_silence_covers_what_it_names(silence, covered):
    assert silence.covers(ENTRY) is covered


def test_every_reason_is_explained_used_and_in_the_documentation():
    package = Path(sim.model.__file__).parent
    source = "".join(path.read_text() for path in sorted(package.glob("*.py")))
    used = re.findall(r'(?:Silence|_leave_open)\("([a-z-]+)"|_dismiss\("[A-Z_]+", "([a-z-]+)"', source)
    text = (package.parent.parent / "docs/reference-model.md").read_text().partition("## Left open")[2]
    documented = re.findall(r"^\| `([a-z-]+)` \|", text, re.MULTILINE)
    assert {one or other for one, other in used} == set(documented) == set(UNSPECIFIED)
