"""E7 and E8: what programs write in capture mode and with output events, and what listeners and logs get of it.

What is expected follows from the bytes read of a program as a whole, and where one read ended and the next began: what stands
between the tokens is a message, in order, and everything else is output (supervisord-4.3 §4.4, §4.6, D9).
"""

from __future__ import annotations

import re

from initd.record import Record
from sim.invariants.capturing import TOKEN_BYTES, divide, kept

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sim.invariants.ear import Envelope
    from sim.invariants.hearings import Account

    Stream = tuple[str, str]
    """The name of a program, and STDOUT or STDERR."""

TOLD = re.compile(r"processname:(\S+) groupname:\S+ pid:(\d+)(?: channel:\w+)?\n(.*)", re.DOTALL)
KINDS = {f"PROCESS_{kind}_{channel}" for kind in ("COMMUNICATION", "LOG") for channel in ("STDOUT", "STDERR")}


class Life(Record):
    """What was read of one stream of one child, a chunk a read."""

    pid: int
    stream: Stream
    chunks: list[bytes]


class Captures:
    """`tell(law, text)` hears of what is wrong; `bounds` has the capture_maxbytes of the streams in capture mode."""

    def __init__(self, tell: Callable[[str, str], None], bounds: Mapping[Stream, int]) -> None:
        self._tell, self._bounds = tell, bounds
        self._lives: list[Life] = []
        self._now: dict[tuple[int, str], Life] = {}
        self._logged: dict[str, bytearray] = {}
        self._told: list[tuple[Account, Envelope]] = []

    def born(self, pid: int, name: str) -> None:
        """A child of that program begins."""
        for channel in ("STDOUT", "STDERR"):
            life = self._now[pid, channel] = Life(pid, (name, channel), [])
            self._lives.append(life)

    def read(self, pid: int, data: bytes, channel: str = "STDOUT") -> None:
        """The daemon has read that from one of its streams."""
        if data and (pid, channel) in self._now:
            self._now[pid, channel].chunks.append(data)

    def gone(self, pid: int) -> None:
        """It has been reaped; the pid may be somebody else's next."""
        for channel in ("STDOUT", "STDERR"):
            self._now.pop((pid, channel), None)

    def reporting(self) -> list[int]:
        """The living children that are in the middle of a message, by pid, ascending."""
        lives = [life for life in self._now.values() if life.stream in self._bounds]
        return sorted({life.pid for life in lives if divide(b"".join(life.chunks)).unfinished is not None})

    def logged(self, path: str, data: bytes) -> None:
        """That has been appended to a log."""
        self._logged.setdefault(path, bytearray()).extend(data)

    def told(self, account: Account, envelope: Envelope) -> None:
        """A pool has sent all of that for the first time."""
        if envelope.name in KINDS:
            self._told.append((account, envelope))

    def settle(self, whole: Callable[[Account], bool]) -> None:
        """It is calm. `whole(pool)` says that it was there all the time, and that everything was sent that it was given."""
        found: dict[tuple[Account, int, str], list[str]] = {}
        for account, envelope in sorted(self._told, key=lambda told: told[1].serial):  # a long one is out whole after a short one
            parts = TOLD.fullmatch(envelope.payload)
            if parts is None or not any(life.pid == int(parts[2]) for life in self._lives):
                self._tell("E7", f"{envelope.name} of nobody: {envelope.payload[:80]!r}")
            else:
                found.setdefault((account, int(parts[2]), envelope.name), []).append(parts[3])
        for (account, pid, name), said in found.items():
            _, kind, channel = name.split("_")
            lives = [life for life in self._lives if life.pid == pid and life.stream[1] == channel]
            if kind == "COMMUNICATION":
                self._messages(account, said, [life for life in lives if life.stream in self._bounds], whole(account))
            elif any(life.stream in self._bounds for life in lives):
                self._all_output(account, said, lives, whole(account))
            else:
                chunks = [chunk.decode(errors="replace") for life in lives for chunk in life.chunks]
                if not _among(said, chunks) or (whole(account) and said != chunks):
                    self._tell("E8", f"pool {account.name} was told {said} of {pid}, which has written {chunks}"[:600])

    def _messages(self, account: Account, said: list[str], lives: list[Life], whole: bool) -> None:
        told = [each for life in lives for each in kept(life.chunks, self._bounds[life.stream])]
        wanted = [each.decode(errors="replace") for each in told]
        # An END that is all there is yet is not looked at before there is more, or an end.
        late = bool(lives) and divide(b"".join(lives[-1].chunks)).ends_with_message
        if not _among(said, wanted) or (whole and said != wanted and not (late and said == wanted[:-1])):
            self._tell("E7", f"pool {account.name} was told {said}, where {wanted} was said"[:600])

    def _all_output(self, account: Account, said: list[str], lives: list[Life], whole: bool) -> None:
        """Output events of a stream in capture mode: all but the tokens, but in other pieces than it was read in."""
        if whole and len(lives) == 1:
            wanted, told = divide(b"".join(lives[0].chunks)).everything.decode(errors="replace"), "".join(said)
            if not wanted.startswith(told) or len(wanted) - len(told) > TOKEN_BYTES:
                self._tell("E8", f"pool {account.name} was told {told!r} of {lives[0].pid}, which has written {wanted!r}"[:600])

    def log(self, stream: Stream, path: str, flushed: bool) -> None:
        """What stands outside of the tokens, and nothing else, is in the log of that stream; all of it, if that is out."""
        wanted = b"".join(divide(b"".join(life.chunks)).output for life in self._lives if life.stream == stream)
        logged = bytes(self._logged.get(path, b""))
        if not (logged == wanted if flushed else wanted.startswith(logged)):
            short = min(len(logged), len(wanted))
            at = next((at for at in range(short) if logged[at] != wanted[at]), short)
            part = slice(max(0, at - 40), at + 60)
            self._tell("E7", f"{path} differs at byte {at}: {logged[part]!r}, expected {wanted[part]!r}")


def _among(some: Sequence[object], all_of: Sequence[object]) -> bool:
    """Whether these are among those, in that order."""
    left = iter(all_of)
    return all(any(each == other for other in left) for each in some)
