"""The pytest plugin: the examples of docs/simulator.md run as they stand, and it costs nothing until it is used."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings

from sim.children.conditions import Outage, parse
from sim.pytest_plugin import SimulatedDaemon, behaviours, outages

ROOT = Path(__file__).resolve().parents[3]
DOC = (ROOT / "docs" / "simulator.md").read_text()
CONF = "[supervisord]\nlogfile=/var/log/s.log\n[program:p]\ncommand=p\n"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", DOC, re.MULTILINE | re.DOTALL)


def python(*argv: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run([sys.executable, *argv], cwd=cwd, env=env, capture_output=True, text=True, timeout=100)


def test_the_worked_examples_of_the_documentation_pass_as_they_stand(tmp_path):
    (conf,), examples = blocks("ini"), blocks("python")
    assert len(examples) == 2
    (tmp_path / "supervisord.conf").write_text(conf)
    for number, example in enumerate(examples):
        (tmp_path / f"test_example_{number}.py").write_text(example)
    done = python("-m", "pytest", "-q", "-p", "sim.pytest_plugin", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


def test_it_loads_neither_the_simulator_nor_hypothesis_until_it_is_used(tmp_path):
    code = (
        "import sys, pytest; before = set(sys.modules); import sim.pytest_plugin; new = set(sys.modules) - before; "
        "print(sorted(new))"
    )
    assert python("-c", code, cwd=tmp_path).stdout.strip() == "['sim', 'sim.pytest_plugin']"


def test_a_simulation_runs_once_and_knows_its_programs(tmp_path):
    (tmp_path / "s.conf").write_text(CONF)
    daemon = SimulatedDaemon(tmp_path / "s.conf", {"p": "exit 0 after 5s"})
    daemon.run("10s")
    assert daemon.changes("p")[1:] == [(1.000000001, "RUNNING"), (5.0, "EXITED")]
    assert "exited: p" in daemon.log
    with pytest.raises(RuntimeError, match="runs once"):
        daemon.run("1s")
    with pytest.raises(KeyError):
        daemon.changes("q")


@settings(max_examples=30)
@given(what=behaviours("1m"), outage=outages("1m"))
def test_whatever_the_strategies_draw_can_be_said(what, outage):
    assert parse(f"p: {what}")[0] == "p"
    told = parse(f"p: {outage}")[1]
    assert isinstance(told, Outage)
    assert all(last is not None and first < last <= 60_000_000_000 for first, last in told.spans)
