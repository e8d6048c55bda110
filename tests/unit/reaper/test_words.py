"""Every call of another init that is on record (tests/e2e/test_init_peers.py) ends here with its status and its words.

There the inits are asked side by side; here the same plans run on the simulated kernel.
"""

from __future__ import annotations

import json
import re
import shlex
import signal
from pathlib import Path

import pytest

from initd.kernel.command import Command
from initd.reaper import catatonit, dumb_init, tini
from initd.reaper.getopt import Caller, Ends
from initd.reaper.options import SECOND_NS
from initd.reaper.run import Run
from sim.kernel import SimKernel
from sim.kernel.init import SimInit

RECORD: dict[str, dict[str, tuple[int, str, str]]] = json.loads(
    (Path(__file__).resolve().parents[2] / "golden" / "inits.json").read_text()
)
PLANS = {"tini": tini.plan, "docker-init": tini.plan, "dumb-init": dumb_init.plan, "catatonit": catatonit.plan}
PIDS = re.compile(r"(PID |pid[ =:]+'?|\(|catatonit:)(?:\d+|N)")
BOTH_AT_ONCE = re.compile(r"(\[dumb-init\] Child spawned .*\n)(\[dumb-init\] setsid complete.\n)")
ERRORS = {"zzzz": "ENOENT", "--": "ENOENT", "--foo": "ENOENT", "/etc": "EACCES"}


def steps(words: list[str]) -> list[object]:
    """What a command of the record does."""
    if words[0] in ERRORS:
        return [["exec-error", ERRORS[words[0]]]]
    if words[0] != "sh":
        return [["exit", {"true": 0, "false": 1}[words[0]]]]
    what, *more = words[-1].split()
    if what == "exit":
        return [["exit", int(more[0])]]
    number = int(more[0][1:]) if len(more) > 1 else 15
    return [["default", number], ["raise", number]]


class Heard(SimInit):
    """The init, with what is written to its standard output and errors."""

    def __init__(self, kernel: SimKernel) -> None:
        super().__init__(kernel)
        self.written = {1: "", 2: ""}

    def say(self, text: str, fd: int = 2) -> None:
        self.written[fd] += text

    def start(self, command: Command) -> int:
        pid = super().start(command)
        self.written[2] += "".join(self.said)
        self.said.clear()
        return pid


def answer(name: str, text: str, first: bool) -> tuple[int, str, str]:
    words = shlex.split(text)
    environ = dict(word.split("=", 1) for word in words if re.match(r"[A-Z_]+=", word))
    pid = 1 if first else 40
    caller = Caller(
        name,
        [word for word in words if word.partition("=")[0] not in environ],
        {key.encode(): value.encode() for key, value in environ.items()},
        pid,
        signal.strsignal,
    )
    try:
        plan = PLANS[name](caller)
    except Ends as end:
        return end.code, end.out, end.err
    kernel = SimKernel(programs=steps([*plan.command]), pid=pid, until_ns=100 * SECOND_NS)
    kernel.files.program(plan.command[0])
    init = Heard(kernel)
    return Run(init, plan).run(), init.written[1], init.written[2]


def plain(said: tuple[int, str, str]) -> tuple[int, str, str]:
    code, *texts = said
    out, err = (PIDS.sub(r"\1N", text).replace("docker-init", "tini") for text in texts)
    return code, out, BOTH_AT_ONCE.sub(r"\2\1", err)


CALLS = [(name, call) for name, calls in RECORD.items() for call in calls if "kill\\ -40" not in call]
"""A step of a simulated command raises no realtime signal."""


@pytest.mark.parametrize(("name", "call"), CALLS, ids=[f"{name} {call}" for name, call in CALLS])
def test_a_call_ends_as_it_did_with_the_other_init(name: str, call: str) -> None:
    text, _, place = call.rpartition(" # ")
    code, out, err = RECORD[name][call]
    assert plain(answer(name, text, place == "pid 1")) == plain((code, out, err))
