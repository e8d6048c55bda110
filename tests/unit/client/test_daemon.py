from __future__ import annotations

import errno

import pytest

from initd.control.client.wire import Fault
from initd.control.faults import Fault as FaultCode
from tests.unit.client.scripted import Scripted, info

STOPPING = Fault(FaultCode.SHUTDOWN_STATE, "SHUTDOWN_STATE")


def test_a_second_shutdown_says_so_and_does_not_fail_but_a_reload_does() -> None:
    session = Scripted(shutdown=STOPPING, restart=STOPPING)
    session.run("shutdown")
    assert (session.said(), session.status) == (["ERROR: already shutting down"], 0)
    session.run("reload")
    assert (session.said()[1:], session.status) == (["ERROR: already shutting down"], 1)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, ""), "refused connection"),
        (FileNotFoundError(errno.ENOENT, ""), "no such file"),
    ],
)
def test_a_shutdown_of_a_server_that_is_gone_says_so(error: OSError, reason: str) -> None:
    session = Scripted(shutdown=error)
    session.run("shutdown")
    assert (session.said(), session.status) == ([f"ERROR: unix:///run/s.sock {reason} (already shut down?)"], 1)


@pytest.mark.parametrize(("answer", "calls"), [("y", 1), ("Yes", 1), ("n", 0), ("", 0), (" y", 0)])
@pytest.mark.parametrize(
    ("verb", "method", "question"),
    [
        ("shutdown", "shutdown", "Really shut the remote supervisord process down y/N? "),
        ("reload", "restart", "Really restart the remote supervisord process y/N? "),
    ],
)
def test_somebody_who_is_there_is_asked_first(
    verb: str, method: str, question: str, answer: str, calls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("builtins.input", lambda prompt: {question: answer}[prompt])
    session = Scripted(interactive=True, **{method: True})
    session.run(verb)
    assert session.calls == [(method,)] * calls


def test_open_changes_the_server_shows_its_status_and_keeps_the_exit_code() -> None:
    session = Scripted(getAllProcessInfo=[info("web", 0, "STOPPED", "Not started")])
    session.status = 2
    session.run("open http://elsewhere:9001")
    assert session.config.serverurl == "http://elsewhere:9001"
    assert (len(session.said()), session.status) == (1, 2)


@pytest.mark.parametrize("url", ["", "elsewhere", "ftp://elsewhere"])
def test_open_takes_http_and_unix_only(url: str) -> None:
    session = Scripted()
    session.run(f"open {url}")
    assert (session.said(), session.status) == (["ERROR: url must be http:// or unix://"], 1)
    assert session.config.serverurl == "unix:///run/s.sock"
