"""What clients want, out of the bytes they send, in whatever pieces they come."""

from __future__ import annotations

import xmlrpc.client

import pytest

from sim.accounts.clients import EVERYBODY, Connection, Wish, answer
from sim.scenario import Kind


def request(method, *params):
    body = xmlrpc.client.dumps(params, method).encode()
    return b"POST /RPC2 HTTP/1.1\r\nHost: s\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)


@pytest.mark.parametrize(
    ("call", "wish"),
    [
        (("supervisor.startProcess", "a", False), Wish(Kind.START, "a")),
        (("supervisor.stopProcess", "g:a"), Wish(Kind.STOP, "g:a")),
        (("supervisor.stopProcess", "g:*"), Wish(Kind.STOP, "g:*", 0, alone=False)),
        (("supervisor.startProcessGroup", "g"), Wish(Kind.START, "g:*", 0, alone=False)),
        (("supervisor.stopAllProcesses",), Wish(Kind.STOP, EVERYBODY, 0, alone=False)),
        (("supervisor.signalProcess", "a", "HUP"), Wish(Kind.SIGNAL, "a", 1)),
        (("supervisor.signalAllProcesses", 10), Wish(Kind.SIGNAL, EVERYBODY, 10, alone=False)),
    ],
)
def test_calls_that_concern_programs_are_wishes(call, wish):
    assert Connection().read(request(*call)) == [[wish]]


def test_others_are_requests_without_a_wish():
    for text in (request("supervisor.getState"), request("supervisor.startProcess"), b"GET / HTTP/1.1\r\n\r\n"):
        assert all(not wish.target for wishes in Connection().read(text) for wish in wishes)
    garbage = b"POST /RPC2 HTTP/1.1\r\nContent-Length: 4\r\n\r\n<?xm"
    assert Connection().read(garbage) == [[]]


def test_a_multicall_is_one_request_with_all_its_wishes():
    calls = [{"methodName": f"supervisor.{method}Process", "params": ["a"]} for method in ("stop", "start")]
    assert Connection().read(request("system.multicall", calls)) == [
        [Wish(Kind.STOP, "a", 0, alone=False), Wish(Kind.START, "a", 0, alone=False)]
    ]


def test_requests_may_come_in_any_pieces():
    whole = request("supervisor.stopProcess", "a") + request("supervisor.startProcess", "b")
    wanted = [[Wish(Kind.STOP, "a")], [Wish(Kind.START, "b")]]
    assert Connection().read(whole) == wanted
    for size in (1, 7, 100):
        client = Connection()
        pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
        assert [wishes for piece in pieces for wishes in client.read(piece)] == wanted


def test_a_request_in_chunks_is_not_understood_and_says_so():
    client = Connection()
    assert client.read(b"POST /RPC2 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n") == []
    assert client.unclear


def test_an_answer_is_told_by_its_beginning():
    assert answer(b"HTTP/1.1 200 OK\r\n\r\n<value><boolean>1</boolean></value>") == "OK"
    fault = b"HTTP/1.1 200 OK\r\n\r\n<name>faultString</name>\n<value><string>NOT_RUNNING: a</string></value>"
    assert answer(fault) == "NOT_RUNNING"
    assert answer(b"HTTP/1.1 401 Unauthorized\r\n\r\n") == "HTTP 401"
    assert answer(("long", 5000, "digest", b"HTTP/1.1 200 OK\r\n")) == "OK"
    assert answer(b"HTTP/1.1 100 Continue\r\n\r\n") is None
    assert answer(b"the rest of a response") is None
