"""The stage of broadcasts: the shipped daemon on the simulated kernel, and children that speak as they are told to."""

from __future__ import annotations

from initd.config.host import Host
from initd.config.load import Arguments, load
from sim.broadcast import CALLS, STOP_NS, Stream, log_entry, text_of
from sim.kernel import SimFiles, SimKernel
from sim.kernel.pipes import PipeReader, PipeWriter
from sim.simulation import Change, Simulation
from sim.stage.calls import Stamped, call_bytes, parse_reply
from sim.stage.daemon import state_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from initd.kernel.port import Child, SpawnSpec
    from sim.broadcast import Broadcast, Deed, Speaker, Utterance
    from sim.kernel.pipes import Pipe
    from sim.trace import Trace

CONF, SOCKET, MAIN_LOG, COMMAND = "/etc/supervisord.conf", "/var/run/s.sock", "/var/log/supervisord.log", "/run"
HEAD = f"""[unix_http_server]
file={SOCKET}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[supervisord]
logfile={MAIN_LOG}
"""
WALL_NS = 2**20 * 1_000_000_000
"""What the wall clock shows at the boot; supervisor's shows the same (`sim.oracle.clock`), so ticks do."""
METHODS = {
    "start": "startProcess", "stop": "stopProcess", "emit": "sendRemoteCommEvent", "reread": "reloadConfig",
    "add": "addProcessGroup", "remove": "removeProcessGroup",
}  # fmt: skip
SIGHUP, SIGKILL, SIGTERM = 1, 9, 15


def play(broadcast: Broadcast) -> Trace:
    """The story of a broadcast."""
    stage = BroadcastStage(broadcast)
    stage.run()
    return stage.trace


class _Files(SimFiles):
    """A disk whose main log is listened to."""

    hear: Callable[[str], None] = staticmethod(lambda line: None)

    def append(self, fd: int, data: bytes) -> int:
        size = super().append(fd, data)
        if self.storage.opened.get(self._descriptors.get(fd)) == MAIN_LOG:
            for line in data.decode().splitlines():
                self.hear(line[29:])
        return size


class _Kernel(SimKernel):
    """A kernel that tells of forks and of what is written to stdin; `forks` has who each pid was."""

    tell: Callable[[str, str, str], None]

    def __init__(self, files: SimFiles, programs: Callable[..., Any]) -> None:
        super().__init__(pid=50, programs=programs, files=files, wall=WALL_NS)
        self.forks: dict[int, str] = {}
        self.pids: dict[str, int] = {}
        self._tries: dict[str, int] = {}
        self._ears: dict[Pipe, tuple[str, Stream]] = {}

    def spawn(self, spec: SpawnSpec) -> Child:
        name = _key(spec.env)
        child = super().spawn(spec)
        self._tries[name] = self._tries.get(name, 0) + 1
        self.pids[name], self.forks[child.pid] = child.pid, f"{name}#{self._tries[name]}"
        self.tell(name, "spawn", str(self._tries[name]))
        reader = self.machine.descriptors.entries.get(spec.stdin)
        if isinstance(reader, PipeReader):
            self._ears[reader.pipe] = name, Stream()
        return child

    def write(self, fd: int, data: bytes) -> int:
        size = super().write(fd, data)
        writer = self.machine.descriptors.entries.get(fd)
        if isinstance(writer, PipeWriter) and writer.pipe in self._ears:
            name, stream = self._ears[writer.pipe]
            for event in stream.feed(data[:size], self.forks):
                self.tell(name, "sent", event)
        return size


