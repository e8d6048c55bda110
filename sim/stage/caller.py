"""A client of a real daemon, for one call: what XML-RPC over the UNIX socket answers, and when."""

from __future__ import annotations

import socket
import threading
import time

from sim.stage.daemon import FAULT, request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.scenario import Op


class Caller(threading.Thread):
    """A client's call: it is answered when it is answered. `answer` stays empty when the daemon ends first."""

    def __init__(self, at: int, op: Op, path: str) -> None:
        super().__init__(daemon=True)
        self.at, self.op = at, op
        self.answer, self.time_ns = "", 0
        self._path = path

    def run(self) -> None:
        received = b""
        with socket.socket(socket.AF_UNIX) as client:
            try:
                client.connect(self._path)
                client.sendall(request(self.op.kind, self.op.target, self.op.argument))
                while not received.endswith(b"</methodResponse>\n"):
                    data = client.recv(1 << 16)
                    if not data:
                        return
                    received += data
            except OSError:
                return  # the daemon is gone
        self.time_ns = time.monotonic_ns()
        found = FAULT.search(received)
        self.answer = "OK" if found is None else found[1].decode()
