from __future__ import annotations

import errno

import pytest

from initd.control.client.session import Session
from initd.control.client.transport import ProtocolError
from initd.control.client.wire import Fault
from initd.control.faults import Fault as FaultCode
from tests.unit.client.scripted import Scripted

REFUSED = ProtocolError("/RPC2", 401, "Unauthorized")


@pytest.mark.parametrize("line", ["", "   ", "\t"])
def test_a_blank_line_does_nothing(line: str) -> None:
    session = Scripted()
    assert session.run(line) is False
    assert (session.said(), session.status) == ([], 0)


@pytest.mark.parametrize("line", ["nope", "-x", "!ls", "statuses all", "do_status"])
def test_an_unknown_verb_is_repeated_whole_and_fails(line: str) -> None:
    session = Scripted()
    session.run(f"  {line} ")
    assert (session.said(), session.status) == ([f"*** Unknown syntax: {line}"], 1)


def test_a_verb_ends_at_the_first_character_that_is_no_letter() -> None:
    session = Scripted(getProcessInfo=lambda name: {"pid": 7})
    session.run("pid:web")
    assert session.calls[-1] == ("getProcessInfo", ":web")


def test_an_error_nobody_expected_is_one_line_with_class_text_and_place() -> None:
    session = Scripted(getPID=Fault(6, "SHUTDOWN_STATE"))
    session.run("pid")
    assert session.status == 1
    [line] = session.said()
    assert line.startswith("error: <class 'xmlrpc.client.Fault'>, <Fault 6: 'SHUTDOWN_STATE'>: file: ")
    assert line.rpartition(" line: ")[2].isdigit()


def test_without_anybody_to_ask_a_wanted_password_is_an_error() -> None:
    session = Scripted(getVersion=REFUSED)
    session.run("pid")
    first, second = session.said()
    assert first == "Server requires authentication"
    assert second.startswith(
        "error: <class 'xmlrpc.client.ProtocolError'>, <ProtocolError for 127.0.0.1/RPC2: 401 Unauthorized>: file: "
    )
    assert session.status == 1


def test_a_wanted_password_is_asked_for_and_the_command_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Scripted(interactive=True, getPID=42)

    def version() -> str:
        if session.config.password != "secret":
            raise REFUSED
        return "3.0"

    session.answers["getVersion"] = version
    monkeypatch.setattr("builtins.input", lambda prompt: {"Username:": "user"}[prompt])
    passwords = iter(["wrong", "secret"])
    monkeypatch.setattr("getpass.getpass", lambda prompt: {"Password:": next(passwords)}[prompt])
    session.run("pid")
    assert session.said() == ["Server requires authentication", ""] * 2 + ["42"]
    assert (session.config.username, session.status) == ("user", 0)


@pytest.mark.parametrize(
    ("error", "line", "status"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, ""), "unix:///run/s.sock refused connection", 4),
        (FileNotFoundError(errno.ENOENT, ""), "unix:///run/s.sock no such file", 7),
    ],
)
def test_a_server_that_is_not_there_has_a_line_and_a_code_of_its_own(error: OSError, line: str, status: int) -> None:
    session = Scripted(getVersion=error)
    session.run("version")
    assert (session.said(), session.status) == ([line], status)


def test_another_api_version_ends_the_command() -> None:
    session = Scripted(getVersion="4.0")
    session.run("version")
    expected = "expects to talk to a server with API version 3.0, but the remote version is 4.0."
    assert session.said() == [f"Sorry, this version of supervisorctl {expected}"]
    assert session.status == 5


def test_a_server_without_the_interface_is_told_to_get_one() -> None:
    session = Scripted(getVersion=Fault(FaultCode.UNKNOWN_METHOD, "UNKNOWN_METHOD"))
    session.run("version")
    assert "[rpcinterface:supervisor]" in session.said()[0]
    assert session.status == 3


@pytest.mark.parametrize(
    ("codes", "status"),
    [
        ([FaultCode.SUCCESS], 0),
        ([FaultCode.BAD_NAME], 1),
        ([FaultCode.SPAWN_ERROR], 7),
        ([FaultCode.ABNORMAL_TERMINATION], 7),
        ([FaultCode.NOT_RUNNING], 7),
        ([FaultCode.BAD_NAME, FaultCode.SPAWN_ERROR], 7),
        ([FaultCode.SPAWN_ERROR, FaultCode.BAD_NAME], 1),
        ([FaultCode.BAD_NAME, FaultCode.SUCCESS], 1),
        ([FaultCode.ALREADY_STARTED], 0),
    ],
)
def test_the_last_failure_is_the_exit_code(codes: list[int], status: int) -> None:
    session = Scripted()
    for code in codes:
        session.note(code, FaultCode.ALREADY_STARTED)
    assert session.status == status


@pytest.mark.parametrize("verb", ["quit", "exit", "EOF"])
def test_leaving_is_a_newline_and_a_yes(verb: str) -> None:
    session = Scripted()
    assert session.run(verb) is True
    assert session.said() == [""]


def test_ctrl_c_ends_more_than_a_command() -> None:
    def interrupted() -> int:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Scripted(getPID=interrupted).run("pid")


def test_the_connection_does_not_outlive_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[str] = []
    monkeypatch.setattr("initd.control.client.server.Server.call", lambda self, method: "3.0")
    monkeypatch.setattr("initd.control.client.server.Server.close", lambda self: closed.append("closed"))
    scripted = Scripted()
    session = Session(scripted.config, scripted.out)
    session.run("version")
    assert (closed, scripted.said()) == (["closed"], ["3.0"])
