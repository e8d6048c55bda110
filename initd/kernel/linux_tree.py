"""Who is below us and who is in a session, read from /proc: asked only when CMD has ended or a signal is for many."""

from __future__ import annotations

import posix

PARENT, SESSION = 1, 3
"""Fields of /proc/PID/stat, counted from the state (proc(5))."""


def descendants() -> list[int]:
    """Every process below us, parents before their children, zombies included; [] without a /proc of our namespace."""
    children: dict[int, list[int]] = {}
    for pid, fields in _everybody():
        children.setdefault(int(fields[PARENT]), []).append(pid)
    found, row = [], children.get(posix.getpid(), [])
    while row:
        found += row
        row = [child for pid in row for child in children.get(pid, [])]
    return found


def session(sid: int) -> list[int]:
    """Every process of a session, zombies included; [] without a /proc of our namespace."""
    return [pid for pid, fields in _everybody() if int(fields[SESSION]) == sid]


def _everybody() -> list[tuple[int, list[bytes]]]:
    found = []
    try:
        if posix.readlink("/proc/self") != str(posix.getpid()):  # that of an outer pid namespace, where numbers mean others
            return []
        names = posix.listdir("/proc")
    except OSError:
        return []
    for name in names:
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb", 0) as file:
                    fields = file.read().rpartition(b")")[2].split()
            except OSError:
                continue  # gone meanwhile
            found.append((int(name), fields))
    return found
