"""A real kernel for each test, and children of it that no test leaves behind."""

from __future__ import annotations

import contextlib
import os
import signal
from typing import TYPE_CHECKING

import pytest

from initd.kernel.linux import LinuxKernel
from tests.unit.kernel.launching import PATIENCE_NS, Launcher, threads

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def kernel() -> Iterator[LinuxKernel]:
    before = {number: signal.getsignal(number) for number in signal.valid_signals()}
    threads_before = threads()
    made = LinuxKernel()
    made.catch_signals([signal.SIGCHLD])
    yield made
    made.release()
    deadline = made.mono() + PATIENCE_NS
    while threads() > threads_before:
        assert made.mono() < deadline, "a worker thread outlives its test"
    for number, handler in before.items():
        if signal.getsignal(number) != handler:
            signal.signal(number, handler)


@pytest.fixture
def launch(kernel: LinuxKernel) -> Iterator[Launcher]:
    launcher = Launcher(kernel)
    yield launcher
    for child in launcher.launched:
        with contextlib.suppress(ProcessLookupError):
            kernel.killpg(child.pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(child.pid, 0)
        child.close()
