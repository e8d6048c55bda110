"""What `initd -v` and `-w` say: how CMD ended, each signal, each orphan; on standard error, since output is CMD's."""

from __future__ import annotations

from initd.signals import signal_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from initd.reaper.options import Remark


def native(verbose: int, warn_on_reap: bool) -> Remark:
    """The remarks (options) of an init with that many -v, and -w or not."""

    def line(event: str, first: int, second: int) -> str:
        if event == "reaped" and (warn_on_reap or verbose > 1):
            return f"reaped orphan {first}"
        if event == "started" and verbose:
            return f"started CMD as pid {first}"
        if event == "passed" and verbose > 1:
            return f"{signal_name(first)}: " + (f"passed on as {signal_name(second)}" if second else "dropped")
        if event == "exited" and verbose:
            return f"CMD exited with status {second}"
        return f"CMD was ended by {signal_name(second)}" if event == "died" and verbose else ""

    def remark(event: str, first: int, second: int) -> list[tuple[int, str]]:
        said = line(event, first, second)
        return [(2, f"initd: {said}\n")] if said else []

    return remark
