"""Clients that ask too much, stop in the middle of a request, do not read, or leave; restarts (simulation.md P10, P22, P25)."""

from __future__ import annotations

from sim.nemesis.nemesis import Nemesis

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.kernel.sockets import SimClient
    from sim.nemesis.nemesis import Field

READS = (
    ("supervisor.getState",),
    ("supervisor.getAllProcessInfo",),
    ("supervisor.readLog", 0, 1000),
    ("supervisor.getAllConfigInfo",),
    ("supervisor.noSuchMethod",),
    ("system.listMethods",),
)
ON_PROGRAMS = ("startProcess", "stopProcess", "getProcessInfo", "tailProcessStdoutLog", "clearProcessLogs")
PENDING = (
    b"POST /RPC2 HTTP/1.1\r\nHost: s\r\nContent-Length: 1000\r\n\r\n<?xml",
    b"GET / HTT",
    b"\r\n\r\n",
    b"POST /RPC2 HTTP/1.1\r\nHost: s\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<?x",
    b"",
)


class ReloadStorm(Nemesis):
    """SIGHUP, a reread, a restart by a client; some while the one before is under way."""

    name = "reload_storm"

    def act(self, field: Field) -> None:
        for _ in range(1 + self.below(3)):
            how = self.below(4)
            if how == 0:
                field.kernel.signal_daemon(1)
            elif how == 1:
                field.call("supervisor.restart")
            else:
                field.call("supervisor.reloadConfig")


class RpcStorm(Nemesis):
    """Many calls at once, some of which start and stop programs and wait for it."""

    name = "rpc_storm"

    def act(self, field: Field) -> None:
        for _ in range(1 + self.below(12)):
            if self.below(2):
                field.call(*READS[self.below(len(READS))])
                continue
            method, program = self.pick(ON_PROGRAMS), self.pick(field.programs)
            more: dict[str, tuple[object, ...]] = {
                "startProcess": (bool(self.below(2)),),
                "stopProcess": (bool(self.below(2)),),
                "tailProcessStdoutLog": (0, 1000),
            }
            field.call(f"supervisor.{method}", program, *more.get(method, ()))


class ClientStalls(Nemesis):
    """Half a request and then nothing, or a client that leaves, politely or not."""

    name, harmless = "client_stalls", True

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self._clients: list[SimClient] = []

    def act(self, field: Field) -> None:
        client = field.connect()
        if client is None:
            return
        client.send(PENDING[self.below(len(PENDING))])
        leave = (client.close, client.reset, client.shutdown, None)[self.below(4)]
        if leave is None:
            self._clients.append(client)
        else:
            field.kernel.at(field.kernel.now + self.ns(1), leave)

    def heal(self, field: Field) -> None:
        super().heal(field)
        for client in self._clients:
            client.close()


class WaitingCallsLeave(Nemesis):
    """A client asks for something that takes time, and is gone before it is done."""

    name = "client_leaves"

    def act(self, field: Field) -> None:
        method = ("startProcess", "stopProcess")[self.below(2)]
        call = field.call(f"supervisor.{method}", self.pick(field.programs), True)
        if call is not None:
            field.forgive(call.client)
            field.kernel.at(field.kernel.now + self.ns(1), (call.client.close, call.client.reset)[self.below(2)])


class ReaderStalls(Nemesis):
    """A client asks, and does not read the answer for a long time."""

    name, harmless = "reader_stalls", True

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self._stalled: list[SimClient] = []

    def act(self, field: Field) -> None:
        call = field.call("system.methodHelp" if self.below(4) == 0 else "supervisor.getAllConfigInfo", *())
        if call is not None:
            call.client.stall()
            self._stalled.append(call.client)

    def heal(self, field: Field) -> None:
        super().heal(field)
        for client in self._stalled:
            client.resume()


class OrderShuffle(Nemesis):
    """Of what happens at one instant, anything may come first."""

    name = "order_shuffle"

    def choose(self, count: int) -> int:
        """Which of so many things comes first."""
        if not self.fires():
            return 0
        return self.below(count)


CLIENTS = (ReloadStorm, RpcStorm, ClientStalls, WaitingCallsLeave, ReaderStalls, OrderShuffle)
