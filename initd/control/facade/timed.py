"""Calls into plugins, measured: they run on the loop, so everything else waits for them."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from initd.control.daemon import Daemon

SLOW_NS = 100_000_000
"""What takes longer than that is logged."""


def timed(daemon: Daemon, name: str, call: Callable[..., Any], *arguments: Any) -> Any:
    """The result of a plugin's code, called `name` in the log if it was slow; raises what that raises."""
    begun_ns = daemon.loop.kernel.mono()
    try:
        return call(*arguments)
    finally:
        took_ns = daemon.loop.kernel.mono() - begun_ns
        if took_ns > SLOW_NS:
            daemon.log("warn", f"plugin call {name} took {took_ns // 1_000_000} ms, and everything else waited for it")
