"""Random programs of port calls come to the same on both kernels; one that does not becomes a contract of its own.

The simulated kernel plays a program first; Linux, in a fresh pid namespace, must give each call the same result or errno
and come to the same sight: states of children, readiness, what waits in pipes, what clients received.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings

from tests.contract.contracts import INIT
from tests.contract.fuzz import programs as some
from tests.contract.fuzz.player import play
from tests.contract.sim_world import SimWorld

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SERVER = Path(__file__).parent / "fuzz/server.py"


class Linux:
    """The process that plays programs for real."""

    def __init__(self, folder: str) -> None:
        command = [sys.executable, "-S", str(SERVER), str(ROOT), folder]
        self.server = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, start_new_session=True
        )

    def difference(self, program: list[Any], story: list[Any]) -> str:
        """Where Linux tells another story than that one; empty if nowhere."""
        assert self.server.stdin is not None and self.server.stdout is not None
        self.server.stdin.write(json.dumps([program, story]) + "\n")
        self.server.stdin.flush()
        return str(json.loads(self.server.stdout.readline()))

    def close(self) -> None:
        """Let it end."""
        assert self.server.stdin is not None
        self.server.stdin.close()
        self.server.wait()


@pytest.fixture(scope="module")
def linux() -> Iterator[Linux]:
    folder = tempfile.mkdtemp(prefix="fuzz-")
    made = Linux(folder)
    yield made
    made.close()
    shutil.rmtree(folder, ignore_errors=True)


def check(linux: Linux, program: list[Any]) -> None:
    story = json.loads(json.dumps(play(SimWorld(INIT), program)))
    difference = linux.difference(program, story)
    assert not difference, difference


@settings(deadline=None)
@given(program=some.programs(some.processes, some.streams))
def test_children_signals_and_pipes_behave_alike(linux: Linux, program: list[Any]) -> None:
    check(linux, program)


@settings(deadline=None)
@given(program=some.programs(some.streams, some.connections))
def test_pipes_and_sockets_behave_alike(linux: Linux, program: list[Any]) -> None:
    check(linux, program)


@settings(deadline=None)
@given(program=some.programs(some.files))
def test_files_behave_alike(linux: Linux, program: list[Any]) -> None:
    check(linux, program)


def test_a_difference_is_noticed(linux: Linux) -> None:
    program = [["pipe"], ["write", 0, 5], ["read", 0, 3]]
    story = json.loads(json.dumps(play(SimWorld(INIT), program)))
    assert linux.difference(program, story) == ""
    story[2][1]["pending"]["reader1"] = 1
    sight, result = "pending: simulated {'reader1': 1}, Linux {'reader1': 2}", "simulated 4\n  Linux     5"
    assert linux.difference(program, story) == f"call 2, ['read', 0, 3]:\n  {sight}\n"
    story[1][0] = 4
    assert linux.difference(program, story) == f"call 1, ['write', 0, 5]:\n  {result}"
