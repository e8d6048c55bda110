"""Runs one contract on Linux: `python -S worker.py ROOT FILE FUNCTION ROLE`, as PID 1 of a pid namespace.

In the role of a child it leaves a plain reaper behind as PID 1. Whatever the contract leaves behind ends with the
namespace; who is not root has none, and only the contracts in the role of a child. Exit status 0 is a contract that
holds; otherwise stderr says why.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import traceback

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from tests.contract.linux_world import LinuxWorld


def main(root: str, file: str, function: str, role: str) -> None:
    """Hold the contract; does not return."""
    sys.path[0] = root
    if os.getpgrp() != os.getpid():
        os.setsid()
    if role == "child" and os.getpid() == 1:
        _leave_init_behind()
        os.setsid()
    os._exit(_hold(_load(file, function)))


def _load(file: str, function: str) -> Callable[[Any], None]:
    specification = importlib.util.spec_from_file_location("contracts_here", file)
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    found: Callable[[Any], None] = getattr(module, function)
    return found


def _leave_init_behind() -> None:
    """Go on as PID 2 of the namespace; PID 1 reaps what it is left and ends with us."""
    pid = os.fork()
    if pid:
        while True:
            ended, status = os.wait()
            if ended == pid:
                os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def _end_children(world: LinuxWorld) -> None:
    """Outside a namespace nobody else ends what a contract leaves behind."""
    world.kernel.become_subreaper()
    while pids := world.kernel.children():
        for pid in pids:
            world.kernel.kill(pid, 9)
            world.reap(pid)


def _hold(body: Callable[[Any], None]) -> int:
    from tests.contract.linux_world import LinuxWorld

    world = LinuxWorld()
    try:
        body(world)
    except BaseException:
        error = traceback.TracebackException(*sys.exc_info(), capture_locals=True)  # type: ignore[arg-type]
        os.write(2, "".join(error.format()).encode())
        return 1
    finally:
        if os.getppid() > 1:
            _end_children(world)
        shutil.rmtree(world.directory, ignore_errors=True)
    return 0


if __name__ == "__main__":
    main(*sys.argv[1:])
