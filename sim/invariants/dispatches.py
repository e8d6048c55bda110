"""L5: what programs write for the system log is sent line by line, each at most once and in order, or is counted as lost.

Written from syslog(3) and supervisord-4.3 §4.5, not from `initd.logs.syslog`, which it is to judge.
"""

from __future__ import annotations

import re

from sim.invariants.ledger import Ledger

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATH = "/dev/log"
FORM = re.compile(rb"<14>([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) supervisord: .*", re.DOTALL)
"""LOG_USER, LOG_INFO, a time as ctime(3) has it, who sends it, what it says."""
WHEN = b"?" * 15
SHORT_BYTES = 4_000
"""What any receiver takes."""


class Dispatches:
    """`tell(law, text)` hears of what is wrong; `clock` is the monotonic one."""

    def __init__(self, tell: Callable[[str, str], None], clock: Callable[[], int]) -> None:
        self._tell, self._clock = tell, clock
        self._ledger = Ledger(lambda law, text: tell("L5", text))
        self._read_ns = self._sent_ns = -1
        self.sent_count = 0

    def read(self, name: str, data: bytes) -> None:
        """The daemon has read that of a stream of a program, whose lines go there behind its name."""
        for line in lines_of(data):
            self._ledger.read(PATH, b"<14>%s supervisord: %s %s" % (WHEN, name.encode(), line))
            if len(line) < SHORT_BYTES:
                self._read_ns = self._clock()

    def sent(self, record: bytes) -> None:
        """That was taken from the daemon by whoever receives, or by the queue before it."""
        found = FORM.fullmatch(record)
        if found is None:
            self._tell("L5", f"no record of the system log: {record[:80]!r}")
            return
        self._ledger.wrote(PATH, record[: found.start(1)] + WHEN + record[found.end(1) :])
        self._sent_ns = self._clock()
        self.sent_count += 1

    def settle(self, healed_ns: int) -> None:
        """It is calm, and nothing goes wrong since then: the last line has been sent."""
        if self._read_ns > healed_ns and self._sent_ns < self._read_ns:
            self._tell("L5", f"a line of {self._read_ns / 1e9} was not sent, though somebody receives")

    def end(self, main_log: str, main_path: str, flushed: bool) -> None:
        """The run is over; see Ledger.end."""
        self._ledger.end(main_log, main_path, flushed)


def lines_of(data: bytes) -> Iterator[bytes]:
    """What syslog(3) is given for one chunk: a string a line, which ends where a NUL is, and nothing for the last line ends."""
    text = data.decode("utf-8", "replace")
    while text.endswith("\n"):
        text = text[:-1]
    for line in text.split("\n") if data else ():
        yield line.split("\0")[0].encode()
