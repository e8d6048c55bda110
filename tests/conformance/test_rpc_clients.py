"""Clients in other languages get from us what they get from stock, byte for byte where it is an answer.

Error pages are worded by each daemon; of them the status counts. What differs otherwise is listed, with both sides spelled out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tests.conformance.differences import differs
from tests.conformance.rpc_clients import NO_BODY, SHAPES, UTF_16, Answer, exchange
from tests.conformance.stock import OURS, STOCK, Daemon, start, until

pytestmark = pytest.mark.xdist_group("rpc clients")

SERVER = "username = user\npassword = secret"
PROGRAMS = """
[program:talk]
command = /bin/sh -c "echo hello; exec sleep 600"
startsecs = 0
stdout_logfile = %(here)s/talk.out
"""

Seen = tuple[int, str, str]
KEPT, CLOSED = "HTTP/1.1 200 OK", "closed"


def fault(code: int, text: str) -> str:
    return (
        "<?xml version='1.0'?>\n<methodResponse>\n<fault>\n<value><struct>\n"
        f"<member>\n<name>faultCode</name>\n<value><int>{code}</int></value>\n</member>\n"
        f"<member>\n<name>faultString</name>\n<value><string>{text}</string></value>\n</member>\n"
        "</struct></value>\n</fault>\n</methodResponse>\n"
    )


def value(text: str) -> str:
    return (
        "<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n"
        f"<value><string>{text}</string></value>\n</param>\n</params>\n</methodResponse>\n"
    )


STATE = (
    "<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n<value><struct>\n"
    "<member>\n<name>statecode</name>\n<value><int>1</int></value>\n</member>\n"
    "<member>\n<name>statename</name>\n<value><string>RUNNING</string></value>\n</member>\n"
    "</struct></value>\n</param>\n</params>\n</methodResponse>\n"
)
ERROR = ""
REFUSED_AND_READ = (411, ERROR, CLOSED), (411, ERROR, KEPT)
UNREAD = (400, ERROR, CLOSED), (400, ERROR, KEPT)
SMUGGLED = (200, STATE, KEPT), (400, ERROR, CLOSED)
WRONG_TYPE = (500, ERROR, KEPT), (200, fault(2, "INCORRECT_PARAMETERS"), KEPT)
# what stock does, then what we do (N1, N6): where stock fails, hangs up on a client that is wrong, or takes its words otherwise
DIFFERENT: dict[str, tuple[Seen, Seen]] = {
    "go, length unknown": REFUSED_AND_READ,
    "chunk extensions": REFUSED_AND_READ,
    "chunked in capitals": REFUSED_AND_READ,
    "two slashes": UNREAD,
    "an absolute address": UNREAD,
    # elements of a namespace have no meaning to us either, but are looked through
    "java, extensions": ((500, ERROR, KEPT), (200, fault(10, "BAD_NAME: "), KEPT)),
    "java, long": ((400, ERROR, KEPT), (200, value("hello"), KEPT)),
    "attributes": ((400, ERROR, KEPT), (200, STATE, KEPT)),
    # bytes that are no UTF-8
    "php, iso-8859-1": ((0, ERROR, CLOSED), (400, ERROR, CLOSED)),
    "gzipped": ((0, ERROR, CLOSED), (400, ERROR, KEPT)),
    # whoever says `close` among other words gets what it asked for; whoever speaks HTTP/1.0 is told to come again
    "perl": ((200, value("3.0"), KEPT), (200, value("3.0"), CLOSED)),
    "http/1.0, kept": ((200, STATE, KEPT), (200, STATE, CLOSED)),
    "a header beyond ascii": ((0, ERROR, CLOSED), (200, STATE, KEPT)),
    # two servers in a row might read these in two ways
    "two hosts": SMUGGLED,
    "a space before a colon": SMUGGLED,
    "a length with a sign": SMUGGLED,
    "date": WRONG_TYPE,
    "struct": WRONG_TYPE,
    "array": WRONG_TYPE,
}


@pytest.fixture(scope="module")
def daemons(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Daemon, Daemon]]:
    folder = tmp_path_factory.mktemp("clients")
    with ExitStack() as stack:
        pair = (
            stack.enter_context(start(STOCK, folder / "stock", PROGRAMS, SERVER)),
            stack.enter_context(start(OURS, folder / "ours", PROGRAMS, SERVER)),
        )
        for daemon in pair:
            until_spoken(daemon)
        yield pair


def until_spoken(daemon: Daemon) -> None:
    daemon.wait_for_state("talk", "RUNNING")
    until("talk has spoken", lambda: (daemon.folder / "talk.out").stat().st_size == 6)


def seen(daemon: Daemon, request: bytes) -> Seen:
    """The status (0 if there is no answer), the answer without what cannot be the same twice, and the next one's status."""
    answer = exchange(daemon.socket, request)
    status = int(answer.status.split()[1]) if answer.status else 0
    return status, normal(answer, daemon) if status == 200 else "", answer.then


def normal(answer: Answer, daemon: Daemon) -> str:
    assert answer.headers["content-type"] == "text/xml"
    text = answer.body.decode().replace(str(daemon.folder), "FOLDER")
    text = re.sub(r"pid \d+, uptime [\d:]+", "pid N, uptime T", text)
    text = re.sub(r"(<name>(?:pid|now|start)</name>\n<value><int>)[1-9]\d*", r"\1N", text)
    text = re.sub(r"supervisor-\w{8}\.log", "supervisor-RANDOM.log", text)
    return text.replace(f"<int>{daemon.process.pid}<", "<int>PID<")


@differs("N1", "N6")
@pytest.mark.parametrize("shape", SHAPES)
def test_a_request_is_answered_as_the_stock_daemon_answers_it(shape: str, daemons: tuple[Daemon, Daemon]) -> None:
    with ThreadPoolExecutor(2) as pool:
        stock, ours = pool.map(lambda daemon: seen(daemon, SHAPES[shape]), daemons)
    if shape in DIFFERENT:
        assert (stock, ours) == DIFFERENT[shape]
    else:
        assert ours == stock


def test_a_call_without_a_body_is_refused_where_stock_is_silent_for_ever(daemons: tuple[Daemon, Daemon]) -> None:
    assert seen(daemons[1], NO_BODY) == (400, ERROR, KEPT)


def test_utf_16_is_read_where_stock_hangs_up(daemons: tuple[Daemon, Daemon]) -> None:
    stock, ours = (seen(daemon, UTF_16) for daemon in daemons)
    assert stock == (0, ERROR, CLOSED)
    assert ours == seen(daemons[1], SHAPES["go, as usual"])


def test_a_client_that_may_not_keep_its_connection_is_told_so(daemons: tuple[Daemon, Daemon]) -> None:
    assert exchange(daemons[1].socket, SHAPES["http/1.0, kept"]).headers["connection"] == "close"
