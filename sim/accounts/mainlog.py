"""A main log, initd's or a stock supervisord's, as accounts, one for each start of the daemon (supervisord-4.3 §2.4, §4.1).

A log tells of spawns, ends, successes and giving up, by process name and to the millisecond; at loglevel debug of signals, too.
It never tells of what clients ask. `sim.accounts.logged` says what follows. Output of programs, which is in a log at loglevel
debug, must not look like lines of the log.
"""

from __future__ import annotations

import re
from datetime import datetime

from sim.accounts.account import Account, AccountError
from sim.accounts.logged import Start

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from initd.config.model import GroupConfig

LINE = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),(\d{3}) (CRIT|ERRO|WARN|INFO|DEBG|TRAC|BLAT) (.*)", re.DOTALL | re.ASCII)
CONTINUED = ("CRIT", "ERRO")
"""Lines of these levels may go on below, with a traceback for instance; so do those that end with a colon."""


class Reader:
    """Reads one log with the configuration of its daemon."""

    def __init__(self, path: str, groups: Sequence[GroupConfig]) -> None:
        self._path, self._groups = path, groups
        self._accounts: list[Account] = []
        self._start: Start | None = None
        self._line = 0
        self._began = self._last = datetime.min

    def read(self, lines: Iterable[str]) -> list[Account]:
        """All of it; AccountError with the number of the first line that is none."""
        goes_on = False
        for self._line, text in enumerate(lines, 1):
            found = LINE.fullmatch(text.rstrip("\n"))
            if found is None:
                if not goes_on:
                    raise AccountError(f"{self._path}:{self._line}: no line of a main log: {text.rstrip()[:80]!r}")
                continue
            stamp, milliseconds, level, message = found.groups()
            goes_on = level in CONTINUED or message.endswith(":")
            try:
                when = datetime.strptime(stamp, "%Y-%m-%d %H:%M:%S").replace(microsecond=1000 * int(milliseconds))
            except ValueError as error:
                raise AccountError(f"{self._path}:{self._line}: {error}") from None
            self._take(when, level, message)
        self._end()
        if not self._accounts:
            raise AccountError(f"{self._path}:{self._line or 1}: nowhere does it say `supervisord started with pid`")
        return self._accounts

    def _take(self, when: datetime, level: str, message: str) -> None:
        if message.startswith("supervisord started with pid "):
            self._end()
            self._start = Start(self._groups)
            self._began = self._last = when
        elif self._start is not None:
            start = self._start
            if when < self._last:
                start.back = f"the clock was set back before line {self._line}"
            self._last = max(self._last, when)
            # Never twice the same, so that the order of the lines is the order of the story.
            told_ns = round((self._last - self._began).total_seconds() * 1000) * 1_000_000
            start.now_ns, start.line = max(told_ns, start.now_ns + 1), self._line
            start.debug = start.debug or level == "DEBG"
            start.hear(message)

    def _end(self) -> None:
        if self._start is not None:
            self._accounts.append(self._start.end(f"start {len(self._accounts) + 1}"))
            self._start = None


def accounts(path: str, groups: Sequence[GroupConfig]) -> list[Account]:
    """The starts in the main log in a file; AccountError with the line, OSError."""
    with open(path, encoding="utf-8", errors="backslashreplace", newline="\n") as file:
        return Reader(path, groups).read(file)
