"""One listener process as its pipes show it: what it is sent, what it says, and what that makes of it (supervisord-4.3 §6.4).

Written from the protocol, not from `initd.supervise.listener`, which it is to judge.
"""

from __future__ import annotations

from initd.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.invariants.hearings import Account

LINE_BYTES = 64 * 1024
RESULT_BYTES = 16 << 20


class Envelope(Record):
    """One event as it is sent; `payload` is empty while only the header has gone out."""

    serial: int
    pool: str
    pool_serial: int
    name: str
    payload: str = ""


class Ear:
    """A listener's two streams. `event` is what it was sent and has not answered."""

    def __init__(self, name: str, account: Account) -> None:
        self.name, self.account = name, account
        self.event: Envelope | None = None
        self.state = "ACKNOWLEDGED"
        self._fed = b""
        self._said = b""
        self._length: int | None = None
        self._result: int | None = None
        self._wholes: list[Envelope] = []

    @property
    def ready(self) -> bool:
        """Whether it has said that it takes an event."""
        return self.state == "READY"

    @property
    def hearing(self) -> bool:
        """Whether a part of an event has gone out, and not all of it."""
        return bool(self._fed) or self._length is not None

    def take(self, data: bytes) -> Envelope | None:
        """It is sent that; an event whose header is complete now. ValueError if it is none."""
        self.state = "BUSY"
        self._fed += data
        begun = None
        if self._length is None and b"\n" in self._fed:
            head, _, self._fed = self._fed.partition(b"\n")
            words = dict(word.split(":", 1) for word in head.decode().split(" "))
            self._length = int(words["len"])
            begun = self.event = Envelope(
                int(words["serial"]), words["pool"], int(words["poolserial"]), words["eventname"]
            )
        if self._length is not None and self.event is not None:
            text = self._fed.decode(errors="ignore")
            if len(text) >= self._length:
                self._wholes.append(self.event.replace(payload=text[: self._length]))
                self._fed, self._length = text[self._length :].encode(), None
        return begun

    def wholes(self) -> list[Envelope]:
        """The events that have gone out whole since this was asked last."""
        found, self._wholes = self._wholes, []
        return found

    def hear(self, data: bytes) -> Iterator[str]:
        """It says that: for each answer `taken`, or else what the event comes back for."""
        self._said += data
        while self._said:
            if self.state == "UNKNOWN":
                self._said = b""
            elif self.state == "READY":
                yield self._breaks("speaks while READY")
            elif self.state == "ACKNOWLEDGED":
                if len(self._said) < 6:
                    return
                if not self._said.startswith(b"READY\n"):
                    yield self._breaks("does not say READY")
                else:
                    self.state, self._said = "READY", self._said[6:]
            elif self._result is None:
                line, newline, rest = self._said.partition(b"\n")
                if not newline and len(line) <= LINE_BYTES:
                    return
                if not line[7:].strip().isdigit() or int(line[7:]) > RESULT_BYTES:
                    yield self._breaks("gives no result")
                else:
                    self._result, self._said = int(line[7:]), rest
            else:
                if len(self._said) < self._result:
                    return
                result, self._said = self._said[: self._result], self._said[self._result :]
                self._result, self.state = None, "ACKNOWLEDGED"
                yield "taken" if result == b"OK" else "refused"

    def _breaks(self, how: str) -> str:
        self.state, self._said = "UNKNOWN", b""
        return how
