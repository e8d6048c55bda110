"""A daemon made of plain values, on a simulated kernel: what the control plane's tests serve to simulated clients."""

from __future__ import annotations

import xmlrpc.client
from collections.abc import Callable, Sequence
from typing import Any

from initd.config.model import Config, DaemonConfig, GroupConfig, PluginConfig, ProcessConfig, ServerConfig
from initd.control.http import STOCK_FACTORY, Servers, open_servers
from initd.drive.loop import Loop
from initd.states import Mood, ProcessState
from sim.kernel.kernel import SimKernel
from sim.kernel.sockets import SimClient

SECOND_NS = 1_000_000_000
PATH = "/var/run/s.sock"
SERVER = ServerConfig("unix_http_server", "unix", path=PATH)


class FakeProcess:
    """A ProcessView whose fields a test sets."""

    def __init__(self, group: str, name: str, instance: int, **fields: Any) -> None:
        self.group, self.name, self.instance = group, name, instance
        self.priority = 999
        self.state = ProcessState.STOPPED
        self.start_waits = self.restart_waits = False
        self.pid = self.start_wall = self.stop_wall = self.up_since = 0
        self.spawnerr = ""
        self.exitstatus: int | None = None
        self.logs = (f"/var/log/{name}.out", f"/var/log/{name}.err")
        for field, value in fields.items():
            setattr(self, field, value)


class FakeGroup:
    """A GroupView."""

    def __init__(self, name: str, processes: Sequence[FakeProcess], priority: int = 999) -> None:
        self.name, self.processes, self.priority = name, processes, priority


class FakeDaemon:
    """Implements `Daemon`. Calls that take time are kept in `asked` as (verb, process name, arguments, answer).

    With `patient` they stay unanswered until the test answers them; otherwise the answer is True, or what `answers`
    has for the verb.
    """

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self.mood = Mood.RUNNING
        self.identifier = "fake"
        self.main_log = "/var/log/main.log"
        self.patient = False
        self.answers: dict[str, Any] = {}
        self.asked: list[tuple[str, str, tuple[Any, ...], Callable[[Any], None]]] = []
        self.lines: list[tuple[str, str]] = []
        self.told: list[tuple[str, str]] = []
        self.live: list[FakeGroup] = []
        self.heard: list[Callable[[int | None], None]] = []
        interfaces = (PluginConfig("supervisor", STOCK_FACTORY, {}),)
        self.config = Config("/etc/s.conf", "/etc", DaemonConfig(logfile=self.main_log), (), (SERVER,), interfaces)

    # what the tests use
    def add(self, group: str, *processes: FakeProcess, priority: int = 999) -> None:
        self.live.append(FakeGroup(group, processes, priority))

    def program(self, name: str, instance: int, **fields: Any) -> FakeProcess:
        """A group of one."""
        process = FakeProcess(name, name, instance, **fields)
        self.add(name, process)
        return process

    def verbs(self) -> list[tuple[Any, ...]]:
        return [(verb, name, *arguments) for verb, name, arguments, _ in self.asked]

    def logged(self, level: str) -> list[str]:
        return [text for at, text in self.lines if at == level]

    def _ask(self, verb: str, about: int | str, arguments: tuple[Any, ...], answer: Callable[[Any], None]) -> None:
        name = (
            about
            if isinstance(about, str)
            else next(process.name for group in self.live for process in group.processes if process.instance == about)
        )
        self.asked.append((verb, name, arguments, answer))
        if not self.patient:
            answer(self.answers.get(f"{verb} {name}", self.answers.get(verb, True)))

    def changed(self, instance: int | None = None) -> None:
        """Tell who asked to hear of changes."""
        for heard in self.heard:
            heard(instance)

    # the protocol
    def on_change(self, heard: Callable[[int | None], None]) -> None:
        self.heard.append(heard)

    def pid(self) -> int:
        return 1

    def groups(self) -> Sequence[FakeGroup]:
        return sorted(self.live, key=lambda group: group.priority)

    def group(self, name: str) -> FakeGroup | None:
        return next((group for group in self.live if group.name == name), None)

    def process(self, group: str, name: str) -> FakeProcess | None:
        found = self.group(group)
        return next((process for process in found.processes if process.name == name), None) if found else None

    def check_command(self, instance: int, answer: Callable[[Any], None]) -> None:
        self._ask("check", instance, (), answer)

    def start(self, instance: int, wait: bool, answer: Callable[[Any], None]) -> None:
        self._ask("start", instance, (wait,), answer)

    def stop(self, instance: int, wait: bool, answer: Callable[[Any], None]) -> None:
        self._ask("stop", instance, (wait,), answer)

    def signal(self, instance: int, signal: int, answer: Callable[[Any], None]) -> None:
        self._ask("signal", instance, (signal,), answer)

    def write_stdin(self, instance: int, data: bytes, answer: Callable[[Any], None]) -> None:
        self._ask("stdin", instance, (data,), answer)

    def remote_event(self, kind: str, data: str) -> None:
        self.told.append((kind, data))

    def clear_logs(self, instance: int, answer: Callable[[Any], None]) -> None:
        self._ask("clear", instance, (), answer)

    def add_group(self, name: str, answer: Callable[[Any], None]) -> None:
        self._ask("add", name, (), answer)

    def remove_group(self, name: str, answer: Callable[[Any], None]) -> None:
        self._ask("remove", name, (), answer)

    def reread(self, answer: Callable[[Any], None]) -> None:
        self._ask("reread", "", (), answer)

    def check_reload(self, answer: Callable[[Any], None]) -> None:
        self._ask("check reload", "", (), answer)

    def clear_main_log(self, answer: Callable[[Any], None]) -> None:
        self._ask("clear main", "", (), answer)

    def shutdown(self) -> None:
        self.mood = Mood.SHUTDOWN

    def restart(self) -> None:
        self.mood = Mood.RESTARTING

    def in_use(self, config: GroupConfig) -> bool:
        return self.group(config.name) is not None

    def log_paths(self, instance: int) -> tuple[str | None, str | None]:
        return next(process.logs for group in self.live for process in group.processes if process.instance == instance)

    def settle_logs(self, instance: int, answer: Callable[[Any], None]) -> None:
        answer(True)

    def settle_main_log(self, answer: Callable[[Any], None]) -> None:
        answer(True)

    def configured(self, group: GroupConfig) -> Sequence[ProcessConfig]:
        return group.processes

    def log(self, level: str, text: str) -> None:
        self.lines.append((level, text))


