"""What a program itself says of its failure, in the last lines of its output: the few sentences that everybody prints.

supervisord's two lines for a child that never became its program (supervisord-4.3 §3), ld.so(8), shells, strerror(3).
"""

from __future__ import annotations

import re

from initd.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from initd.drive.program import End

LINES = 40
"""So many of the last lines are looked at."""
NO_COMMAND, NOT_EXECUTABLE = 127, 126
"""What shells end with when they cannot run a command (POSIX, 2.8.2)."""


class Clue(Record):
    """What was said: the kind of trouble, what it is about ("" if that is not said), and the line."""

    kind: str
    about: str = ""
    line: str = ""


SETUP, LIBRARY, MISSING, REFUSED, PORT, DISK, DENIED = "setup", "library", "missing", "refused", "port", "disk", "denied"

_ANY_END = (
    (PORT, re.compile(r"address already in use|EADDRINUSE|connection in use|port \d+ is (already )?in use", re.I)),
    (DISK, re.compile(r"no space left on device|ENOSPC|disk quota exceeded|EDQUOT", re.I)),
    (DENIED, re.compile(r"permission denied|EACCES", re.I)),
)
_BY_CODE = {
    NO_COMMAND: (
        (SETUP, re.compile(r"^supervisor: couldn't (?P<about>(?:setuid|chdir|exec) .*)$")),
        (LIBRARY, re.compile(r"error while loading shared libraries: (?P<about>[^:]+):", re.I)),
        (LIBRARY, re.compile(r"^Error loading shared library (?P<about>[^:]+):")),
        (MISSING, re.compile(r"(?P<about>[^\s:]+): (?:command )?not found$")),
        (MISSING, re.compile(r"command not found: (?P<about>\S+)$")),
        (MISSING, re.compile(r"[‘'](?P<about>[^’']+)[’']: No such file or directory$")),
        (MISSING, re.compile(r"(?P<about>[^\s:]+): (?:No such file or directory|bad interpreter\b.*)$")),
        (MISSING, re.compile(r"(?P<about>[^\s:]+): cannot execute: required file not found$")),
    ),
    NOT_EXECUTABLE: ((REFUSED, re.compile(r"(?P<about>[^\s:]+): (?:Permission denied|Is a directory|cannot execute.*)$")),),
}
_PATH = re.compile(r"[\"'‘`](/[^\"'’`]+)[\"'’`]|(/[^\s:,;()\[\]\"']+)")
_PORTS = (
    re.compile(r"(?:\d+\.\d+\.\d+\.\d+|\]|\*|::|[A-Za-z][\w.-]*|\s):(\d{1,5})(?!\d|:\d)"),
    re.compile(r"port[ =:]+(\d{1,5})\b", re.I),
    re.compile(r"['\"], (\d{1,5})\)"),
    re.compile(r"(?<![\w.:-])(\d{2,5})(?![\w.:])"),
)
ERRNO = "98"
"""EADDRINUSE, which stands beside its text."""


def read(lines: Sequence[str], end: End) -> Clue | None:
    """The newest thing said that explains that end; None if nothing does."""
    for kinds in (_BY_CODE.get(-1 if end.code is None else end.code, ()), _ANY_END):
        for line in reversed(lines):
            for kind, pattern in kinds:
                found = pattern.search(line)
                if found is not None:
                    about = found.groupdict().get("about") or (path_in(line) if kind is DENIED else "")
                    return Clue(kind, about, line)
    return None


def last_lines(output: bytes) -> tuple[str, ...]:
    """The last lines of some output, without blank ones."""
    lines = (line.strip() for line in output.decode("utf-8", "replace").splitlines())
    return tuple([line for line in lines if line][-LINES:])


def path_in(line: str) -> str:
    """The last path that a line names; "" for none."""
    found = [quoted or bare for quoted, bare in _PATH.findall(line)]
    return found[-1].rstrip(".") if found else ""


def ports_in(*texts: str) -> list[int]:
    """The ports that texts may speak of, the likeliest first."""
    found = [number for pattern in _PORTS for text in texts for number in pattern.findall(text) if number != ERRNO]
    return [number for number in dict.fromkeys(map(int, found)) if 0 < number < 65536]
