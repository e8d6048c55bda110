"""The same plugins under the stock supervisord and under ours: the same answers, the same faults, call by call.

Three are from PyPI, unchanged; one of our own does everything wrong that a plugin can.
"""

from __future__ import annotations

import sys
import xmlrpc.client
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest

from tests.conformance.rpc_script import Await, Call
from tests.conformance.stock import OURS, STOCK, Daemon, start, until
from tests.conformance.test_rpc import ask, normal
from tests.plugins import probe

pytestmark = pytest.mark.xdist_group("plugins")

SECTIONS = """
[eventlistener:own]
command = {python} %(here)s/listener.py %(here)s/own.told
events = PROBE
[eventlistener:remote]
command = {python} %(here)s/listener.py %(here)s/remote.told
events = remote_communication
[rpcinterface:probe]
supervisor.rpcinterface_factory = tests.plugins.probe:make
word = value
NUMBER = 5
[rpcinterface:system]
supervisor.rpcinterface_factory = tests.plugins.probe:make
[rpcinterface:twiddler]
supervisor.rpcinterface_factory = supervisor_twiddler.rpcinterface:make_twiddler_rpcinterface
[rpcinterface:guarded]
supervisor.rpcinterface_factory = supervisor_twiddler.rpcinterface:make_twiddler_rpcinterface
whitelist = getAPIVersion, log
[rpcinterface:cache]
supervisor.rpcinterface_factory = supervisor_cache.rpcinterface:make_cache_rpcinterface
[rpcinterface:twin]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[program:cat]
command = cat
stdout_logfile = %(here)s/cat.log
[program:idle]
command = cat
autostart = false
[group:pair]
programs = one,two
priority = 7
[program:one]
command = cat
[program:two]
command = cat
autostart = false
autorestart = false
"""

SECTIONS = SECTIONS.replace("{python}", sys.executable)
LISTENER = """
import sys
while True:
    sys.stdout.write("READY\\n")
    sys.stdout.flush()
    words = dict(word.split(":") for word in sys.stdin.readline().split())
    payload = sys.stdin.read(int(words["len"]))
    with open(sys.argv[1], "a") as told:
        told.write(f"{words['eventname']} {payload!r}\\n")
    sys.stdout.write("RESULT 2\\nOK")
    sys.stdout.flush()
"""


def c(method: str, *params: Any) -> Call:
    return Call(method, params)


