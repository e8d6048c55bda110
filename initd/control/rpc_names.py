"""How clients name processes and groups (supervisord-4.3 §5.3), and the other kinds of parameters they pass.

`name` is a process in the group of the same name, `group:process` any other, `group:*` and `group:` a whole group.
"""

from __future__ import annotations

from initd.control.faults import Fault, fault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from initd.control.daemon import Daemon, GroupView, ProcessView


def split_name(name: Any) -> tuple[str, str | None]:
    """(group, process), with None for a whole group; INCORRECT_PARAMETERS unless it is a string."""
    if not isinstance(name, str):
        raise fault(Fault.INCORRECT_PARAMETERS)
    group, colon, process = name.partition(":")
    if not colon:
        return name, name
    return group, None if process in ("", "*") else process


def join_name(group: str, process: str) -> str:
    """The shortest name of a process."""
    return process if group == process else f"{group}:{process}"


def find_process(daemon: Daemon, name: Any) -> ProcessView:
    """The live process of that name; BAD_NAME if there is none or it names a group."""
    group, process = split_name(name)
    view = None if process is None else daemon.process(group, process)
    if view is None:
        raise fault(Fault.BAD_NAME, name)
    return view


def find_group(daemon: Daemon, name: Any, asked: Any = None) -> GroupView:
    """The live group of that name; BAD_NAME, which repeats `asked`, or the name itself."""
    view = daemon.group(text_of(name))
    if view is None:
        raise fault(Fault.BAD_NAME, name if asked is None else asked)
    return view


def text_of(name: Any) -> str:
    """A group name as there, where any simple value may be one; INCORRECT_PARAMETERS for arrays and structs."""
    if isinstance(name, (list, dict)):
        raise fault(Fault.INCORRECT_PARAMETERS)
    return str(name)


def integer(value: Any) -> int:
    """A number, also one that is spelled out in a string; INCORRECT_PARAMETERS."""
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        raise fault(Fault.INCORRECT_PARAMETERS) from None
