"""What event listeners are told while the daemon ends: the same as by the stock daemon, although ours ends sooner."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.conformance.stock import OURS, PATIENCE_S, STOCK, start, until

LISTENER = """\
import signal, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)  # whatever was sent before the signal is told
told = open(sys.argv[1], "a", buffering=1)
while True:
    print("READY", flush=True)
    head = dict(word.split(":") for word in sys.stdin.readline().split())
    payload = sys.stdin.read(int(head["len"]))
    told.write(" ".join([head["eventname"], *payload.split()[:1]]) + "\\n")
    print("RESULT 2\\nOK", end="", flush=True)
"""
PROGRAM = "[program:{name}]\ncommand=/bin/cat\nstartsecs=0\npriority={priority}\nautostart={runs}\n"
POOL = """\
[eventlistener:ear]
command={python} -S ear.py events
events=SUPERVISOR_STATE_CHANGE,PROCESS_STATE_STOPPED
startsecs=0
stopwaitsecs=1
priority={priority}
"""
CASES: dict[str, tuple[Sequence[tuple[str, int, bool]], int, str]] = {
    "nothing else runs": ([("a", 1, False), ("b", 2, False)], -1, ""),
    "one program": ([("a", 1, True)], -1, ""),
    "several programs": ([("a", 1, True), ("b", 2, True), ("c", 3, True), ("d", 4, True)], -1, "dcb"),
    "the last program is down": ([("a", 1, False), ("b", 2, True), ("c", 3, True)], -1, "cb"),
    "listeners in the middle": ([("a", 1, True), ("b", 5, True), ("c", 6, True)], 3, "c"),
    "listeners first": ([("a", 1, True), ("b", 2, True)], 9, ""),
}
"""The programs as (name, priority, whether it runs); the priority of the listeners; whose ends they hear of."""


def _told(command: Sequence[str], folder: Path, programs: Sequence[tuple[str, int, bool]], priority: int) -> list[str]:
    """The events a listener takes that is told of programs that stop, and of the daemon."""
    text = "".join(PROGRAM.format(name=name, priority=number, runs=str(runs).lower()) for name, number, runs in programs)
    folder.mkdir()
    (folder / "ear.py").write_text(LISTENER)
    with start(command, folder, text + POOL.format(python=sys.executable, priority=priority)) as daemon:
        for name, _, runs in programs:
            if runs:
                daemon.wait_for_state(name, "RUNNING")
        until("it hears of the start", lambda: (folder / "events").exists() and (folder / "events").read_text())
        daemon.rpc.shutdown()
        assert daemon.process.wait(PATIENCE_S) == 0
    return (folder / "events").read_text().splitlines()


@pytest.mark.parametrize("name", CASES)
def test_listeners_hear_at_the_end_what_stock_tells_them(tmp_path: Path, name: str) -> None:
    programs, priority, heard = CASES[name]
    stock, ours = (_told(each, tmp_path / place, programs, priority) for each, place in ((STOCK, "stock"), (OURS, "ours")))
    whole = ["SUPERVISOR_STATE_CHANGE_RUNNING"]
    if name != "listeners first":
        whole.append("SUPERVISOR_STATE_CHANGE_STOPPING")
    whole += [f"PROCESS_STATE_STOPPED processname:{each}" for each in heard]
    assert ours == whole
    # There a listener that has not answered by the end of the next program hears no more: on a busy machine that happens.
    assert stock == whole[: len(stock)] and len(stock) >= len(whole) - len(heard)
