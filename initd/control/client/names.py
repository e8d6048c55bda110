"""Process names as people write them: `name`, `group:name`, `group:*` (supervisord-4.3 §5.3)."""

from __future__ import annotations


def join(group: str, process: str) -> str:
    """The short form: `name` when group and process share it, else `group:name`."""
    return process if group == process else f"{group}:{process}"


def split(name: str) -> tuple[str, str | None]:
    """Group and process; None for the process means the whole group (`group:*` and `group:`)."""
    group, colon, process = name.partition(":")
    if not colon:
        return name, name
    return group, None if process in ("", "*") else process
