"""E7 and E8: what programs write in capture mode and with output events, and what listeners and logs get of it.

What is expected follows from the bytes read of a program as a whole: what stands between the tokens is a message, in order,
and everything else is output (supervisord-4.3 §4.4, §4.6, D9).
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sim.invariants.ear import Envelope
    from sim.invariants.hearings import Account

BEGIN, END = b"<!--XSUPERVISOR:BEGIN-->", b"<!--XSUPERVISOR:END-->"
MESSAGE = re.compile(BEGIN + b"(.*?)" + END, re.DOTALL)
TOLD = re.compile(r"processname:(\S+) groupname:\S+ pid:(\d+)(?: channel:\w+)?\n(.*)", re.DOTALL)


class Captures:
    """`tell(law, text)` hears of what is wrong; `bounds` has the capture_maxbytes of those in capture mode, by name."""

    def __init__(self, tell: Callable[[str, str], None], bounds: Mapping[str, int]) -> None:
        self._tell, self._bounds = tell, bounds
        self._lives: list[tuple[int, str, list[bytes]]] = []
        self._now: dict[int, list[bytes]] = {}
        self._logged: dict[str, bytearray] = {}
        self._told: list[tuple[Account, Envelope]] = []

    def born(self, pid: int, name: str) -> None:
        """A child of that program begins."""
        self._now[pid] = []
        self._lives.append((pid, name, self._now[pid]))

    def read(self, pid: int, data: bytes) -> None:
        """The daemon has read that from its stdout."""
        if data and pid in self._now:
            self._now[pid].append(data)

    def gone(self, pid: int) -> None:
        """It has been reaped; the pid may be somebody else's next."""
        self._now.pop(pid, None)

    def logged(self, path: str, data: bytes) -> None:
        """That has been appended to a log."""
        self._logged.setdefault(path, bytearray()).extend(data)

    def told(self, account: Account, envelope: Envelope) -> None:
        """A pool has sent that for the first time."""
        if envelope.name in ("PROCESS_COMMUNICATION_STDOUT", "PROCESS_LOG_STDOUT"):
            self._told.append((account, envelope))

    def settle(self, whole: Callable[[Account], bool]) -> None:
        """It is calm. `whole(pool)` says that it was there all the time, and that everything was sent that it was given."""
        found: dict[tuple[Account, int, bool], list[str]] = {}
        for account, envelope in self._told:
            parts = TOLD.fullmatch(envelope.payload)
            if parts is None or not any(pid == int(parts[2]) for pid, _, _ in self._lives):
                self._tell("E7", f"{envelope.name} of nobody: {envelope.payload[:80]!r}")
            else:
                found.setdefault((account, int(parts[2]), "_LOG_" in envelope.name), []).append(parts[3])
        for (account, pid, is_log), said in found.items():
            lives = [(name, chunks) for each, name, chunks in self._lives if each == pid]
            bound = max(self._bounds.get(name, 0) for name, _ in lives)
            if not is_log:
                self._messages(account, said, [b"".join(chunks) for _, chunks in lives], bound, whole(account))
            elif not bound:  # else output comes in other pieces than it was read in
                chunks = [chunk.decode(errors="replace") for _, life in lives for chunk in life]
                if not _among(said, chunks) or (whole(account) and said != chunks):
                    self._tell("E8", f"pool {account.name} was told {said} of {pid}, which has written {chunks}"[:600])

    def _messages(self, account: Account, said: list[str], lives: list[bytes], bound: int, whole: bool) -> None:
        wanted = [each.decode(errors="replace") for life in lives for each in MESSAGE.findall(life)]
        cut = [each if len(each) <= bound else None for each in wanted]  # what is longer loses its beginning
        told = [text if text in cut else None for text in said]
        strange = [text for text in said if not any(each.endswith(text) for each in wanted)]
        late = lives[-1].endswith(END)  # not looked at before there is more, or an end
        if strange or not _among(told, cut) or (whole and told != cut and not (late and told == cut[:-1])):
            self._tell("E7", f"pool {account.name} was told {said}, where {wanted} was said"[:600])

    def log(self, name: str, path: str, flushed: bool) -> None:
        """What stands outside of the tokens, and nothing else, is in the log of that program; all of it, if that is out."""
        wanted = b"".join(_output_of(b"".join(chunks)) for _, each, chunks in self._lives if each == name)
        logged = bytes(self._logged.get(path, b""))
        if not (logged == wanted if flushed else wanted.startswith(logged)):
            short = min(len(logged), len(wanted))
            at = next((at for at in range(short) if logged[at] != wanted[at]), short)
            part = slice(max(0, at - 40), at + 60)
            self._tell("E7", f"{path} differs at byte {at}: {logged[part]!r}, expected {wanted[part]!r}")


def _output_of(life: bytes) -> bytes:
    """What of a stream is for the log; a message that has no end is none of it."""
    return MESSAGE.sub(b"", life).partition(BEGIN)[0]


def _among(some: Sequence[object], all_of: Sequence[object]) -> bool:
    """Whether these are among those, in that order."""
    left = iter(all_of)
    return all(any(each == other for other in left) for each in some)
