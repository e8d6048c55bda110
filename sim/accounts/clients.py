"""What clients asked of a recorded daemon, read from their sockets: XML-RPC calls.

Only what starts, stops or signals programs is of interest. Of an answer to a call for many there is only that it came.
"""

from __future__ import annotations

import re
import xmlrpc.client

from initd.record import Record
from initd.signals import signal_number
from sim.scenario import Kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

KINDS = {"start": Kind.START, "stop": Kind.STOP, "signal": Kind.SIGNAL}
METHOD = re.compile(r"supervisor\.(start|stop|signal)(Process|ProcessGroup|AllProcesses)$")
FAULT = re.compile(rb"<name>faultString</name>\s*<value><string>([A-Z_]+)")
HEAD_END = b"\r\n\r\n"
LENGTH = re.compile(rb"content-length:\s*(\d+)", re.IGNORECASE)
EVERYBODY = "*"


class Wish(Record):
    """One thing a client wants: `target` is a name as it was given, or EVERYBODY; `alone` if its answer is for this alone."""

    kind: Kind
    target: str
    argument: int = 0
    alone: bool = True


class Connection:
    """One client's socket. `read` gives the wishes of each request that has become complete."""

    def __init__(self) -> None:
        self._data = b""
        self.unclear = ""

    def read(self, data: bytes) -> list[list[Wish]]:
        """Take what was read from it; a list of wishes for every request, since each gets its answer."""
        self._data += data
        found = []
        while HEAD_END in self._data and not self.unclear:
            head, _, rest = self._data.partition(HEAD_END)
            length = LENGTH.search(head)
            size = int(length[1]) if length else 0
            if b"transfer-encoding" in head.lower():
                self.unclear = "a request in chunks"
            elif len(rest) < size:
                break
            else:
                self._data = rest[size:]
                found.append(list(self._wishes(head, rest[:size])))
        return found

    def _wishes(self, head: bytes, body: bytes) -> Iterator[Wish]:
        if not head.startswith(b"POST"):
            return
        try:
            params, method = xmlrpc.client.loads(body)
        except Exception:  # the daemon has refused it as well
            return
        yield from _of_call(method or "", params)


def _of_call(method: str, params: Any) -> Iterator[Wish]:
    if method == "system.multicall" and params and isinstance(params[0], list):
        for each in params[0]:
            if isinstance(each, dict):
                for wish in _of_call(str(each.get("methodName")), each.get("params") or ()):
                    yield wish.replace(alone=False)
        return
    found = METHOD.match(method)
    if not found:
        return
    kind, scope = KINDS[found[1]], found[2]
    rest = list(params)
    target = EVERYBODY if scope == "AllProcesses" else str(rest.pop(0)) if rest else ""
    if scope == "ProcessGroup":
        target += ":*"
    number = signal_number(str(rest[0])) if kind is Kind.SIGNAL and rest else 0
    yield Wish(kind, target, number or 0, scope == "Process" and not target.endswith((":*", ":")))


def answer(data: Any) -> str | None:
    """What a client was told, if this is the beginning of a response: OK, a fault's name, or the HTTP status."""
    if isinstance(data, tuple):  # a long one, of which there is the beginning
        return "OK" if bytes(data[3]).startswith(b"HTTP/1.1 200") else None
    if not data.startswith(b"HTTP/1."):
        return None
    status = data[9:12].decode("ascii", "replace")
    if status.startswith("1"):
        return None  # the real answer follows
    if status != "200":
        return f"HTTP {status}"
    fault = FAULT.search(data)
    return "OK" if fault is None else fault[1].decode()
