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


def info(daemon: Daemon, process: ProcessView) -> dict[str, Any]:
    """The struct of getProcessInfo, its members in supervisord's order."""
    kernel = daemon.loop.kernel
    stdout, stderr = (path or "" for path in daemon.log_paths(process.instance))
    return {
        "name": process.name,
        "group": process.group,
        "start": process.start_wall // SECOND_NS,
        "stop": process.stop_wall // SECOND_NS,
        "now": kernel.wall() // SECOND_NS,
        "state": int(process.state),
        "statename": process.state.name,
        "spawnerr": process.spawnerr,
        "exitstatus": process.exitstatus or 0,
        "logfile": stdout,
        "stdout_logfile": stdout,
        "stderr_logfile": stderr,
        "pid": process.pid,
        "description": description(kernel, process),
    }


def lasting(daemon: Daemon, process: ProcessView) -> tuple[Any, ...]:
    """What `info` is made of but for the time of day: the same until something happens to the process."""
    return (
        process.state,
        process.pid,
        process.start_wall,
        process.stop_wall,
        process.spawnerr,
        process.exitstatus,
        daemon.log_paths(process.instance),
    )


def moment(kernel: Kernel, process: ProcessView) -> tuple[int, int]:
    """And the time of day, as far as it shows."""
    return kernel.wall() // SECOND_NS, (kernel.mono() - process.up_since) // SECOND_NS
