"""The same XML-RPC conversation with the stock supervisord and with ours must go the same way, call by call.

Process ids, times and folders are normalised; everything else counts, fault texts included. What differs on purpose is in
tests of its own, with both sides spelled out.
"""

from __future__ import annotations

import http.client
import xmlrpc.client
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from supervisor.xmlrpc import UnixStreamHTTPConnection

from tests.conformance.differences import differs
from tests.conformance.golden import HOWTO
from tests.conformance.rpc_script import PROGRAMS, SCRIPT, SHUTDOWN, Call
from tests.conformance.rpc_suite import SCENARIOS, SERVER, SUITE, ask, converse, normal
from tests.conformance.stock import OURS, STOCK, Daemon, start

pytestmark = pytest.mark.xdist_group("rpc")

CALLS = [step for step in [*SCRIPT, *SHUTDOWN] if isinstance(step, Call)]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Any], list[Any]]:
    stock = SUITE.answers(list(SCENARIOS))
    assert "conversation" in stock, HOWTO
    return stock["conversation"], converse(OURS, tmp_path_factory.mktemp("rpc"))


@pytest.mark.parametrize("index", range(len(CALLS)), ids=[f"{index}-{call}" for index, call in enumerate(CALLS)])
def test_a_call_is_answered_as_the_stock_daemon_answers_it(answers: tuple[list[Any], list[Any]], index: int) -> None:
    stock, ours = answers
    assert ours[index] == stock[index]


def test_the_calls_are_many_enough_to_mean_something() -> None:
    assert len(CALLS) >= 200


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Daemon, Daemon]]:
    folder = tmp_path_factory.mktemp("different")
    programs = PROGRAMS + "\n[program:huge]\ncommand=/bin/cat\nstdout_logfile_maxbytes=3GB\nautostart=false\n"
    with ExitStack() as stack:
        pair = (
            stack.enter_context(start(STOCK, folder / "stock", programs, SERVER)),
            stack.enter_context(start(OURS, folder / "ours", programs, SERVER)),
        )
        for daemon in pair:
            for name in ("cat", "latin", "colour"):
                daemon.wait_for_state(name, "RUNNING")
        yield pair


def raw(daemon: Daemon, method: str, path: str, body: bytes | None = None, **headers: str) -> http.client.HTTPResponse:
    """A plain HTTP request; the response has been read, `.text` is its body."""
    connection = UnixStreamHTTPConnection("localhost")
    connection.socketfile = str(daemon.socket)
    connection.timeout = 20
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders(body)
        response = connection.getresponse()
        response.text = response.read()
        return response
    finally:
        connection.close()


BASIC = "Basic dXNlcjpzZWNyZXQ="
STATE = b"<?xml version='1.0'?><methodCall><methodName>supervisor.getState</methodName></methodCall>"
REQUESTS: list[tuple[str, str, bytes | None, dict[str, str]]] = [
    ("GET", "/ok.html", None, {}),
    ("GET", "/ok.html?x=1", None, {}),
    ("HEAD", "/ok.html", None, {}),
    ("GET", "/nope", None, {}),
    ("PUT", "/nope", b"", {"Content_Length": "0"}),
    ("GET", "/RPC2", None, {}),
    ("PUT", "/RPC2", b"", {"Content_Length": "0"}),
    ("POST", "/RPC2", None, {}),
    ("POST", "/RPC2", STATE, {"Content_Length": str(len(STATE))}),
    ("POST", "/RPC2foo", STATE, {"Content_Length": str(len(STATE))}),
    ("POST", "/%52PC2", STATE, {"Content_Length": str(len(STATE))}),
    ("POST", "/rpc2", STATE, {"Content_Length": str(len(STATE))}),
    ("POST", "/RPC2", b"<garbage", {"Content_Length": "8"}),
    ("POST", "/RPC2", b"<methodCall></methodCall>", {"Content_Length": "25"}),
    ("GET", "/ok.html", None, {"Authorization": ""}),
    ("GET", "/ok.html", None, {"Authorization": "Basic"}),
    ("GET", "/ok.html", None, {"Authorization": "Digest abc"}),
    ("GET", "/ok.html", None, {"Authorization": "Basic !"}),
    ("GET", "/ok.html", None, {"Authorization": "Basic a"}),
    ("GET", "/ok.html", None, {"Authorization": "Basic /w=="}),
    ("GET", "/ok.html", None, {"Authorization": "Basic dXNlcg=="}),
    ("GET", "/ok.html", None, {"Authorization": "Basic dXNlcjp3cm9uZw=="}),
    ("GET", "/ok.html", None, {"Authorization": "Basic d3Jvbmc6c2VjcmV0"}),
    ("GET", "/ok.html", None, {"Authorization": "bAsIc dXNlcjpzZWNyZXQ="}),
    ("GET", "/nope", None, {"Authorization": "Basic"}),
    ("GET", "/logtail", None, {}),
    ("GET", "/logtail/", None, {}),
    ("GET", "/logtail/nope", None, {}),
    ("GET", "/logtail/cat/nope", None, {}),
    ("GET", "/logtail/cat:*", None, {}),
    ("GET", "/logtail/silent", None, {}),
    ("GET", "/logtail/cat", None, {"Authorization": "Basic"}),
    ("HEAD", "/logtail/cat", None, {}),
    ("HEAD", "/mainlogtail", None, {}),
]


