"""Calls and streams over a real socket."""

from __future__ import annotations

import http.client
import xmlrpc.client
from base64 import b64encode
from pathlib import Path

import pytest

from initd.config.model import ClientConfig
from initd.control.client import transport
from initd.control.client.server import LogStream, Server
from tests.unit.client.peer import peer, reply

ANSWER = xmlrpc.client.dumps(("3.0",), methodresponse=True).encode()


def test_calls_share_one_connection_until_it_is_closed(tmp_path: Path) -> None:
    with peer(tmp_path, [reply(ANSWER)] * 2, [reply(ANSWER)]) as there:
        server = Server(ClientConfig(there.url))
        assert [server.call("getVersion"), server.call("getVersion")] == ["3.0", "3.0"]
        server.close()
        assert server.call("getVersion") == "3.0"
        server.close()
    assert len(there.requests) == 3
    head, _, body = there.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /RPC2 HTTP/1.1\r\nHost: localhost\r\n")
    assert b"Authorization" not in head
    assert xmlrpc.client.loads(body) == ((), "supervisor.getVersion")


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", b"HTTP/1.0 200 OK\r\n\r\n"])
def test_a_server_that_hangs_up_after_each_reply_is_called_again(tmp_path: Path, head: bytes) -> None:
    with peer(tmp_path, [head + ANSWER], [head + ANSWER]) as there:
        server = Server(ClientConfig(there.url))
        assert [server.call("getVersion"), server.call("getVersion")] == ["3.0", "3.0"]


@pytest.mark.parametrize(("username", "password"), [("user", "secret"), ("ü" * 60, "p:w"), ("", "")])
def test_a_user_and_a_password_make_one_header_however_long(tmp_path: Path, username: str, password: str) -> None:
    with peer(tmp_path, [reply(ANSWER)]) as there:
        server = Server(ClientConfig(there.url, username, password))
        server.call("getVersion")
        server.close()
    assert b"Authorization: Basic " + b64encode(f"{username}:{password}".encode()) + b"\r\n" in there.requests[0]


@pytest.mark.parametrize(("username", "password"), [("user", None), (None, "secret")])
def test_half_of_the_credentials_are_kept_to_ourselves(
    tmp_path: Path, username: str | None, password: str | None
) -> None:
    with peer(tmp_path, [reply(ANSWER)]) as there:
        server = Server(ClientConfig(there.url, username, password))
        server.call("getVersion")
        server.close()
    assert b"Authorization" not in there.requests[0]


def test_another_status_than_200_prints_as_scripts_know_it(tmp_path: Path) -> None:
    with peer(tmp_path, [reply(b"<html>", "500 Internal Server Error")]) as there, pytest.raises(Exception) as raised:
        Server(ClientConfig(there.url)).call("getVersion")
    known = xmlrpc.client.ProtocolError("127.0.0.1/RPC2", 500, "Internal Server Error", {})
    assert (repr(type(raised.value)), str(raised.value)) == (repr(type(known)), str(known))


def test_a_server_that_hangs_up_prints_as_scripts_know_it(tmp_path: Path) -> None:
    with peer(tmp_path, [b""]) as there, pytest.raises(ConnectionResetError) as raised:
        Server(ClientConfig(there.url)).call("getVersion")
    assert repr(type(raised.value)) == repr(http.client.RemoteDisconnected)
    assert str(raised.value) == "Remote end closed connection without response"


@pytest.mark.parametrize(
    "body",
    [
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n6;x=y\r\nsecond\r\n0\r\n\r\n",
        b"Content-Length: 11\r\n\r\nfirstsecond",
        b"\r\nfirstsecond",
    ],
)
def test_a_log_arrives_whole_however_it_is_framed(tmp_path: Path, body: bytes) -> None:
    with peer(tmp_path, [b"HTTP/1.1 200 OK\r\n" + body]) as there:
        assert "".join(LogStream(ClientConfig(there.url), "/logtail/web/stdout")) == "firstsecond"
    assert there.requests[0].startswith(b"GET /logtail/web/stdout HTTP/1.1\r\n")


def test_a_character_cut_between_two_pieces_is_put_together(tmp_path: Path) -> None:
    chunks = b"2\r\na\xc3\r\n1\r\n\xa4\r\n1\r\n\xff\r\n"
    with peer(tmp_path, [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks]) as there:
        assert list(LogStream(ClientConfig(there.url), "/mainlogtail")) == ["a", "ä", "\ufffd"]


def test_a_log_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with peer(tmp_path, [reply(b"", "404 Not Found")]) as there, pytest.raises(transport.ProtocolError) as raised:
        list(LogStream(ClientConfig(there.url), "/logtail/nope/stdout"))
    assert raised.value.status == 404


def test_a_stream_wants_a_password_only(tmp_path: Path) -> None:
    with peer(tmp_path, [reply(b"")], [reply(b"")]) as there:
        list(LogStream(ClientConfig(there.url, "user", ""), "/mainlogtail"))
        list(LogStream(ClientConfig(there.url, "user", "secret"), "/mainlogtail"))
    assert [b"Authorization" in request for request in there.requests] == [False, True]


def test_a_stream_closed_before_it_has_begun_asks_for_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "request", lambda *_: 1 / 0)
    with peer(tmp_path, [], []) as there:
        stream = LogStream(ClientConfig(there.url), "/logtail/web/stdout")
        with pytest.raises(ZeroDivisionError):
            list(stream)
        stream.close()
        assert list(stream) == []


def test_a_closed_stream_yields_nothing_more(tmp_path: Path) -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n"
    with peer(tmp_path, [chunked]) as there:
        stream = LogStream(ClientConfig(there.url), "/mainlogtail")
        pieces = iter(stream)
        assert next(pieces) == "a"
        stream.close()
        assert list(pieces) == []


@pytest.mark.parametrize("url", ["a:b", "https://localhost", "localhost:9001"])
def test_an_unknown_scheme_is_refused_at_the_first_call(url: str) -> None:
    with pytest.raises(ValueError, match=f"Unknown protocol for serverurl {url}"):
        Server(ClientConfig(url)).call("getVersion")


def test_an_http_url_says_where_to_connect_and_what_host_to_name(monkeypatch: pytest.MonkeyPatch) -> None:
    places: list[tuple[str, int]] = []

    def connected(place: tuple[str, int]) -> None:
        places.append(place)
        raise ConnectionRefusedError

    monkeypatch.setattr("socket.create_connection", connected)
    for url in ("http://Example:9001/x", "http://example", "http://[::1]:80"):
        with pytest.raises(ConnectionRefusedError):
            transport.connect(url)
    assert places == [("example", 9001), ("example", 80), ("::1", 80)]
