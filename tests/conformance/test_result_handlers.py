"""A result handler of one's own under the stock supervisord and under ours: it is told the same, and it is obeyed alike."""

from __future__ import annotations

import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conformance.stock import OURS, STOCK, Daemon, start, until

LISTENER = """
import sys
seen = set()
while True:
    sys.stdout.write("READY\\n")
    sys.stdout.flush()
    words = dict(word.split(":") for word in sys.stdin.readline().split())
    payload = sys.stdin.read(int(words["len"]))
    answer = payload.partition("\\n")[2] if words["eventname"] == "REMOTE_COMMUNICATION" else "OK"
    if words["serial"] in seen:
        answer = "OK"
    seen.add(words["serial"])
    if "leaves" in sys.argv[1]:
        answer = answer.replace("BREAK", "LEAVE")
    answer = (answer + " " + sys.argv[1]).encode()
    sys.stdout.write(f"RESULT {len(answer)}\\n{answer.decode()}")
    sys.stdout.flush()
"""
POOL = """
[eventlistener:{name}]
command = {python} %(here)s/listener.py %(here)s/{name}.told
events = {events}
result_handler = tests.plugins.probe:judge
buffer_size = 100
priority = {priority}
"""  # of one priority, they would get one another's rejected events from supervisord (D13)
SECTIONS = """
[program:idle]
command = cat
autostart = false
startsecs = 0
[program:late]
command = cat
autostart = false
"""
SAID = re.compile("event was rejected|event caused an error|has entered the UNKNOWN")


def converse(daemon: Daemon) -> tuple[list[str], list[str]]:
    """What the handlers were told, and what the log says of their judgements."""
    told = daemon.folder / "states.told"
    for name in ("states", "breaks", "leaves"):
        daemon.wait_for_state(name, "RUNNING")

    def come(text: str) -> None:
        until(text, lambda: told.exists() and text in told.read_text())

    come("states")
    daemon.rpc.startProcess("idle")
    daemon.rpc.stopProcess("idle")
    daemon.rpc.removeProcessGroup("late")
    daemon.rpc.addProcessGroup("late")
    come("ProcessGroupAddedEvent bytes 'groupname:late")
    for pool in ("breaks", "leaves"):
        until(f"{pool} is ready", lambda pool=pool: (daemon.folder / f"{pool}.told").exists())
    daemon.rpc.sendRemoteCommEvent("kind", "REJECT")
    come("type:kind")
    until("the second time", lambda: told.read_text().count("type:kind") == 2)
    daemon.rpc.sendRemoteCommEvent("breaks", "BREAK")
    log = daemon.folder / "main.log"
    until("the end of all three", lambda: log.read_text().count("has entered the UNKNOWN") == 3)
    until("all of the last event", lambda: told.read_text().count("type:breaks") == 1)
    lines = [line[24:] for line in log.read_text().splitlines() if SAID.search(line)]
    facts = [text for path in sorted(daemon.folder.glob("*.told")) for text in path.read_text().splitlines()]
    return facts, sorted(lines)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[tuple[list[str], list[str]], tuple[list[str], list[str]]]:
    folder = tmp_path_factory.mktemp("handlers")

    def run(command: tuple[str, ...], where: Path) -> tuple[list[str], list[str]]:
        where.mkdir()
        (where / "listener.py").write_text(LISTENER)
        pools = [
            POOL.format(name=name, python=sys.executable, events=events, priority=priority)
            for name, events, priority in (
                ("states", "PROCESS_STATE,PROCESS_GROUP,SUPERVISOR_STATE_CHANGE,REMOTE_COMMUNICATION", -1),
                ("breaks", "REMOTE_COMMUNICATION,PROCESS_GROUP", -2),
                ("leaves", "REMOTE_COMMUNICATION,PROCESS_GROUP", -3),
            )
        ]
        with start(command, where, "".join(pools) + SECTIONS) as daemon:
            return converse(daemon)

    with ThreadPoolExecutor(2) as pool:
        stock, ours = pool.map(run, (STOCK, OURS), (folder / "stock", folder / "ours"))
    return stock, ours


def test_a_result_handler_is_told_the_same_of_every_kind_of_event(
    found: tuple[tuple[list[str], list[str]], tuple[list[str], list[str]]],
) -> None:
    (stock, _), (ours, _) = found
    assert ours == stock
    assert {line.split()[0] for line in ours} >= {
        "ProcessStateStoppingEvent",
        "ProcessGroupRemovedEvent",
        "RemoteCommunicationEvent",
        "SupervisorRunningEvent",
    }


def test_what_a_result_handler_decides_is_obeyed_in_the_same_way(
    found: tuple[tuple[list[str], list[str]], tuple[list[str], list[str]]],
) -> None:
    (_, stock), (_, ours) = found
    assert ours == stock
    assert "WARN states: event was rejected" in ours and "WARN leaves: event caused an error" in ours
