"""The XML-RPC conversation as a suite: one call after the other with one daemon, stock's answers recorded."""

from __future__ import annotations

import re
import tempfile
import xmlrpc.client
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

from tests.conformance.golden import Suite, plain
from tests.conformance.rpc_script import PROGRAMS, SCRIPT, SHUTDOWN, STUBBORN, Await, Call
from tests.conformance.stock import STOCK, Daemon, start, until

SERVER = "username = user\npassword = secret"


def ask(daemon: Daemon, call: Call) -> Any:
    """The value, or what went wrong: ("fault", code, text) or ("http", status)."""
    transport = SupervisorTransport("user", "secret", f"unix://{daemon.socket}")
    name = (
        call.method if "." in call.method and not call.method.startswith("getState.") else f"supervisor.{call.method}"
    )
    request = xmlrpc.client.dumps(call.params, name)
    try:
        return transport.request("localhost", "/RPC2", request)[0]
    except xmlrpc.client.Fault as fault:
        return ("fault", fault.faultCode, fault.faultString)
    except xmlrpc.client.ProtocolError as error:
        return ("http", error.errcode)
    finally:
        transport.close()


def normal(value: Any, daemon: Daemon) -> Any:
    """The value without what cannot be the same twice."""
    if isinstance(value, dict):
        return {name: passing(name, normal(item, daemon)) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return unhurried([normal(item, daemon) for item in value])
    if isinstance(value, str):
        value = value.replace(str(daemon.folder), "FOLDER").replace(str(daemon.process.pid), "PID")
        value = re.sub(r"pid \d+, uptime [\d:]+", "pid N, uptime T", value)
        value = re.sub(r"[A-Z][a-z][a-z] \d\d \d\d:\d\d [AP]M", "DATE", value)
        return re.sub(r"supervisor-\w{8}\.log", "supervisor-RANDOM.log", value)
    return value


def unhurried(items: list[Any]) -> list[Any]:
    """Result structs by name: in what order programs die is theirs to say, even with one daemon alone."""
    structs = [item for item in items if isinstance(item, dict) and "status" in item]
    return sorted(items, key=lambda item: (item["group"], item["name"])) if structs and structs == items else items


def passing(name: str, value: Any) -> Any:
    return value > 0 if name in ("pid", "now", "start", "stop") else value


def converse(command: Sequence[str], folder: Path) -> list[Any]:
    """What that daemon answers, call by call."""
    answers = []
    with start(command, folder, PROGRAMS + STUBBORN, SERVER) as daemon:
        for step in [*SCRIPT, *SHUTDOWN]:
            if isinstance(step, Await):
                daemon.wait_for_state(step.name, step.state)
                continue
            answers.append(plain(normal(ask(daemon, step), daemon)))
            if step.params[:1] == ("stubborn",):
                until("the stubborn program ignores TERM", (daemon.folder / "stubborn").exists)
    return answers


def _play(names: Sequence[str]) -> Mapping[str, list[Any]]:
    with tempfile.TemporaryDirectory() as folder:
        return {name: converse(STOCK, Path(folder)) for name in names}


SCENARIOS = {"conversation": (PROGRAMS, STUBBORN, SERVER, SCRIPT, SHUTDOWN)}
SUITE = Suite("rpc", SCENARIOS, ("rpc_suite", "stock"), _play)
