"""What the process table and the sockets of a real system show (proc(5)): read only when somebody asks why.

Whatever goes away meanwhile is left out; what may not be read is empty.
"""

from __future__ import annotations

import os
import time

from initd.kernel.port import Seen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

STATE, PARENT, GROUP, SESSION, STARTED = 0, 1, 2, 3, 19
"""Fields of /proc/PID/stat, counted from the state."""
MOST_BYTES = 64 * 1024
"""So much of a command line or an environment is looked at."""
LISTENING = "0A"
LOCAL, STATUS, INODE = 1, 3, 9
"""Fields of /proc/net/tcp."""


def processes() -> list[Seen]:
    """See Files.processes."""
    slept_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME) - time.monotonic_ns()
    tick_ns = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
    found = []
    for pid in _pids():
        stat = _read(f"/proc/{pid}/stat")
        name, _, rest = stat.partition(b"(")[2].rpartition(b")")
        fields = rest.split()
        if len(fields) <= STARTED or fields[STATE] in (b"Z", b"X"):
            continue
        words = [word for word in _text(_read(f"/proc/{pid}/cmdline")).split("\0") if word.strip()]
        found.append(
            Seen(
                pid,
                int(fields[PARENT]),
                int(fields[GROUP]),
                int(fields[SESSION]),
                int(fields[STARTED]) * tick_ns - slept_ns,
                " ".join(" ".join(words).split()) or _text(name),
                _link(f"/proc/{pid}/exe"),
                tuple(word for word in _text(_read(f"/proc/{pid}/environ")).split("\0") if "=" in word),
            )
        )
    return found


def listeners(port: int) -> list[int]:
    """See Files.listeners."""
    sockets = set(_listening(port))
    if not sockets:
        return []
    wanted = {f"socket:[{inode}]" for inode in sockets}
    holders = []
    found: set[str] = set()
    for pid in _pids():
        held = wanted.intersection(_open(pid))
        found |= held
        if held:
            holders.append(pid)
    return holders if found == wanted else [0, *holders]


def _listening(port: int) -> Iterator[str]:
    """The inodes of the sockets that listen there, IPv6 included."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in _text(_read(table, whole=True)).splitlines()[1:]:
            fields = line.split()
            if len(fields) > INODE and fields[STATUS] == LISTENING and int(fields[LOCAL].rpartition(":")[2], 16) == port:
                yield fields[INODE]


def _open(pid: int) -> Iterator[str]:
    folder = f"/proc/{pid}/fd"
    try:
        names = os.listdir(folder)
    except OSError:
        return
    for name in names:
        yield _link(f"{folder}/{name}")


def _pids() -> list[int]:
    try:
        if os.readlink("/proc/self") != str(os.getpid()):  # that of an outer pid namespace, where numbers mean others
            return []
        return sorted(int(name) for name in os.listdir("/proc") if name.isdigit())
    except OSError:
        return []


def _read(path: str, whole: bool = False) -> bytes:
    try:
        with open(path, "rb", 0) as file:
            return file.readall() if whole else file.read(MOST_BYTES)
    except OSError:
        return b""


def _link(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
