"""L1 and L4: every byte read of a program is in its log, or was counted as lost; and no more of them wait than are allowed to.

`Ledger` hears of every read from a program's pipe and of every append that went well, by the log they are for. What was lost is
what the main log says was lost. Chunks are lost whole, so what is written must be what was read, in order, less whole chunks.
"""

from __future__ import annotations

import re
from collections import deque

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Tell = Callable[[str, str], None]

LOST = re.compile(r"log target '(\S+)' (?:takes output again|is closed), (\d+) bytes were lost")
TROUBLE = re.compile(r"log target '(\S+)'(?:: .*; output is lost| does not keep up, output is lost)")
BOUND_BYTES = (4 << 20) + (64 << 10)
"""What a queue may hold when it takes no more, and the chunk that fills it (initd.logs.sinks)."""


class Ledger:
    """The accounts of all logs by path; `tell(law, text)` hears of what is wrong."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._pending: dict[str, deque[bytes]] = {}
        self._missing: dict[str, int] = {}
        self._over = False

    def read(self, path: str, data: bytes) -> None:
        """The daemon has read that of a program whose log is `path`."""
        if data:
            self._pending.setdefault(path, deque()).append(data)

    def wrote(self, path: str, data: bytes) -> None:
        """That has been appended to the log."""
        pending = self._pending.get(path)
        if pending is None or not data:
            return  # the main log, or a program nobody reads
        if pending and pending[0] == data:  # the most common, and a queue may be long
            pending.popleft()
            return
        skipped = 0
        waiting = list(pending)
        for at in range(len(waiting)):
            used = _covers(waiting, at, data)
            if used:
                for _ in range(at + used):
                    pending.popleft()
                self._missing[path] = self._missing.get(path, 0) + skipped
                return
            skipped += len(waiting[at])
        self._tell("L1", f"{len(data)} bytes are written to {path} that were not read, or not in that order: {data[:40]!r}")

    def holds(self, size_bytes: int) -> None:
        """The fullest queue of the daemon holds that much now."""
        if size_bytes > BOUND_BYTES and not self._over:
            self._over = True
            self._tell("L4", f"{size_bytes} bytes of output wait in memory, allowed are {BOUND_BYTES}")

    def forget(self) -> None:
        """The daemon has died: what it held is gone, and nobody's fault."""
        self._pending.clear()
        self._missing.clear()

    def end(self, main_log: str, main_path: str, flushed: bool) -> None:
        """The run is over. `flushed` says that everything has been written that could be."""
        counted: dict[str, int] = {}
        for path, count in LOST.findall(main_log):
            counted[path] = counted.get(path, 0) + int(count)
        whole = main_path not in counted  # else it does not say everything
        for path, pending in self._pending.items():
            missing = self._missing.get(path, 0) + (sum(map(len, pending)) if flushed else 0)
            excess = missing - counted.get(path, 0)
            if (excess > 0 and whole and not _in_trouble(path, main_log)) or (excess < 0 and flushed):
                said = f"{missing} bytes that were read are not in {path}"
                self._tell("L1", f"{said}, and {counted.get(path, 0)} were counted as lost")


def _covers(chunks: list[bytes], at: int, data: bytes) -> int:
    """How many chunks from there on are exactly that data; 0 if they are not."""
    done = 0
    for number, chunk in enumerate(chunks[at:], 1):
        if data[done : done + len(chunk)] != chunk:
            return 0
        done += len(chunk)
        if done == len(data):
            return number
    return 0


def _in_trouble(path: str, main_log: str) -> bool:
    """Whether the last that was said of that log is that output is being lost."""
    told = [found for found in re.finditer(f"{TROUBLE.pattern}|{LOST.pattern}", main_log) if path in found.groups()]
    return bool(told) and told[-1][2] is None and told[-1][1] == path
