"""The clients of a scenario: what they ask goes through supervisor's real RPC interface, as its loop reads from a socket."""

from __future__ import annotations

from supervisor.http import NOT_DONE_YET
from supervisor.rpcinterface import SupervisorNamespaceRPCInterface
from supervisor.xmlrpc import Faults, RPCError

from sim.scenario import Kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from supervisor.supervisord import Supervisor

    from sim.oracle.kernel import Kernel
    from sim.scenario import Op

CLIENT_FD = 3
FAULTS = {code: name for name, code in vars(Faults).items() if not name.startswith("_")}
CRASHED = "HTTP 500"
"""What a client gets for an exception of the interface that is no fault."""


class Clients:
    """All clients as one dispatcher of the loop. Nobody waits, but an answer may be deferred: asked again every pass."""

    def __init__(self, supervisord: Supervisor, kernel: Kernel) -> None:
        self._rpc = SupervisorNamespaceRPCInterface(supervisord)
        self._kernel = kernel
        self._asked: list[tuple[int, Op]] = []
        self._deferred: list[tuple[int, Op, Callable[[], Any]]] = []

    def ask(self, index: int, op: Op) -> None:
        """That op is what the loop will read next."""
        self._asked.append((index, op))

    def pending(self) -> bool:
        """Whether an answer is deferred."""
        return bool(self._deferred)

    # -- what the loop asks of a dispatcher

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return False

    def handle_read_event(self) -> None:
        deferred, self._deferred = self._deferred, []
        for index, op, again in deferred:
            self._attempt(index, op, again)
        asked, self._asked = self._asked, []
        for index, op in asked:
            self._attempt(index, op, lambda op=op: self._call(op))  # type: ignore[misc]

    def _call(self, op: Op) -> Any:
        if op.kind is Kind.START:
            return self._rpc.startProcess(op.target, wait=False)
        if op.kind is Kind.STOP:
            return self._rpc.stopProcess(op.target, wait=False)
        return self._rpc.signalProcess(op.target, str(op.argument))

    def _attempt(self, index: int, op: Op, call: Callable[[], Any]) -> None:
        """As the handler of XML-RPC requests does: a fault, an answer, a function to ask again, or an error of its own."""
        try:
            value = call()
        except RPCError as fault:
            answer = FAULTS[fault.code]
        except Exception:
            answer = CRASHED
        else:
            if value is NOT_DONE_YET:
                return self._deferred.append((index, op, call))
            if callable(value):
                return self._attempt(index, op, value)
            answer = "OK"
        self._kernel.tell(op.target, "answer", f"{index} {answer}")
