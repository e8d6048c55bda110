from __future__ import annotations

import pytest

from initd.control.client.verdict import Server
from initd.errors import ConfigError
from initd.health import _named, _parse, _seconds


@pytest.mark.parametrize(
    "url, server",
    [
        ("unix:///run/s.sock", Server("/run/s.sock")),
        ("http://h:9001", Server("", "h", 9001)),
        ("http://h:9001/", Server("", "h", 9001)),
        ("http://127.0.0.1", Server("", "127.0.0.1", 80)),
        ("http://[::1]:9001", Server("", "::1", 9001)),
        ("http://[::1]", Server("", "::1", 80)),
        ("http://:9001", Server("", "", 9001)),
    ],
)
def test_an_address_is_a_path_or_a_host_with_a_port(url: str, server: Server) -> None:
    assert _named(url) == server


@pytest.mark.parametrize("url", ["", "unix://", "http://", "https://h", "h:9001", "http://h:x", "/run/s.sock"])
def test_anything_else_is_refused_with_what_was_expected(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        _named(url)
    assert url in caught.value.text and caught.value.hint == "expected http://host:port or unix:///path"


def test_names_and_options_come_in_any_order() -> None:
    options, names = _parse(["web", "-c", "f", "g:*", "--timeout=2", "--programs"])
    assert (options, names) == ({"configuration": "f", "timeout": "2", "programs": ""}, ("web", "g:*"))


@pytest.mark.parametrize("text", ["0", "-1", "x", "", "nan", "inf", "1e9"])
def test_a_timeout_is_a_time(text: str) -> None:
    with pytest.raises(ConfigError):
        _seconds(text)
    assert _seconds("0.5") == 0.5
