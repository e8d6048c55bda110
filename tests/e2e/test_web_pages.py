"""The web pages of a real daemon, as scripts and browsers without JavaScript use them; a real browser: test_browser.py."""

from __future__ import annotations

import http.client
import re
import shutil
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import h11
import pytest

from tests.e2e.instance import PATIENCE_S, ROOT, Instance, at_rest, until

CONFIG = """
[unix_http_server]
file = %(here)s/s.sock
[supervisord]
logfile = %(here)s/main.log
pidfile = %(here)s/main.pid
nodaemon = true
silent = true
[supervisorctl]
serverurl = unix://%(here)s/s.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[program:web]
command = cat
startsecs = 0
[program:off]
command = cat
autostart = false
"""


class Answer:
    """One answer of the daemon, read to its end."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status, self.headers = response.status, response.headers
        self.text = response.read().decode()


def ask(one: Instance, target: str, form: dict[str, str] | None = None, **headers: str) -> Answer:
    """GET, or POST of a form, over the UNIX socket."""
    client = http.client.HTTPConnection("localhost", timeout=PATIENCE_S)
    client.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.sock.settimeout(PATIENCE_S)
    client.sock.connect(f"{one.folder}/s.sock")
    try:
        body = None if form is None else urlencode(form)
        client.request("GET" if form is None else "POST", target, body, headers)
        return Answer(client.getresponse())
    finally:
        client.close()


def token(one: Instance) -> str:
    found = re.search(r'name="token" value="(\w+)"', ask(one, "/").text)
    assert found
    return found[1]


def test_a_program_is_stopped_by_a_form_and_by_nothing_else(instance: Callable[[str], Instance]) -> None:
    one = instance(CONFIG)
    one.start()
    one.until_running("web")
    stop = {"action": "stop", "processname": "web"}
    assert ask(one, f"/index.html?{urlencode(stop)}").status == 200
    assert ask(one, "/index.html", stop).status == 403
    assert ask(one, "/index.html", {**stop, "token": token(one)}, Origin="http://elsewhere").status == 403
    assert one.states()["web"] == "RUNNING"
    done = ask(one, "/index.html", {**stop, "token": token(one)})
    assert (done.status, done.headers["Location"]) == (303, "./?message=Process%20web%20stopped")
    assert one.states()["web"] == "STOPPED"


def test_a_get_stops_a_program_where_the_configuration_allows_it(instance: Callable[[str], Instance]) -> None:
    one = instance(CONFIG + "[initd]\nweb_get_actions = true\n")
    one.start()
    one.until_running("web")
    done = ask(one, "/index.html?action=stop&processname=web")
    assert (done.status, done.headers["Location"]) == (301, "http://localhost/?message=Process%20web%20stopped")
    assert one.states()["web"] == "STOPPED"


def test_the_pages_are_those_the_daemon_was_started_with_whatever_happens_to_its_files(
    instance: Callable[[str], Instance], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = instance(CONFIG)
    site = one.folder / "site"
    shutil.copytree(ROOT / "initd", site / "initd", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(Path(h11.__file__).parent, site / "h11", ignore=shutil.ignore_patterns("__pycache__", "tests"))
    starter = one.folder / "starter.py"
    starter.write_text(f"import sys\nsys.path.insert(0, {str(site)!r})\nfrom initd.cli import main\nsys.exit(main())\n")
    monkeypatch.setenv("INITD_COMMAND", f"{sys.executable} -IS {starter}")
    one.start()
    one.until_running("web")
    pid = one.pid
    until("the daemon to be at rest", lambda: at_rest(pid))
    for source in site.rglob("*.py"):
        source.write_text("this is not python")
    for cache in site.rglob("__pycache__"):
        shutil.rmtree(cache)
    assert "running" in ask(one, "/").text
    assert ask(one, "/tail.html?processname=web").status == 200
    assert ask(one, "/live/programs?poll=1").status == 200
    assert ask(one, "/stylesheets/supervisor.css").status == 200
    form = {"action": "restart", "processname": "web", "token": token(one)}
    assert ask(one, "/index.html", form, Accept="text/plain").text == "Process web restarted"
