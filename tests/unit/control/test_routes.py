from __future__ import annotations

import pytest

from initd.control.reply import Head
from initd.control.routes import Routes, ok_route
from tests.unit.control.fake import SERVER, STATE_CALL, World, get, parse, post


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (get("/ok.html"), 200),
        (get("//ok.html"), 200),
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
        (post(STATE_CALL, "Sec-Fetch-Site: cross-site"), 403),
        (post(STATE_CALL, "Sec-Fetch-Site: same-origin"), 200),
        (get("/", "Sec-Fetch-Site: cross-site"), 200),
    ],
)
def test_a_request_gets_the_status_it_deserves(world: World, request_: bytes, status: int) -> None:
    assert parse(world.exchange(request_))[0] == status


OURS = ("machine.example", "www.example")


def answered(host: str, *hosts: str, **headers: str) -> int:
    """The status for a request with that Host, whose Origin agrees unless something else is said."""
    given = {"host": host, "origin": f"http://{host}", **headers}
    head = Head("GET", "/ok.html", {name: value for name, value in given.items() if value})
    return Routes(None, (ok_route,), hosts or OURS).open(head).finish().status


@pytest.mark.parametrize(
    "host",
    "localhost:9001 localhost. 127.0.0.1:9001 [::1]:9001 10.0.0.7 web a.localhost web.local x.internal Machine.Example:9001"
    " www.example.".split(),
)
def test_a_page_under_a_name_that_is_ours_may_ask(host: str) -> None:
    assert answered(host) == 200


@pytest.mark.parametrize("host", ["evil.example:9001", "localhost.evil.example", "127.0.0.1.evil.example", "evil.example."])
def test_a_page_whose_own_name_points_here_may_not_though_programs_may(host: str) -> None:
    assert answered(host) == 403
    assert answered(host, origin="") == 200
    assert answered(host, "*") == 200


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
