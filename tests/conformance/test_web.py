"""The web pages tell what the stock daemon's tell, and a script that uses them gets the same answers.

Ours runs with `[initd] web_get_actions`, which the stock daemon ignores; what differs on purpose is in tests of its own.
"""

from __future__ import annotations

import http.client
import re
import xmlrpc.client
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from tests.conformance.differences import differs
from tests.conformance.stock import OURS, STOCK, Daemon, start, until
from tests.conformance.test_rpc import raw

pytestmark = pytest.mark.xdist_group("web")

PROGRAMS = """
[initd]
web_get_actions = true
[program:cat]
command = /bin/cat
startsecs = 0
stdout_logfile = %(here)s/cat.log
[program:say]
command = /bin/sh -c 'echo "<b>& hello"; exec cat'
startsecs = 0
[program:missing]
command = /no/such
autostart = false
[program:quick]
command = /bin/sh -c 'exit 3'
autostart = false
startretries = 0
[program:silent]
command = /bin/cat
stdout_logfile = NONE
startsecs = 0
[program:off]
command = /bin/cat
autostart = false
startsecs = 0
[group:g]
programs = a,b
[program:a]
command = /bin/cat
startsecs = 0
[program:b]
command = /bin/sh -c 'exit 0'
startsecs = 0
autorestart = false
"""

REQUESTS: list[tuple[str, str] | tuple[str, str, str]] = [
    ("GET", "/"),
    ("GET", "/index.html"),
    ("GET", "//index.html"),
    ("GET", "/%69ndex.html"),
    ("GET", "/index.html/"),
    ("GET", "/index.htm"),
    ("GET", "/INDEX.HTML"),
    ("GET", "/../index.html"),
    ("HEAD", "/"),
    ("HEAD", "/index.html"),
    ("PUT", "/"),
    ("GET", "/index.html?processname=cat"),
    ("GET", "/?action=&message="),
    ("GET", "/?message=%3Cb%3Ea+%26%20b%22'"),
    ("GET", "/?message=first&message=second"),
    ("POST", "/", "message=from+a+form"),
    ("GET", "/index.html?action=refresh"),
    ("GET", "/?action=refresh"),
    ("GET", "/index.html?action=bogus"),
    ("GET", "/index.html?action=start;processname=off"),
    ("GET", "/index.html?action=bogus&processname=cat"),
    ("GET", "/index.html?action=bogus&processname=nope"),
    ("GET", "/index.html?action=start&processname=nope"),
    ("GET", "/index.html?action=start&processname=g:*"),
    ("GET", "/index.html?action=stop&processname=g:*"),
    ("GET", "/index.html?action=stop&processname=a"),
    ("GET", "/index.html?action=stop&processname=%3Cb%3E%26"),
    ("GET", "/index.html?action=start&processname=cat"),
    ("GET", "/index.html?action=start&processname=missing"),
    ("GET", "/index.html?action=start&processname=quick"),
    ("GET", "/index.html?action=stop&processname=off"),
    ("GET", "/index.html?action=start&processname=off"),
    ("GET", "/index.html?action=stop&processname=off"),
    ("GET", "/index.html?action=clearlog&processname=silent"),
    ("GET", "/index.html?action=restart&processname=say"),
    ("GET", "/index.html?action=restart&processname=off"),
    ("GET", "/index.html?action=stop&processname=g:a"),
    ("GET", "/index.html?action=clearlog&processname=g:a"),
    ("GET", "/"),
    ("GET", "/tail.html"),
    ("GET", "/tail.html?processname="),
    ("GET", "/tail.html?processname=nope"),
    ("GET", "/tail.html?processname=%3Cb%3E%26"),
    ("GET", "/tail.html?processname=g:*"),
    ("GET", "/tail.html?processname=say"),
    ("GET", "/tail.html?processname=silent"),
    ("GET", "/tail.html?processname=missing"),
    ("GET", "/tail.html?processname=cat"),
    ("GET", "/tail.html?processname=cat&limit=5"),
    ("GET", "/tail.html?processname=cat&limit=1025"),
    ("GET", "/tail.html?processname=cat&limit=1500"),
    ("GET", "/tail.html?processname=cat&limit=999999"),
    ("GET", "/tail.html?processname=cat&limit=-1500"),
    ("GET", "/tail.html?processname=cat&limit=1500x"),
    ("GET", "/tail.html?processname=cat&limit=+1500"),
    ("POST", "/tail.html", "processname=cat&limit=1100"),
    ("POST", "/tail.html?processname=say", "processname=cat"),
    ("HEAD", "/tail.html"),
    ("GET", "/stylesheets/supervisor.css"),
    ("GET", "/images/icon.png"),
    ("GET", "/stylesheets/nope.css"),
    ("GET", "/status.html"),
    ("GET", "/ok.html"),
    ("GET", "//ok.html"),
    ("GET", "/ok.html?x=y"),
    ("GET", "/logtail/say/"),
    ("GET", "/logtail/say/stdin"),
    ("HEAD", "/logtail/say"),
    ("GET", "/index.html?action=stopall"),
    ("GET", "/"),
    ("GET", "/index.html?action=restartall"),
]


