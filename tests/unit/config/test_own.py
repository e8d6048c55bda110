from __future__ import annotations

from tests.unit.config.memory import MAIN, config, error, warnings

HEAD = "[supervisord]\n"


def test_what_is_new_is_off_until_it_is_set() -> None:
    assert config(HEAD).own.web_get_actions is False
    assert config(HEAD + "[initd]\n").own.web_get_actions is False
    assert config(HEAD + "[initd]\nweb_get_actions=true\n").own.web_get_actions is True


def test_a_value_that_makes_no_sense_is_an_error_with_its_place() -> None:
    found = error(HEAD + "[initd]\nweb_get_actions=maybe\n")
    assert "maybe" in found.text and found.where() == f"{MAIN}:3: web_get_actions"


def test_a_misspelt_option_is_warned_about_with_the_nearest() -> None:
    (line,) = warnings(HEAD + "[initd]\nweb_get_action=true\n")
    assert line.endswith("unknown option web_get_action in [initd] is ignored; the nearest option is web_get_actions")
