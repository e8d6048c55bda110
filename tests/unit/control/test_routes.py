from __future__ import annotations

import pytest

from tests.unit.control.fake import SERVER, STATE_CALL, World, get, parse, post


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (get("/ok.html"), 200),
        (get("/ok.html", method="HEAD"), 404),
        (get("/"), 200),
        (get("/nope"), 404),
        (get("/nope", method="DELETE"), 400),
        (get("/RPC2"), 400),
        (post(STATE_CALL), 200),
        (post(STATE_CALL, path="/RPC2foo?bar"), 200),
        (post(STATE_CALL).replace(b"Content-Length", b"X-Length"), 411),
        (post(b"<a/>"), 400),
        (post(b"\xff\xfe"), 400),
        (post(b""), 400),
        (post(STATE_CALL, "Origin: http://localhost"), 200),
        (post(STATE_CALL, "Origin: https://LOCALHOST:443"), 200),
        (post(STATE_CALL, "Origin: http://localhost.evil"), 403),
        (post(STATE_CALL, "Origin: http://localhost:81"), 403),
        (get("/ok.html", "Origin: null"), 403),
        (get("/ok.html", "Origin: "), 403),
    ],
)
def test_a_request_gets_the_status_it_deserves(world: World, request_: bytes, status: int) -> None:
    assert parse(world.exchange(request_))[0] == status


def test_nothing_is_served_without_the_credentials() -> None:
    world = World(SERVER.replace(username="user", password="secret"))
    for request in (get("/ok.html"), get("/nope"), post(STATE_CALL)):
        status, headers, _ = parse(world.exchange(request))
        assert (status, headers["www-authenticate"], headers["connection"]) == (401, 'Basic realm="default"', "close")
    allowed = get("/ok.html", "Authorization: Basic dXNlcjpzZWNyZXQ=")
    assert parse(world.exchange(allowed))[0] == 200


def test_what_cannot_be_parsed_is_shown_in_the_log_but_not_all_of_it(world: World) -> None:
    world.exchange(post(b"<a>" + b"x" * 100_000))
    world.exchange(post(b"<methodCall/>"))
    first, second = world.daemon.logged("error")
    assert first.startswith("XML-RPC request data '<a>xxx")
    assert first.endswith("is invalid: unmarshallable")
    assert len(first) < 1100
    assert second == "XML-RPC request data '<methodCall/>' is invalid: no method name"
