"""The suites that are played as `lifecycle_run` plays them, and their outcomes: ours live, stock's as recorded."""

from __future__ import annotations

import difflib
import fcntl
import json
import os
import pickle
import pprint
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.conformance import lifecycle_tables
from tests.conformance.golden import HOWTO, ROOT, Suite, plain
from tests.conformance.lifecycle_steps import Scenario

DRIVER = ("lifecycle_lines", "lifecycle_log", "lifecycle_run", "lifecycle_side", "lifecycle_steps")
ASPECTS = ("answers", "files", "log", "states")
Outcomes = dict[str, dict[str, Any]]
"""By kind (`stock`, `initd`) and name of the scenario: what each aspect has to show."""


def _run(suite: str, wanted: Mapping[str, Sequence[str]], result: Path) -> Outcomes:
    command = [sys.executable, "-m", "tests.conformance.lifecycle_run", str(result), suite]
    subprocess.run(command, cwd=ROOT, input=json.dumps(wanted), text=True, check=True, start_new_session=True)
    outcomes: Outcomes = plain(pickle.loads(result.read_bytes()))
    return outcomes


def suite(name: str, *driver: str) -> Suite:
    """That suite, of the scenarios that need not be asked live."""

    scenarios = {scenario.name: scenario for scenario in lifecycle_tables.SUITES[name] if not scenario.live}
    whole = {
        each: (scenario, shared) if (shared := shares(scenario)) else scenario for each, scenario in scenarios.items()
    }

    def play(names: Sequence[str]) -> Mapping[str, Any]:
        with tempfile.TemporaryDirectory() as folder:
            stock = _run(name, {"stock": names}, Path(folder) / "outcomes")["stock"]
        if troubled := {each: outcome["trouble"] for each, outcome in stock.items() if outcome["trouble"]}:
            raise RuntimeError(f"stock could not be asked: {pprint.pformat(troubled)}")
        return {
            each: {key: stock[each][key] for key in stock[each] if key not in scenarios[each].skip} for each in names
        }

    return Suite(name, whole, (*DRIVER, *driver), play)


def shares(scenario: Scenario) -> dict[str, Any]:
    """The files of many scenarios that this one uses."""
    texts = [scenario.programs, *(str(text) for text, _ in scenario.files.values())]
    return {name: file for name, file in lifecycle_tables.SHARED_FILES.items() if any(name in text for text in texts)}


def outcomes(suite: Suite, folder: Path) -> Outcomes:
    """What all scenarios have shown; of several test processes one runs them for all."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    result = folder / f"{suite.name}.outcomes"
    scenarios = lifecycle_tables.SUITES[suite.name]
    recorded = suite.recorded() if os.geteuid() == 0 else {}
    ours, live = [s.name for s in scenarios], [s.name for s in scenarios if s.live or os.geteuid()]
    with Path(f"{result}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not result.exists():
            _run(suite.name, {"initd": ours, "stock": live}, result)
    found = plain(pickle.loads(result.read_bytes()))
    return {"initd": found["initd"], "stock": recorded | found["stock"]}


def compare(outcomes: Outcomes, scenario: Scenario, aspect: str) -> None:
    """AssertionError unless initd shows what stock showed, or what the scenario says it shows instead."""
    assert scenario.name in outcomes["stock"], HOWTO
    stock, ours = outcomes["stock"][scenario.name], outcomes["initd"][scenario.name]
    assert not ours["trouble"]
    assert not stock["trouble"]
    if aspect in scenario.differs:
        row, expected = scenario.differs[aspect]
        assert expected is None or ours[aspect] == plain(expected), row
        assert ours[aspect] != stock[aspect], f"{row} is not needed here any more"
        return
    assert ours[aspect] == stock[aspect], differences(ours[aspect], stock[aspect])


def differences(ours: Any, stock: Any) -> str:
    """The lines that differ, initd's with +, stock's with -."""
    texts = [pprint.pformat(value, width=200).splitlines() for value in (stock, ours)]
    return "\n".join(line for line in difflib.unified_diff(*texts, "stock", "initd", n=0, lineterm=""))