class BroadcastStage:
    """One run; `trace` grows as the story goes."""

    def __init__(self, broadcast: Broadcast) -> None:
        self._broadcast = broadcast
        self.trace: Trace = []
        self._speakers = {speaker.name: speaker for speaker in broadcast.speakers}
        files = self._files = _Files()
        files.hear = self._logged
        files.program(COMMAND)
        self._write(0)
        self.kernel = _Kernel(files, self._script)
        self.kernel.tell = self.tell
        host = Host({"PATH": "/bin"}, "/", "sim", "/tmp", "initd", files)
        arguments = Arguments(CONF)
        self.simulation = Simulation(self.kernel, load(arguments, host), arguments, host, self._changed)

    def run(self) -> None:
        """Play it to its end."""
        for at, deed in enumerate(self._broadcast.deeds):
            self.kernel.at_rest(deed.time_ns, lambda at=at, deed=deed: self._do(at, deed))  # type: ignore[misc]
        self.simulation.run(self._broadcast.until_ns)
        if self.simulation.exit_status is not None:
            self.tell("", "exit", str(self.simulation.exit_status))
        log = self.simulation.main_log()
        if "uncaptured python exception" in log:
            raise RuntimeError(f"the daemon broke down:\n{log}")

    def tell(self, who: str, what: str, detail: str) -> None:
        """One more entry, now."""
        self.trace.append((self.kernel.now, who, what, detail))

    def _changed(self, changed: Change) -> None:
        change = changed.change
        self.tell(f"{change.group}:{change.name}", "state", state_text(change))

    def _logged(self, line: str) -> None:
        entry = log_entry(line)
        if entry is not None:
            self.tell(entry[0], "log", entry[1])

    def _script(self, argv: tuple[str, ...], env: Mapping[str, str], attempt: int) -> list[Any]:
        speaker = self._speakers.get(_key(env))
        stop = ["handle", "TERM", [["sleep", STOP_NS / 1e9], ["exit", 0]]]
        return [stop, *(script(speaker) if speaker is not None else [["pause"]])]

    def _write(self, number: int) -> None:
        self._files.put(CONF, (HEAD + self._broadcast.files[number]).encode())

    # -- deeds -------------------------------------------------------------------------------------------------------

    def _do(self, at: int, deed: Deed) -> None:
        if deed.what in CALLS:
            self._call(at, deed)
        elif deed.what == "write":
            self._write(int(deed.arguments[0]))
        elif deed.what == "kill":
            pid = self.kernel.pids.get(deed.arguments[0])
            if pid is not None:
                self.kernel.outsider_kill(pid, SIGKILL)
        else:
            self.kernel.signal_daemon(SIGHUP if deed.what == "reload" else SIGTERM)

    def _call(self, at: int, deed: Deed) -> None:
        try:
            client: Any = self.kernel.connect_unix(SOCKET)
        except OSError:
            return  # the daemon is gone
        params: tuple[Any, ...] = deed.arguments
        if deed.what in ("start", "stop"):
            params = (*params, False)
        elif deed.what == "emit":
            params = (deed.arguments[0], text_of(deed))
        client.received = _Reply(lambda: self.kernel.now, lambda value: self._answered(at, deed, value, client))
        client.send(call_bytes(f"supervisor.{METHODS[deed.what]}", *params))

    def _answered(self, at: int, deed: Deed, value: Any, client: Any) -> None:
        self.tell("clients", "answer", f"{at:03} {deed.what} {answer_text(value)}")
        self.kernel.clock.soon(client.close)


class _Reply(Stamped):
    """What a client receives; `done(value)` is called once that is a whole reply."""

    def __init__(self, clock: Callable[[], int], done: Callable[[Any], None]) -> None:
        super().__init__(clock)
        self._done = done

    def __iadd__(self, data: Any) -> Any:  # type: ignore[misc]
        whole = super().__iadd__(data)
        value = parse_reply(bytes(self))
        if value is not None:
            self._done(value)
        return whole


def answer_text(value: Any) -> str:
    """How an answer is told: a fault by its name."""
    fault = getattr(value, "faultString", None)
    return fault.partition(":")[0] if fault is not None else "OK" if value is True else repr(value)


def script(speaker: Speaker) -> list[Any]:
    """What a child does, as a script."""
    steps = _steps(speaker.first)
    answers = [[["hear"], *_steps(answer)] for answer in speaker.answers]
    for answer in answers[:-1]:
        steps += answer
    return [*steps, ["loop", answers[-1]] if answers else ["pause"]]


def _steps(utterances: tuple[Utterance, ...]) -> list[Any]:
    steps: list[Any] = []
    for each in utterances:
        steps.append(["sleep", each.after_ns / 1e9])
        steps.append(["write", "out", each.text] if each.exits is None else ["exit", each.exits])
    return steps


def _key(env: Mapping[str, str]) -> str:
    return f"{env['SUPERVISOR_GROUP_NAME']}:{env['SUPERVISOR_PROCESS_NAME']}"