@pytest.mark.parametrize(("method", "path", "body", "headers"), REQUESTS)
def test_a_plain_http_request_gets_the_status_the_stock_daemon_gives(
    fresh: tuple[Daemon, Daemon], method: str, path: str, body: bytes | None, headers: dict[str, str]
) -> None:
    seen = []
    for daemon in fresh:
        response = raw(daemon, method, path, body, **{"Authorization": BASIC, **headers})
        names = ("Server", "WWW-Authenticate", "Content-Type")
        page = response.status != 200 or response.text
        seen.append((response.status, page, *(response.getheader(name) for name in names)))
    assert seen[1] == seen[0]


# Deliberate differences: what stock answers first, then ours.
def answer_of_both(daemons: tuple[Daemon, Daemon], call: Call) -> tuple[Any, Any]:
    stock, ours = (normal(ask(daemon, call), daemon) for daemon in daemons)
    return stock, ours


@differs("D15")
@pytest.mark.parametrize(("length", "text"), [(2, "a\ufffd"), (3, "a\u00e9"), (0, "a\u00e9z\ufffd")])
def test_bytes_that_are_no_utf_8_are_replaced(fresh: tuple[Daemon, Daemon], length: int, text: str) -> None:
    stock, ours = answer_of_both(fresh, Call("readProcessStdoutLog", ("latin", 0, length)))
    assert stock == (text if "\ufffd" not in text else ["http", 500])
    assert ours == text


@differs("D15")
def test_control_characters_are_replaced(fresh: tuple[Daemon, Daemon]) -> None:
    with pytest.raises(xmlrpc.client.expat.ExpatError):
        ask(fresh[0], Call("readProcessStdoutLog", ("colour", 0, 0)))
    assert ask(fresh[1], Call("readProcessStdoutLog", ("colour", 0, 0))) == "\ufffd[1mx"


@differs("D16")
def test_sizes_that_do_not_fit_32_bits_are_clamped(fresh: tuple[Daemon, Daemon]) -> None:
    stock, ours = answer_of_both(fresh, Call("getAllConfigInfo"))
    assert stock == ["http", 500]
    assert [info["stdout_logfile_maxbytes"] for info in ours if info["name"] == "huge"] == [2**31 - 1]


@differs("N1")
@pytest.mark.parametrize(
    "call",
    [
        Call("startProcess", (5,)),
        Call("getProcessInfo", (1.5,)),
        Call("readLog", ("x", 0)),
        Call("readProcessStdoutLog", ("cat", 0, "1.5")),
        Call("system.multicall", ("text",)),
        Call("system.multicall", ([1],)),
    ],
    ids=str,
)
def test_parameters_of_a_wrong_type_are_a_fault_instead_of_an_internal_error(
    fresh: tuple[Daemon, Daemon], call: Call
) -> None:
    stock, ours = answer_of_both(fresh, call)
    assert stock == ["http", 500]
    assert ours == ["fault", 2, "INCORRECT_PARAMETERS"]


@differs("D19")
def test_a_page_of_another_origin_is_refused(fresh: tuple[Daemon, Daemon]) -> None:
    headers = {"Authorization": BASIC, "Content_Length": str(len(STATE))}
    answers = [
        [raw(daemon, "POST", "/RPC2", STATE, Origin=origin, **headers).status for daemon in fresh]
        for origin in ("http://localhost", "http://evil.example", "null", "http://localhost:9001")
    ]
    assert answers == [[200, 200], [200, 403], [200, 403], [200, 403]]


def test_a_start_while_stopping_waits_for_the_stop(fresh: tuple[Daemon, Daemon]) -> None:
    ours = fresh[1]
    assert ask(ours, Call("startProcess", ("later",))) is True
    assert ask(ours, Call("stopProcess", ("later", False))) is True
    assert ask(ours, Call("startProcess", ("later",))) is True
    assert ours.state("later") == "RUNNING"


@pytest.mark.parametrize("path", ["/logtail/talk", "/logtail/talk/stdout", "/logtail/talk:talk/stderr", "/mainlogtail"])
def test_a_followed_log_begins_near_its_end_with_the_same_headers(fresh: tuple[Daemon, Daemon], path: str) -> None:
    seen = []
    for daemon in fresh:
        connection = UnixStreamHTTPConnection("localhost")
        connection.socketfile = str(daemon.socket)
        connection.timeout = 20
        connection.request("GET", path, headers={"Authorization": BASIC})
        response = connection.getresponse()
        names = ("Content-Type", "Transfer-Encoding", "X-Accel-Buffering")
        seen.append((response.status, [response.getheader(name) for name in names], response.read1(7)))
        connection.close()
    if path == "/mainlogtail":
        assert all(text for _, _, text in seen)
        seen = [(status, headers, b"") for status, headers, _ in seen]
    assert seen[1] == seen[0]