OPTIONS = {"command": "cat"}
TWO = {"command": "cat", "numprocs": 2, "process_name": "%(program_name)s_%(process_num)d", "autostart": False}
NAMES = "configured echo optional untagged fault value inherited static of_class Nested attribute nope _private later".split()
SCRIPT = [
    c("system.listMethods"),
    *[c("system.methodHelp", f"probe.{name}") for name in NAMES],
    *[c("system.methodSignature", f"probe.{name}") for name in NAMES],
    *[
        c(f"system.{about}", name)
        for about in ("methodHelp", "methodSignature")
        for name in (
            "cache.store",
            "cache.fetch",
            "twiddler.addProgramToGroup",
            "guarded.log",
            "cache.no",
            "no.cache",
            "probe",
        )
    ],
    c("twin.getState"),
    c("probe.configured"),
    *[c("probe.value", name) for name in [*probe.VALUES, "object", "missing"]],
    *[c("probe.echo", value) for value in ("x", 5, True, 1.5, [1, ["a"]], {"a": [1]}, xmlrpc.client.Binary(b"abc"))],
    c("probe.echo"),
    c("probe.echo", 1, 2),
    c("probe.optional", "a"),
    c("probe.optional", "a", "b"),
    c("probe.fault", 10, "extra"),
    c("probe.fault", 999, "extra"),
    c("probe.bare_fault"),
    c("probe.foreign_fault"),
    c("probe.type_error"),
    c("probe.value_error"),
    c("probe.leave"),
    *[c("probe.give_up", name) for name in ("interrupt", "generator", "exit")],
    c("system.state"),
    c("probe.slow"),
    *[
        c(f"probe.{name}")
        for name in "inherited static of_class Nested attribute supervisord nope _private __init__".split()
    ],
    c("probe.configured.x"),
    c("probe."),
    c("probe"),
    c("nope.x"),
    c("probe.later", 0),
    c("probe.later", 3),
    c("probe.later_fault"),
    c("probe.later_error"),
    c("probe.later_without_delay"),
    c("probe.state"),
    c("probe.groups"),
    c("probe.process", "cat", "cat"),
    c("probe.process", "pair", "two"),
    c("probe.process", "pair", "three"),
    c("probe.type", "cat", "cat", "hello"),
    c("probe.type", "idle", "idle", "hello"),
    c("probe.say", "100 % so"),
    c("probe.heard"),
    c("probe.tell", "something"),
    c("sendRemoteCommEvent", "type", "data"),
    c("probe.heard"),
    c("probe.options"),
    c("probe.servers"),
    c("probe.groups_configured"),
    c("probe.unstopped", "pair"),
    c("probe.spawn", "idle", "idle"),
    Await("idle", "RUNNING"),
    c("probe.spawn", "idle", "idle"),
    c("probe.remove_group", "idle"),
    c("probe.stop", "idle", "idle"),
    Await("idle", "STOPPED"),
    c("probe.remove_group", "idle"),
    c("getProcessInfo", "idle"),
    c("probe.remove_group", "idle"),
    c("probe.add_group", "idle"),
    c("probe.add_group", "idle"),
    c("probe.process", "idle", "idle"),
    c("startProcess", "pair:two"),
    c("probe.unstopped", "pair"),
    c("probe.hang_up", "pair", "two"),
    Await("pair:two", "EXITED"),
    c("startProcess", "pair:two"),
    c("probe.kill", "pair", "two", 9),
    Await("pair:two", "EXITED"),
    c("probe.in_order"),
    c("probe.stop_all", "pair"),
    Await("pair:one", "STOPPED"),
    c("probe.unstopped", "pair"),
    c("startProcessGroup", "pair"),
    # cache
    c("cache.getAPIVersion"),
    c("cache.store", "a", "b"),
    c("cache.fetch", "a"),
    c("cache.fetch", "z"),
    c("cache.fetch", ""),
    c("cache.fetch", 5),
    c("cache.fetch"),
    c("cache.store", "d", xmlrpc.client.DateTime("20200101T10:10:10")),
    c("cache.store", "l", [1, {"a": 2.5}]),
    c("cache.fetch", "l"),
    c("cache.getKeys"),
    c("cache.delete", "a"),
    c("cache.getCount"),
    c("cache.clear"),
    c("cache.getCount"),
    c("cache.cache"),
    # twiddler
    c("guarded.getAPIVersion"),
    c("guarded.getGroupNames"),
    c("guarded.log", "from the guarded one", "ERRO"),
    c("twiddler.getAPIVersion"),
    c("twiddler.getGroupNames"),
    c("twiddler.log", "one"),
    c("twiddler.log", "two", "warn"),
    c("twiddler.log", "three", 40),
    c("twiddler.log", "four", "nope"),
    c("twiddler.log", "five", 7),
    c("twiddler.log"),
    c("twiddler.addProgramToGroup", "cat", "dog", OPTIONS),
    c("twiddler.addProgramToGroup", "cat", "dog", OPTIONS),
    c("twiddler.addProgramToGroup", "nope", "dog", OPTIONS),
    c("twiddler.addProgramToGroup", "cat", "bad", {"commad": "cat"}),
    c("twiddler.addProgramToGroup", "cat", "bad", {"command": "cat", "startsecs": "x"}),
    c("twiddler.addProgramToGroup", "cat", "bad", {"command": "cat", "autorestart": "maybe"}),
    c("twiddler.addProgramToGroup", "cat", "bad", {"command": "%(nope)s"}),
    c("twiddler.addProgramToGroup", "cat", "bad", {"command": "cat", "numprocs": "2"}),
    c("twiddler.addProgramToGroup", "cat", "a:b", OPTIONS),
    c("twiddler.addProgramToGroup", "cat", "bad", "no struct"),
    c("twiddler.addProgramToGroup", "cat", "bad", {}),
    c("twiddler.addProgramToGroup", "cat"),
    c("twiddler.addProgramToGroup", "pair", "many", TWO),
    Await("cat:dog", "RUNNING"),
    c("probe.groups"),
    c("probe.process", "cat", "dog"),
    c("getProcessInfo", "pair:many_1"),
    c("startProcess", "pair:many_1"),
    c("reloadConfig"),
    c("twiddler.removeProcessFromGroup", "cat", "dog"),
    c("stopProcess", "cat:dog"),
    c("twiddler.removeProcessFromGroup", "cat", "dog"),
    c("twiddler.removeProcessFromGroup", "cat", "dog"),
    c("twiddler.removeProcessFromGroup", "nope", "dog"),
    c("twiddler.removeProcessFromGroup", "pair", "many_0"),
    c("getProcessInfo", "cat:dog"),
    *[c("stopProcess", f"pair:{name}") for name in ("two", "many_1", "one")],
    c("stopProcessGroup", "pair"),
    c("probe.heard"),
    c("removeProcessGroup", "pair"),
    c("addProcessGroup", "pair"),
    Await("pair:one", "RUNNING"),
    c("probe.heard"),
    c("probe.groups"),
    c(
        "system.multicall",
        [
            {"methodName": "cache.store", "params": ["m", "n"]},
            {"methodName": "cache.fetch", "params": ["m"]},
            {"methodName": "cache.fetch"},
            {"methodName": "cache.nope"},
            {"methodName": "probe.value", "params": ["tuple of one"]},
            {"methodName": "probe.value_error"},
            {"methodName": "probe.foreign_fault"},
            *({"methodName": "probe.give_up", "params": [name]} for name in ("interrupt", "generator", "exit")),
            {"methodName": "probe.leave"},
            {"methodName": "probe.later", "params": [2]},
            {"methodName": "probe.later_fault"},
            {"methodName": "probe.later_error"},
            {"methodName": "supervisor.getAPIVersion"},
        ],
    ),
    c("system.multicall", [{"methodName": "probe.value", "params": ["none"]}]),
    c("probe.end"),
]
CALLS = [step for step in SCRIPT if isinstance(step, Call)]
SAID = ("100 % so it is", "100 % so", "from the guarded one", "one", "two", "three")


