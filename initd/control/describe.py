"""What a process looks like to clients: the struct of getProcessInfo and its description (supervisord-4.3 §2.6, §5.5)."""

from __future__ import annotations

from initd.control.times import SECOND_NS, short_time, uptime
from initd.states import ProcessState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from initd.control.daemon import Daemon, ProcessView
    from initd.kernel.port import Kernel


def description(kernel: Kernel, process: ProcessView) -> str:
    """One line for people: since when it is up or down, or why it failed."""
    state = process.state
    if state is ProcessState.RUNNING:
        return f"pid {process.pid}, uptime {uptime(kernel.mono() - process.up_since)}"
    if state in (ProcessState.FATAL, ProcessState.BACKOFF):
        return process.spawnerr or f'unknown error (try "tail {process.name}")'
    if state in (ProcessState.STOPPED, ProcessState.EXITED):
        return short_time(kernel.local_time(process.stop_wall)) if process.start_wall else "Not started"
    return ""


def lasting(daemon: Daemon, process: ProcessView) -> dict[str, Any]:
    """The members that stay as they are until something happens to the process."""
    stdout, stderr = (path or "" for path in daemon.log_paths(process.instance))
    return {
        "name": process.name,
        "group": process.group,
        "start": process.start_wall // SECOND_NS,
        "stop": process.stop_wall // SECOND_NS,
        "state": int(process.state),
        "statename": process.state.name,
        "spawnerr": process.spawnerr,
        "exitstatus": process.exitstatus or 0,
        "logfile": stdout,
        "stdout_logfile": stdout,
        "stderr_logfile": stderr,
        "pid": process.pid,
    }


def passing(kernel: Kernel, process: ProcessView) -> dict[str, Any]:
    """The members that change with the time of day."""
    return {"now": kernel.wall() // SECOND_NS, "description": description(kernel, process)}
