from __future__ import annotations

import pytest

from initd.config import paths
from initd.config.model import AUTO
from initd.config.values import BadValue
from tests.unit.config.memory import host

HOST = host({"/var/log/x.log": ""})


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("~", "/root"),
        ("~/x", "/root/x"),
        ("~web/x", "/srv/web/x"),
        ("~nobody/x", "~nobody/x"),
        ("a~", "a~"),
    ],
)
def test_a_tilde_is_a_home_directory(text: str, expanded: str) -> None:
    assert paths.expand_user(text, HOST) == expanded


def test_our_home_comes_from_the_environment_and_else_from_the_user_database() -> None:
    assert paths.expand_user("~/x", host(environ={"HOME": "/"})) == "/x"
    assert paths.expand_user("~/x", host(environ={}, uid=33)) == "/srv/web/x"
    assert paths.expand_user("~", host(environ={"HOME": "/"})) == "/"


def test_an_absolute_path_has_no_dots_left() -> None:
    assert paths.absolute("a/../b/./c", HOST) == "/work/b/c"
    assert paths.absolute("~web", HOST) == "/srv/web"
    assert paths.from_root("~web", HOST) == "/work/~web"


def test_a_directory_must_be_one() -> None:
    assert paths.existing_directory("~", HOST) == "/root"
    for text in ("/nope", "/var/log/x.log", ""):
        with pytest.raises(BadValue) as refused:
            paths.existing_directory(text, HOST)
        assert refused.value.text == f"{text} is not an existing directory"


def test_a_path_needs_its_directory_only() -> None:
    assert paths.existing_dirpath("/var/log/new", HOST) == "/var/log/new"
    assert paths.existing_dirpath("bare", HOST) == "bare"
    with pytest.raises(BadValue) as refused:
        paths.existing_dirpath("~/no/x", HOST)
    assert refused.value.text == "The directory named as part of the path ~/no/x does not exist"
    assert refused.value.hint == "create the directory /root/no first"


def test_log_file_names_may_be_words() -> None:
    assert paths.log_file("NONE", HOST) is None
    assert paths.log_file("Off", HOST) is None
    assert paths.log_file("auto", HOST) is AUTO
    assert paths.log_file("Syslog", HOST) is paths.SYSLOG
    assert paths.log_file("", HOST) == ""
