"""Whether the kernel kills for want of memory: the counters of our memory cgroup (v2 and v1), else the machine's."""

from __future__ import annotations

from initd.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from initd.kernel.port import Files

ROOT = "/sys/fs/cgroup"
UNLIMITED = 1 << 60
"""What v1 says for no limit is somewhat more."""


class Kills(Record):
    """So many processes were killed for want of memory, by the counter in `file`; `limit` in bytes, 0 for none."""

    count: int
    file: str
    limit: int = 0


def kills(files: Files) -> Kills | None:
    """The nearest counter that has counted something; None if none has."""
    for counter, limit in _cgroups(files):
        count = _counted(files, counter)
        if count:
            return Kills(count, counter, _limit(files, limit))
    count = _counted(files, "/proc/vmstat")
    return Kills(count, "/proc/vmstat") if count else None


def _cgroups(files: Files) -> Iterator[tuple[str, str]]:
    """Files with the counter and with the limit: of our cgroup, then those of the mount, which in a container is ours."""
    for line in _text(files, "/proc/self/cgroup").splitlines():
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        if controllers in ("", "memory"):
            kind = "/memory" if controllers else ""
            counter, limit = ("memory.oom_control", "memory.limit_in_bytes") if kind else ("memory.events", "memory.max")
            for folder in dict.fromkeys((f"{ROOT}{kind}{path.rstrip('/')}", f"{ROOT}{kind}")):
                yield f"{folder}/{counter}", f"{folder}/{limit}"


def _counted(files: Files, path: str) -> int:
    for line in _text(files, path).splitlines():
        name, _, number = line.partition(" ")
        if name == "oom_kill" and number.isdigit():
            return int(number)
    return 0


def _limit(files: Files, path: str) -> int:
    text = _text(files, path).strip()
    return int(text) if text.isdigit() and int(text) < UNLIMITED else 0


def _text(files: Files, path: str) -> str:
    try:
        return files.read_file(path).decode("utf-8", "replace")
    except OSError:
        return ""
