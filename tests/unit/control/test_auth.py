from __future__ import annotations

import base64
import hashlib

import pytest

from initd.control.auth import Credentials


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (basic("user:secret"), None),
        (basic("user:secret").replace("Basic", "bASIC"), None),
        (basic("user:wrong"), 401),
        (basic("other:secret"), 401),
        (basic("user:"), 401),
        (basic("user:secret:more"), 401),
        (None, 401),
        ("", 401),
        ("Basic", 401),
        ("Digest x", 401),
        ("Basic a", 400),
        ("Basic /w==", 400),
        (basic("user"), 500),
    ],
)
def test_a_header_is_let_in_or_refused_as_the_stock_daemon_does(header: str | None, status: int | None) -> None:
    assert Credentials("user", "secret").refusal(header) == status


def test_a_password_may_be_kept_as_its_sha1() -> None:
    known = Credentials("user", "{SHA}" + hashlib.sha1(b"secret").hexdigest())
    assert known.refusal(basic("user:secret")) is None
    assert known.refusal(basic("user:Secret")) == 401
    assert known.refusal(basic("user:" + hashlib.sha1(b"secret").hexdigest())) == 401


def test_a_password_may_hold_colons_and_any_character() -> None:
    assert Credentials("us\u00e9r", "p:w\u00e9").refusal(basic("us\u00e9r:p:w\u00e9")) is None
