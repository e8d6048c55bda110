from __future__ import annotations

import pytest

from initd.control.client.help import usage
from initd.control.client.session import OWN, VERBS
from tests.unit.client.scripted import Scripted


@pytest.mark.parametrize("verb", sorted(VERBS.keys() - {"EOF"}))
def test_every_verb_is_explained(verb: str) -> None:
    session = Scripted()
    session.run(f"help {verb}")
    assert "\n".join(session.said()) == usage(verb)
    assert session.said()[0].split()[0] == verb


def test_the_list_names_every_action_of_supervisorctl_under_its_header() -> None:
    session = Scripted()
    session.run("help")
    assert session.said()[:3] == ["", "default commands (type help <topic>):", "=" * 37]
    assert sorted(" ".join(session.said()[3:]).split()) == sorted(VERBS.keys() - {"EOF", "help", *OWN})


def test_a_misused_verb_is_explained() -> None:
    session = Scripted()
    session.run("clear")
    assert session.said() == ["Error: clear requires a process name", *usage("clear").splitlines()]