def converse(daemon: Daemon) -> list[Any]:
    for name in ("cat", "pair:one", "own", "remote"):
        daemon.wait_for_state(name, "RUNNING")
    answers = []
    for step in SCRIPT:
        if isinstance(step, Await):
            daemon.wait_for_state(step.name, step.state)
        else:
            answers.append(normal(ask(daemon, step), daemon))
    return answers


def said(daemon: Daemon) -> list[str]:
    """What plugins have written into the main log."""
    lines = [line[24:] for line in (daemon.folder / "main.log").read_text().splitlines()]
    return [line for line in lines if line.partition(" ")[2] in SAID]


@pytest.fixture(scope="module")
def daemons(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Daemon, Daemon]]:
    folder = tmp_path_factory.mktemp("plugins")
    server = "username = user\npassword = secret"
    for side in ("stock", "ours"):
        (folder / side).mkdir()
        (folder / side / "listener.py").write_text(LISTENER)
    with ExitStack() as stack:
        yield (
            stack.enter_context(start(STOCK, folder / "stock", SECTIONS, server)),
            stack.enter_context(start(OURS, folder / "ours", SECTIONS, server)),
        )


@pytest.fixture(scope="module")
def answers(daemons: tuple[Daemon, Daemon]) -> tuple[list[Any], list[Any]]:
    with ThreadPoolExecutor(2) as pool:
        stock, ours = pool.map(converse, daemons)
    return stock, ours


@pytest.mark.parametrize("index", range(len(CALLS)), ids=[f"{index}-{call.method}" for index, call in enumerate(CALLS)])
def test_a_plugin_answers_as_under_the_stock_daemon(answers: tuple[list[Any], list[Any]], index: int) -> None:
    stock, ours = answers
    assert ours[index] == stock[index]


def test_plugins_have_said_the_same_in_the_log(
    daemons: tuple[Daemon, Daemon], answers: tuple[list[Any], list[Any]]
) -> None:
    stock, ours = map(said, daemons)
    assert ours == stock
    assert len(ours) == 6


def test_what_a_plugin_wrote_to_a_program_has_arrived(
    daemons: tuple[Daemon, Daemon], answers: tuple[list[Any], list[Any]]
) -> None:
    for daemon in daemons:
        until("the text", lambda daemon=daemon: (daemon.folder / "cat.log").read_text() == "hello")


def test_what_a_plugin_tells_of_reaches_the_listeners_of_its_own_type_and_of_what_that_is_derived_from(
    daemons: tuple[Daemon, Daemon], answers: tuple[list[Any], list[Any]]
) -> None:
    expected = {
        "own": ["PROBE 'probe:something'"],
        "remote": ["PROBE_REMOTE 'type:kind\\nsomething'", "REMOTE_COMMUNICATION 'type:type\\ndata'"],
    }
    for daemon in daemons:
        for name, lines in expected.items():
            path = daemon.folder / f"{name}.told"
            until(f"{name} of {daemon.folder}", lambda path=path: path.exists() and len(path.read_text().splitlines()))
            until("all of it", lambda path=path, lines=lines: path.read_text().splitlines() == lines)
