"""What a plugin of supervisorctl finds in the client; whole plugins from PyPI run end to end."""

from __future__ import annotations

import sys
import xmlrpc.client
from pathlib import Path
from typing import Any

import pytest
from supervisor.supervisorctl import ControllerPluginBase

from initd.config.model import ClientConfig, PluginConfig
from initd.control.client import main
from initd.control.client.controller import add_plugins
from initd.control.client.session import Exit
from initd.control.client.shell import Shell
from tests.unit.client.peer import peer, reply
from tests.unit.client.scripted import Scripted


class Echo(ControllerPluginBase):
    """A plugin with a verb of its own, one of ours, and one that fails."""

    def __init__(self, controller: Any, **options: str) -> None:
        super().__init__(controller)
        self.ctl, self.options = controller, options

    def do_echo(self, argument: str) -> None:
        """echo TEXT  say it again"""
        self.ctl.output(argument)

    def do_status(self, argument: str) -> None:
        self.ctl.output("never")

    def do_twice(self, argument: str) -> None:
        for _ in range(2):
            self.ctl.onecmd(argument)

    def help_twice(self) -> None:
        self.ctl.output("twice COMMAND")

    def do_broken(self, argument: str) -> None:
        raise KeyError(argument)

    def do_locked(self, argument: str) -> None:
        raise xmlrpc.client.ProtocolError("127.0.0.1/RPC2", 401, "Unauthorized", {})

    def do_state(self, argument: str) -> None:
        self.ctl.exitstatus = 7
        self.ctl.set_exitstatus_from_xmlrpc_fault(50, 50)
        self.ctl.output(f"{self.ctl.exitstatus} {self.ctl.upcheck()} {self.ctl.options.serverurl} {self.options}")

    def do_leave(self, argument: str) -> bool:
        return True


def make(controller: Any, **options: str) -> Echo:
    return Echo(controller, **options)


def broken(controller: Any, **options: str) -> Echo:
    raise ValueError("no")


def with_plugins(*factories: str, **answers: Any) -> Scripted:
    session = Scripted(**answers)
    names = (PluginConfig(f"p{at}", f"{__name__}:{factory}", {"key": "1"}) for at, factory in enumerate(factories))
    sys.modules.setdefault(__name__, sys.modules[__name__])
    add_plugins(session, list(names))
    return session


def test_a_plugin_adds_verbs_and_replaces_none() -> None:
    session = with_plugins("make", getAllProcessInfo=[])
    session.run("echo a  b ")
    session.run("status")
    assert session.said() == ["a  b"]
    session.run("nope")
    assert session.said()[-1] == "*** Unknown syntax: nope"
    assert session.run("leave") is True


def test_of_two_plugins_the_first_has_the_verb_and_both_have_something_to_say_about_it() -> None:
    session = with_plugins("make", "make")
    session.run("help twice")
    assert session.said() == ["*** No help on twice", "twice COMMAND", "twice COMMAND"]
    session.run("help echo")
    assert session.said()[-2:] == ["echo TEXT  say it again"] * 2
    session.run("help")
    assert [line for line in session.said() if line.endswith("commands (type help <topic>):")] == [
        "default commands (type help <topic>):",
        "p0 commands (type help <topic>):",
        "p1 commands (type help <topic>):",
    ]
    before = len(session.said())
    session.run("help help")
    assert len(session.said()) == before + 2


def test_a_command_that_a_plugin_runs_counts_for_the_exit_code() -> None:
    session = with_plugins("make")
    session.run("twice nope")
    assert session.said() == ["*** Unknown syntax: nope"] * 2
    assert session.status == Exit.GENERIC
    session.run("twice echo x")
    assert session.said()[-2:] == ["x", "x"]
    assert session.status == Exit.GENERIC


def test_a_plugin_reads_and_sets_what_the_client_knows() -> None:
    session = with_plugins("make")
    session.run("state")
    assert session.said() == ["7 True unix:///run/s.sock {'key': '1'}"]
    assert session.status == 7


def test_what_a_plugin_raises_is_one_line_and_a_wanted_password_is_called_that() -> None:
    session = with_plugins("make")
    session.run("broken x")
    assert session.said()[0].startswith("error: <class 'KeyError'>, 'x': file: ")
    session.run("locked")
    assert session.said()[1] == "Server requires authentication"
    assert session.status == Exit.GENERIC


def test_the_shell_completes_the_verbs_of_plugins() -> None:
    assert Shell(with_plugins("make")).completions("ec", "ec") == ["echo "]


def test_a_factory_that_fails_is_one_message(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RuntimeError, match=r"\[ctlplugin:p0\] .*:broken failed: ValueError: no"):
        with_plugins("broken")
    conf = tmp_path / "s.conf"
    conf.write_text("[supervisorctl]\n[ctlplugin:x]\nsupervisor.ctl_factory = json:loads\n")
    assert main(["initctl", "-c", str(conf), "pid"]) == 1
    told = capsys.readouterr()
    assert (told.out, told.err.splitlines()[0][:52]) == ("", "Error: [ctlplugin:x] json:loads failed: TypeError: t")


def test_a_proxy_is_the_standard_librarys_and_so_are_its_errors(tmp_path: Path) -> None:
    session = with_plugins("make")
    answers = [
        reply(xmlrpc.client.dumps(([{"a": 1.5}],), methodresponse=True).encode()),
        reply(xmlrpc.client.dumps(xmlrpc.client.Fault(10, "BAD_NAME")).encode()),
        reply(b"", "401 Unauthorized"),
    ]
    with peer(tmp_path, *[[each] for each in answers]) as server:
        session.config = ClientConfig(server.url, "me", "secret")
        controller = session.plugins[0]._made.ctl
        assert controller.get_server_proxy("cache").fetch(["k"], {"x": 2}) == [{"a": 1.5}]
        with pytest.raises(xmlrpc.client.Fault):
            controller.get_supervisor().getState()
        with pytest.raises(xmlrpc.client.ProtocolError) as refused:
            controller.get_server_proxy().system.listMethods()
        assert refused.value.errcode == 401
        head, _, body = server.requests[0].partition(b"\r\n\r\n")
        assert b"Authorization: Basic bWU6c2VjcmV0" in head
        assert xmlrpc.client.loads(body) == ((["k"], {"x": 2}), "cache.fetch")
