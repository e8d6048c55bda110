"""A machine with the shipped daemon on it, written down in a few lines, and everything that was seen happen there.

Times in tests are seconds from the start of the run; `ns` turns them into what the trace holds.
"""

from __future__ import annotations

import re
import xmlrpc.client

from initd.config.host import Host
from initd.config.load import Arguments, load
from initd.record import Record
from initd.states import ProcessState
from sim.kernel import SimFiles, SimKernel
from sim.simulation import Simulation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

CONF, SOCKET, MAIN_LOG = "/etc/supervisord.conf", "/var/run/s.sock", "/var/log/supervisord.log"
HEAD = f"""[supervisord]
logfile={MAIN_LOG}
loglevel=%s
"""
SERVER = f"""[unix_http_server]
file={SOCKET}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""
SECOND = 1_000_000_000
TERM, HUP, KILL, STOP, CONT = 15, 1, 9, 19, 18


def ns(seconds: float) -> int:
    """Seconds as nanoseconds."""
    return round(seconds * SECOND)


def program(name: str, **options: object) -> str:
    """A [program:x] section; its command is /usr/bin/NAME unless given."""
    options = {"command": f"/usr/bin/{name}", **options}
    return f"[program:{name}]\n" + "".join(f"{key}={value}\n" for key, value in options.items())


class Seen(Record):
    """Something that happened to a process: spawn, signal, exit, reap or fork."""

    time_ns: int
    what: str
    pid: int
    detail: Any


class Stamped(bytearray):
    """What a client receives, with the times at which it came."""

    def __init__(self, clock: Callable[[], int]) -> None:
        super().__init__()
        self.clock, self.times = clock, []

    def __iadd__(self, data):
        self.times.append(self.clock())
        return super().__iadd__(data)


class Call:
    """One XML-RPC call over one connection; `client` is there once it has been made."""

    def __init__(self, method: str, params: tuple[Any, ...]) -> None:
        body = xmlrpc.client.dumps(params, method if "." in method else f"supervisor.{method}").encode()
        head = "POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\n"
        self.request = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
        self.client: Any = None

    @property
    def responses(self) -> int:
        """How many HTTP responses have come."""
        return 0 if self.client is None else self.client.received.count(b"HTTP/1.1 ")

    @property
    def answered_ns(self) -> int:
        """When the last byte came."""
        return self.client.received.times[-1]

    @property
    def value(self) -> Any:
        """What it returned, or the Fault."""
        head, _, body = bytes(self.client.received).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        length = int(re.search(rb"content-length: (\d+)", head.lower())[1])
        assert length == len(body), "cut or followed by more"
        try:
            return xmlrpc.client.loads(body.decode())[0][0]
        except xmlrpc.client.Fault as fault:
            return fault

    @property
    def fault(self) -> str:
        """The name of the fault it ended in; "" for none."""
        value = self.value
        return value.faultString.partition(":")[0] if isinstance(value, xmlrpc.client.Fault) else ""


class World:
    """A daemon for `programs` (the text of the sections) whose programs behave as `behaviours` says by name."""

    def __init__(
        self,
        programs: str,
        behaviours: Any = None,
        *,
        servers: bool = False,
        loglevel: str = "info",
        files: SimFiles | None = None,
        command: tuple[str, ...] = (),
        **machine: Any,
    ) -> None:
        self.head = (SERVER if servers else "") + HEAD % loglevel
        self.files = files or SimFiles()
        self.write_config(programs)
        self.seen: list[Seen] = []
        self.kernel = SimKernel(programs=behaviours or {}, files=self.files, **machine)
        self.kernel.trace = lambda *what: self.seen.append(Seen(*what))
        arguments = Arguments(CONF, command=command)
        for path in command[:1]:
            if not self.files.exists(path):
                self.files.program(path)
        host = Host({"PATH": "/usr/bin:/bin"}, "/", "sim", "/tmp", "initd", self.files)
        self.simulation = Simulation(self.kernel, load(arguments, host), arguments, host)

    def write_config(self, programs: str) -> None:
        """Put these programs into the configuration file, and onto the disk what they name: commands, log directories."""
        self.files.put(CONF, (self.head + programs).encode())
        for path in re.findall(r"^command=(/\S+)", programs, re.MULTILINE):
            if not self.files.exists(path):
                self.files.program(path)
        for directory in re.findall(r"_logfile=(/.*)/", programs):
            if not self.files.exists(directory):
                self.files.directory(directory)

    # -- what happens ------------------------------------------------------------------------------------------------

    def at(self, seconds: float, happens: Callable[[], Any]) -> None:
        """Have something happen from outside."""
        self.kernel.at(ns(seconds), happens)

    def signal(self, seconds: float, number: int) -> None:
        """A signal to the daemon; it leaves a mark in `seen`."""

        def happens() -> None:
            self.seen.append(Seen(self.kernel.now, "daemon", self.kernel.getpid(), number))
            self.kernel.signal_daemon(number)

        self.at(seconds, happens)

    def call(self, seconds: float, method: str, *params: Any) -> Call:
        """An XML-RPC call to `supervisor.METHOD` from a client of its own."""
        call = Call(method, params)

        def happens() -> None:
            call.client = self.connect()
            call.client.send(call.request)

        self.at(seconds, happens)
        return call

    def connect(self) -> Any:
        """A client of the UNIX socket that notes when it received what."""
        client = self.kernel.connect_unix(SOCKET)
        client.received = Stamped(lambda: self.kernel.now)
        return client

    def run(self, seconds: float | None = None, clean: bool = True) -> World:
        """Run for that long, or until the daemon ends; `clean` says that nothing may go wrong in the daemon itself."""
        try:
            self.simulation.run(None if seconds is None else ns(seconds))
        finally:
            self.kernel.workers.abandon()
        if clean:
            assert "uncaptured python exception" not in self.log(), self.log()
        return self

    # -- what was seen -----------------------------------------------------------------------------------------------

    def log(self) -> str:
        """The main log."""
        return self.files.data(MAIN_LOG).decode() if self.files.exists(MAIN_LOG) else ""

    def lines(self, needle: str) -> list[str]:
        """The messages of the main log that contain a text, without their times."""
        return [line[24:] for line in self.log().splitlines() if needle in line]

    def moves(self, name: str) -> list[tuple[int, str, str]]:
        """The state changes of a process as (ns, old, new)."""
        return [
            (each.time_ns, each.change.old.name, each.change.new.name)
            for each in self.simulation.changes
            if each.change.name == name
        ]

    def path(self, name: str) -> list[str]:
        """The states a process went through."""
        return [new for _, _, new in self.moves(name)]

    def entered(self, name: str, state: str) -> list[int]:
        """When a process entered that state."""
        return [time_ns for time_ns, _, new in self.moves(name) if new == state]

    def state(self, name: str) -> str:
        """The state of a process now."""
        return self.simulation.states()[name].name

    @property
    def status(self) -> int | None:
        """The exit status of the daemon, None while it runs."""
        return self.simulation.exit_status

    def spawned(self, name: str = "") -> list[Seen]:
        """The children started, by the name of their command."""
        return [each for each in self.seen if each.what == "spawn" and each.detail[0].endswith("/" + name)] if name else [
            each for each in self.seen if each.what == "spawn"
        ]  # fmt: skip

    def pids(self, name: str) -> list[int]:
        """The pids of a program, in the order of its starts."""
        return [each.pid for each in self.spawned(name)]

    def signals(self, pid: int) -> list[tuple[int, int]]:
        """The signals sent to a process as (ns, number)."""
        return [(each.time_ns, each.detail) for each in self.seen if each.what == "signal" and each.pid == pid]

    def ended(self, pid: int) -> int | None:
        """When a process ended."""
        return next((each.time_ns for each in self.seen if each.what == "exit" and each.pid == pid), None)

    def zombies(self) -> list[int]:
        """The pids of the dead children that the daemon has not reaped."""
        return [pid for pid, child in self.kernel.machine.daemon.children.items() if child.state == "Z"]


def is_down(world: World, name: str) -> bool:
    """Whether a process counts as down now."""
    return ProcessState[world.state(name)] in (ProcessState.STOPPED, ProcessState.EXITED, ProcessState.FATAL)
