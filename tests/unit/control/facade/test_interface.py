"""Calls of plugins through the whole daemon on a simulated machine; how they compare with stock's is a conformance test."""

from __future__ import annotations

import xmlrpc.client
from types import SimpleNamespace
from typing import Any

import pytest

from initd.control.facade.interface import Interface
from initd.control.facade.supervisord import Supervisord
from initd.supervise.effects import MemberChanged
from sim.kernel.kernel import SimKernel
from tests.property.worlds import HUP, Call, World, ns, program
from tests.unit.control.fake import call_body, parse, post

PROBE = "[rpcinterface:probe]\nsupervisor.rpcinterface_factory=tests.plugins.probe:make\nword=value\n"
BROKEN = "[rpcinterface:bad]\nsupervisor.rpcinterface_factory=tests.plugins.probe:broken\n"
TWO = program("p", stdout_logfile="/var/log/p.log") + program("q", autostart="false")


def world(*extra: str, **given: Any) -> World:
    return World(TWO + PROBE + "".join(extra), servers=True, **given)


def asked(world: World, *calls: tuple[Any, ...]) -> list[Any]:
    """The answers to calls made one after the other, a second apart from 3 s on: values, or fault texts."""
    made = [world.call(3 + at, *call) for at, call in enumerate(calls)]
    world.run(3 + len(calls) + 5)
    values = [call.value for call in made]
    return [value.faultString if isinstance(value, xmlrpc.client.Fault) else value for value in values]


def status_of(call: Call) -> bytes:
    return bytes(call.client.received).partition(b"\r\n")[0]


def test_a_plugin_is_called_with_the_daemon_and_the_options_of_its_section() -> None:
    answers = asked(world(), ("probe.configured",), ("probe.groups",), ("probe.say", "so"))
    assert answers == [{"word": "value"}, [["p", 999, ["p"], ["p"]], ["q", 999, ["q"], ["q"]]], "supervisor"]


def test_what_a_plugin_logs_is_in_the_main_log() -> None:
    machine = world()
    asked(machine, ("probe.say", "hello"))
    assert machine.lines("hello") == ["INFO hello it is", "WARN hello"]
    assert machine.lines("initialized") == [
        "INFO RPC interface 'supervisor' initialized",
        "INFO RPC interface 'probe' initialized",
    ]


def test_a_deferred_answer_keeps_nobody_waiting_but_its_client() -> None:
    machine = world()
    slow, quick = machine.call(3, "probe.later", 40), machine.call(3.1, "getState")
    machine.run(8)
    assert slow.value == ["after", 41]
    assert quick.answered_ns < ns(3.2) < ns(4.5) < slow.answered_ns


def test_a_client_that_leaves_ends_the_looking_for_its_answer() -> None:
    machine = world()
    call = machine.call(3, "probe.later", 10**9)
    machine.at(4, lambda: call.client.close())
    machine.run(5)
    assert machine.simulation.session.driver.next_deadline() is None


def test_a_plugin_that_raises_or_exits_is_an_error_page_a_line_in_the_log_and_no_harm() -> None:
    machine = world()
    calls = [machine.call(3 + at, method) for at, method in enumerate(("probe.value_error", "probe.leave"))]
    after = machine.call(6, "probe.state")
    machine.run(8)
    assert [status_of(call) for call in calls] == [b"HTTP/1.1 500 Internal Server Error"] * 2
    assert after.value is True
    assert machine.lines("CRIT Handling the XML-RPC request probe.value_error() raised an unexpected exception")
    assert [line for line in machine.log().splitlines() if "value_error" in line or "wrong" in line][1:] != []
    assert machine.state("p") == "RUNNING"


def test_a_value_there_is_no_xml_for_is_an_error_page() -> None:
    machine = world()
    calls = [machine.call(3 + at, "probe.value", name) for at, name in enumerate(("none", "too big", "pair", "set"))]
    machine.run(9)
    assert {status_of(call) for call in calls} == {b"HTTP/1.1 500 Internal Server Error"}


def test_every_server_has_an_instance_of_its_own_and_so_has_every_reload() -> None:
    import tests.plugins.probe as probe

    before = probe.made
    machine = world()
    machine.signal(3, HUP)
    machine.run(6)
    assert probe.made - before == 2
    machine = world("[inet_http_server]\nport=127.0.0.1:9001\n")
    machine.run(1)
    assert probe.made - before == 4