class World:
    """A simulated machine with a fake daemon and its servers, and the means to let time pass."""

    def __init__(self, *servers: ServerConfig, nofile: int = 1024) -> None:
        self.kernel = SimKernel(nofile=nofile)
        self.errors: list[Exception] = []
        self.loop = Loop(self.kernel, self.errors.append)
        self.daemon = FakeDaemon(self.loop)
        self.kernel.files.put("/var/log/main.log", b"0123456")
        self.servers: Servers = open_servers(self.daemon, servers or (SERVER,))
        self.servers.announce()

    def turn(self, until_ns: int | None = None) -> bool:
        """One turn that waits until then (None: not at all); whether anything happened in it."""
        poll, happened = self.kernel.poll, []

        def watched(deadline_ns: int | None) -> list[tuple[int, int]]:
            ready = poll(deadline_ns)
            happened.extend(ready or self.kernel.workers.completed)
            return ready

        self.kernel.poll = watched
        try:
            self.loop.turn(self.kernel.mono() if until_ns is None else until_ns, lambda: None)
        finally:
            self.kernel.poll = poll
        return bool(happened) or self.loop.busy

    def settle(self) -> None:
        """Turn until nothing is left to do now."""
        for _ in range(100_000):
            if not self.turn() and not self.turn():
                return
        raise AssertionError("it goes on for ever")

    def pass_time(self, seconds: float) -> None:
        """Let that much time pass."""
        end_ns = self.kernel.mono() + int(seconds * SECOND_NS)
        while self.kernel.mono() < end_ns:
            self.turn(end_ns)
        self.settle()

    def connect(self, path: str = PATH) -> SimClient:
        return self.kernel.connect_unix(path)

    def open_fds(self) -> int:
        return self.kernel.open_count()

    def exchange(self, data: bytes) -> bytes:
        """Send one request on a connection of its own and return everything that comes back."""
        client = self.connect()
        client.send(data)
        self.settle()
        client.close()
        self.settle()
        return bytes(client.received)

    def call(self, method: str, *params: Any) -> Any:
        """The value of an XML-RPC call; raises xmlrpc.client.Fault."""
        return self.begin(method, *params)()

    def fault(self, method: str, *params: Any) -> tuple[int, str]:
        """The code and text of the fault that a call ends in."""
        try:
            value = self.call(method, *params)
        except xmlrpc.client.Fault as error:
            return error.faultCode, error.faultString
        raise AssertionError(f"no fault but {value!r}")

    def begin(self, method: str, *params: Any) -> Callable[[], Any]:
        """Send a call; the returned function reads its answer, when there is one."""
        client = self.connect()
        client.send(
            post(
                xmlrpc.client.dumps(
                    params, method if "." in method else f"supervisor.{method}", allow_none=True
                ).encode()
            )
        )
        self.settle()

        def answer() -> Any:
            status, _, body = parse(bytes(client.received))
            assert status == 200, status
            client.close()
            return xmlrpc.client.loads(body)[0][0]

        return answer


def call_body(method: str, *params: Any) -> bytes:
    """An XML-RPC request; without a namespace `method` is `supervisor.*`."""
    return xmlrpc.client.dumps(params, method if "." in method else f"supervisor.{method}", allow_none=True).encode()


def post(body: bytes, *headers: str, path: str = "/RPC2", version: str = "1.1") -> bytes:
    lines = [f"POST {path} HTTP/{version}", "Host: localhost", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def get(path: str, *headers: str, method: str = "GET", version: str = "1.1") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/{version}", "Host: localhost", *headers, "", ""]).encode()


def parse(data: bytes) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the first response in `data`, chunks put together."""
    head, _, rest = data.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    if headers.get("transfer-encoding") == "chunked":
        return int(first.split()[1]), headers, unchunk(rest)
    size = int(headers.get("content-length", len(rest)))
    return int(first.split()[1]), headers, rest[:size]


def unchunk(data: bytes) -> bytes:
    body = b""
    while data:
        size, _, data = data.partition(b"\r\n")
        body, data = body + data[: int(size, 16)], data[int(size, 16) + 2 :]
    return body


STATE_CALL = call_body("getState")
