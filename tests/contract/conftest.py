"""Runs every contract in both worlds: simulated in this process, real in one of its own (see `contracts`)."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.contract.contracts import INIT, Contract
from tests.contract.sim_world import SimWorld

ROOT = Path(__file__).resolve().parents[2]
WORKER = Path(__file__).with_name("worker.py")
TIME_LIMIT_S = 60
NAMESPACE = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child=KILL", "--")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each contract once for each of its worlds."""
    if "world" in metafunc.fixturenames:
        terms: Contract = metafunc.function.contract
        metafunc.parametrize("world", terms.worlds, indirect=True)


@pytest.fixture
def world(request: pytest.FixtureRequest) -> SimWorld | None:
    """The simulated world; the real one is made where the contract runs."""
    terms: Contract = request.function.contract
    if request.param == "sim":
        return SimWorld(terms.role)
    if os.geteuid() != 0 and terms.role == INIT:
        pytest.skip("to be PID 1 of a pid namespace takes root")
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """A contract with the real world is run by the worker."""
    terms = getattr(pyfuncitem.function, "contract", None)
    if terms is None or pyfuncitem.funcargs.get("world", ...) is not None:
        return None
    failure = hold_on_linux(pyfuncitem.path, pyfuncitem.originalname, terms.role)
    if failure:
        pytest.fail(failure, pytrace=False)
    return True


def hold_on_linux(file: Path, function: str, role: str) -> str:
    """Run one contract in a process of its own; what it said when it does not hold, else empty."""
    command = [sys.executable, "-S", str(WORKER), str(ROOT), str(file), function, role]
    if os.geteuid() == 0:
        command[:0] = NAMESPACE
    with tempfile.TemporaryFile() as said:
        worker = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, cwd=ROOT, start_new_session=True
        )
        try:
            status = worker.wait(TIME_LIMIT_S)
        except subprocess.TimeoutExpired:
            status = None
        finally:
            worker.kill()
            worker.wait()
        said.seek(0)
        text = said.read().decode(errors="replace")
    if status == 0:
        return ""
    return f"{text}\non Linux {f'status {status}' if status is not None else f'not over after {TIME_LIMIT_S} s'}"