def test_a_factory_that_fails_at_a_reload_costs_its_own_calls_and_nothing_else() -> None:
    machine = world()
    machine.at(2, lambda: machine.write_config(TWO + PROBE + BROKEN))
    machine.signal(3, HUP)
    bad, good = machine.call(8, "bad.anything"), machine.call(9, "probe.state")
    machine.run(11)
    assert machine.lines("Could not make") == ["CRIT Could not make bad rpc interface: its calls are not served"]
    assert "ValueError: this factory is broken" in machine.log()
    assert (bad.fault, good.value) == ("UNKNOWN_METHOD", True)
    assert machine.state("p") == "RUNNING"


def test_a_plugin_that_cannot_be_imported_any_more_is_told_before_a_reload_touches_anything() -> None:
    machine = world()
    missing = "[rpcinterface:x]\nsupervisor.rpcinterface_factory=no_such_plugin:make\n"
    machine.at(2, lambda: machine.write_config(TWO + PROBE + missing))
    machine.signal(3, HUP)
    reread = machine.call(4, "reloadConfig")
    machine.run(6)
    text = "CANT_REREAD: no_such_plugin:make cannot be resolved within [rpcinterface:x]"
    assert machine.lines("restart request refused") == [f"ERRO restart request refused, nothing was touched: {text}"]
    assert reread.value.faultString == text
    assert machine.entered("p", "STARTING") == [0]


def test_a_process_that_a_plugin_adds_is_there_when_the_call_returns() -> None:
    twiddler = (
        "[rpcinterface:twiddler]\n"
        "supervisor.rpcinterface_factory=supervisor_twiddler.rpcinterface:make_twiddler_rpcinterface\n"
    )
    machine = world(twiddler)
    machine.files.program("/usr/bin/new")
    effects: list[Any] = []
    machine.simulation.application._environment.on_change = effects.append
    options = {"command": "/usr/bin/new", "startsecs": "0"}
    bodies = [
        call_body("twiddler.addProgramToGroup", "p", "new", options),
        call_body("getProcessInfo", "p:new"),
        call_body("reloadConfig"),
        call_body("stopProcess", "p:new"),
        call_body("twiddler.removeProcessFromGroup", "p", "new"),
        call_body("getProcessInfo", "p:new"),
    ]
    clients: list[Any] = []

    def send(body: bytes) -> None:
        clients.append(machine.connect())
        clients[-1].send(post(body))

    for at, body in enumerate(bodies):
        machine.at(3 + at, lambda body=body: send(body))
    machine.run(12)
    answers = []
    for client in clients:
        try:
            answers.append(xmlrpc.client.loads(parse(bytes(client.received))[2])[0][0])
        except xmlrpc.client.Fault as fault:
            answers.append(fault.faultString)
    assert answers[0] is True
    assert answers[1]["statename"] == "RUNNING"
    assert answers[1]["stdout_logfile"].startswith("/tmp/new-stdout---supervisor-")
    assert answers[2:] == [[[[], ["p"], []]], True, True, "BAD_NAME: p:new"]
    assert [each.added for each in effects if isinstance(each, MemberChanged)] == [True, False]


def test_a_member_that_cannot_have_its_logs_runs_without() -> None:
    twiddler = (
        "[rpcinterface:twiddler]\n"
        "supervisor.rpcinterface_factory=supervisor_twiddler.rpcinterface:make_twiddler_rpcinterface\n"
    )
    machine = world(twiddler)
    machine.files.program("/usr/bin/new")
    machine.at(2, lambda: machine.files.fail("/tmp", 28, "make_temp"))
    added, _, info = asked(
        machine,
        ("twiddler.addProgramToGroup", "p", "new", {"command": "/usr/bin/new"}),
        ("getState",),
        ("getProcessInfo", "p:new"),
    )
    assert added is True
    assert len(machine.lines("could not create a std")) == 2
    assert (info["statename"], info["logfile"]) == ("RUNNING", "")


class Leaving:
    """Wants to exit wherever it is touched."""

    @property
    def touched(self) -> Any:
        raise SystemExit(1)

    def value(self) -> Any:
        return self

    def ended(self) -> Any:
        raise GeneratorExit

    @property
    def __dict__(self) -> Any:  # type: ignore[override]
        raise SystemExit(2)


def test_nothing_that_a_plugin_does_when_it_is_looked_at_ends_the_daemon() -> None:
    interface = Interface(SimpleNamespace(loop=SimpleNamespace(kernel=SimKernel())), "x", Leaving(), Supervisord(None))
    with pytest.raises(RuntimeError, match="SystemExit: 1"):
        interface.methods()
    for name, status in (("touched", 1), ("value", 2)):
        with pytest.raises(RuntimeError, match=f"SystemExit: {status}"):
            list(interface.call(name, ()))
    with pytest.raises(RuntimeError, match="GeneratorExit"):
        list(interface.call("ended", ()))
    steps = interface.call("value", ())
    steps.close()  # a client that has left is no such thing
