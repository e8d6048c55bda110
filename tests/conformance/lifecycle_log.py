"""A daemon's main log, read as it grows: a hundred waiting steps must not read it a hundred times from its start."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable
from pathlib import Path

LINE = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (CRIT|ERRO|WARN|INFO|DEBG|TRAC|BLAT) (.*)$")
EXAMINED = re.compile(r"^DIR/[^ :]*:\d+: ")
"""How a warning about the configuration begins: stock has none with a place (D22)."""
Line = tuple[str, str]


class MainLog:
    """The whole lines of a log as (level, message), without what programs wrote and D22; begins anew when the file does."""

    def __init__(self, path: Path, same: Callable[[str], str]) -> None:
        self._path, self._same, self._lock = path, same, threading.Lock()
        self._lines: list[Line] = []
        self._inode, self._offset = 0, 0

    def lines(self) -> list[Line]:
        with self._lock:
            try:
                with self._path.open("rb") as file:
                    self._read(file.fileno())
            except FileNotFoundError:
                self._inode, self._offset, self._lines = 0, 0, []
            return self._lines.copy()

    def _read(self, fd: int) -> None:
        status = os.fstat(fd)
        if status.st_ino != self._inode or status.st_size < self._offset:
            self._inode, self._offset, self._lines = status.st_ino, 0, []
        data = os.pread(fd, status.st_size - self._offset, self._offset)
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        matches = (LINE.match(line) for line in whole.decode("utf-8", "replace").split("\n"))
        told = [(found[1], self._same(found[2])) for found in matches if found]
        self._lines += [line for line in told if line[0] != "WARN" or not EXAMINED.match(line[1])]