class Seen(HTMLParser):
    """What a page tells: its title, its message, its tail, and of each program state, class, description and actions."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.title = self.message = ""
        self.tail: str | None = None
        self.programs: dict[str, dict[str, Any]] = {}
        self._row: dict[str, Any] = {}
        self._take = ""
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "tr":
            self._row = {"actions": set(), "texts": []}
        elif tag == "pre":
            self.tail = ""
        elif given.get("class") == "status_msg":
            self._take = "message"
            return
        elif tag == "a" and "href" in given:
            self._link(given["href"])
        elif tag == "button" and self._row:
            self._row["actions"].add(given["value"])
        elif given.get("class", "").startswith("status") and tag == "span":
            self._row["class"] = given["class"]
        self._take = {"title": "title", "pre": "tail"}.get(tag, "")

    def handle_endtag(self, tag: str) -> None:
        self._take = ""

    def _link(self, href: str) -> None:
        href = unquote(href)
        if href.startswith("tail.html?processname=") and self._row:
            self.programs[href.partition("=")[2]] = self._row
        elif href.startswith("logtail/") and self._row:
            self._row["actions"].add(re.sub("^logtail/[^/]*", "tail", href))
        elif found := re.search(r"action=(\w+)$", href):
            self._row.get("actions", set()).add(found[1])

    def handle_data(self, data: str) -> None:
        if self._take:
            setattr(self, self._take, (getattr(self, self._take) or "") + data)
        elif data.strip() and self._row:
            self._row["texts"].append(data.strip())

    def told(self) -> dict[str, Any]:
        """All of it; of a row the state, the description and the name, in this order."""
        programs = {
            name: (
                row["class"],
                normal(" | ".join(row["texts"][:3])),
                sorted(row["actions"]),
            )
            for name, row in self.programs.items()
        }
        return {"title": self.title, "message": self.message.strip(), "tail": self.tail, "programs": programs}


def normal(text: str) -> str:
    text = re.sub(r"pid \d+, uptime [\d:]+", "pid N, uptime T", text)
    text = re.sub(r"[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}", "CTIME", text)
    return re.sub(r"[A-Z][a-z]{2} \d\d \d\d:\d\d [AP]M", "DATE", text)


def answer(daemon: Daemon, method: str, path: str, form: str = "", **headers: str) -> dict[str, Any]:
    """What a request comes to: the status, where it leads, and what the page tells."""
    body = form.encode() if method == "POST" else None
    if body is not None:
        headers["Content_Length"] = str(len(body))
    response: Any = raw(daemon, method, path, body, **headers)
    found = {"status": response.status, "location": normal(unquote(response.getheader("Location") or ""))}
    kind = response.getheader("Content-Type").partition(";")[0]
    if response.status == 200 and kind == "text/html" and response.text and path != "/status.html":
        found |= Seen(response.text.decode()).told()
    return found | {"type": kind}


@pytest.fixture(scope="module")
def daemons(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Daemon]]:
    folder = tmp_path_factory.mktemp("web")
    with ExitStack() as stack:
        pair = [
            stack.enter_context(start(STOCK, folder / "stock", PROGRAMS)),
            stack.enter_context(start(OURS, folder / "ours", PROGRAMS)),
        ]
        for daemon in pair:
            for name in ("cat", "say", "silent", "g:a"):
                daemon.wait_for_state(name, "RUNNING")
            daemon.wait_for_state("g:b", "EXITED")
            (daemon.folder / "cat.log").write_bytes(b"".join(b"%05d\n" % number for number in range(400)))
        yield pair


AGAIN = ("GET", "/index.html?action=restart&processname=say")


def said(daemon: Daemon) -> int:
    """How many lines the program `say` has in its log."""
    return str(daemon.rpc.readProcessStdoutLog("say", 0, 0)).count("\n")


@pytest.fixture(scope="module")
def answers(daemons: list[Daemon]) -> tuple[list[Any], list[Any]]:
    def converse(daemon: Daemon) -> list[Any]:
        made = []
        for request in REQUESTS:
            if request[1].endswith("processname=say"):
                until("say has spoken once more", lambda: said(daemon) == 1 + (AGAIN in REQUESTS[: len(made)]))
            made.append(answer(daemon, *request))
        return made

    with ThreadPoolExecutor(2) as pool:
        stock, ours = pool.map(converse, daemons)
    return stock, ours


@pytest.mark.parametrize("index", range(len(REQUESTS)), ids=[f"{at}-{each}" for at, each in enumerate(REQUESTS)])
def test_a_request_is_answered_as_the_stock_daemon_answers_it(answers: tuple[list[Any], list[Any]], index: int) -> None:
    stock, ours = answers
    assert ours[index] == stock[index]


def test_the_pages_that_were_compared_had_something_to_tell(answers: tuple[list[Any], list[Any]]) -> None:
    first = answers[0][0]
    assert sorted(first["programs"]) == ["cat", "g:a", "g:b", "missing", "off", "quick", "say", "silent"]
    assert first["programs"]["cat"] == (
        "statusrunning",
        "running | pid N, uptime T | cat",
        ["clearlog", "restart", "stop", "tail", "tail/stderr"],
    )
    assert {each["location"].partition("/?")[2] for each in answers[0]} >= {
        "message=Process off started",
        "message=ERROR: Process quick: spawn error",
        "message=All restarted at CTIME",
    }


# Deliberate differences: what stock answers first, then ours.
def both(daemons: list[Daemon], method: str, path: str, form: str = "", **headers: str) -> list[dict[str, Any]]:
    return [answer(daemon, method, path, form, **headers) for daemon in daemons]


@differs("N3")
def test_a_restart_that_failed_says_so(daemons: list[Daemon], answers: object) -> None:
    stock, ours = both(daemons, "GET", "/index.html?action=restart&processname=missing")
    assert stock["location"].endswith("message=Process missing restarted")
    assert ours["location"].endswith("message=ERROR: Process missing: no such file")


@differs("N2")
def test_an_action_without_a_process_is_the_clients_error(daemons: list[Daemon], answers: object) -> None:
    assert [each["status"] for each in both(daemons, "GET", "/index.html?action=start")] == [500, 400]


@differs("N2")
@pytest.mark.parametrize("limit", ["99999999999999999999999", "%C2%B2"])
def test_a_limit_that_makes_no_sense_is_no_internal_error(daemons: list[Daemon], answers: object, limit: str) -> None:
    pair = both(daemons, "GET", f"/tail.html?processname=cat&limit={limit}")
    assert [each["status"] for each in pair] == [500, 200]


@differs("D19")
def test_a_form_of_another_site_acts_there_and_not_here(daemons: list[Daemon], answers: object) -> None:
    form = "action=stop&processname=say"
    stock, ours = both(daemons, "POST", "/index.html", form, Origin="http://evil")
    assert (stock["status"], ours["status"]) == (301, 403)
    stock, ours = both(daemons, "POST", "/index.html", form)
    assert (stock["status"], ours["status"]) == (301, 403)
    assert [daemon.state("say") for daemon in daemons] == ["STOPPED", "RUNNING"]


@differs("D19")
def test_a_page_whose_name_points_here_acts_there_and_not_here(tmp_path: Path) -> None:
    server = "[inet_http_server]\nport = 127.0.0.1:{port}"
    call = xmlrpc.client.dumps((), "supervisor.stopAllProcesses").encode()
    for command, status in ((STOCK, 200), (OURS, 403)):
        with start(command, tmp_path / str(status), PROGRAMS, server) as daemon:
            daemon.wait_for_state("cat", "RUNNING")
            client = http.client.HTTPConnection("127.0.0.1", daemon.port)
            host = f"evil.example:{daemon.port}"
            client.request("POST", "/RPC2", call, {"Host": host, "Origin": f"http://{host}", "Content-Type": "text/xml"})
            assert client.getresponse().status == status
            assert (daemon.state("cat") == "RUNNING") is (status == 403)
            client.close()
