"""The whole stage: the shipped daemon on the simulated kernel (`sim.simulation`), driven as a user would drive it.

Its configuration is text, its clients speak XML-RPC over the UNIX socket, SHUTDOWN is a SIGTERM. Children are scripts
(`sim.children.lives`, or a behaviour). The daemon is not PID 1, unless it is told to be: so nothing follows the end of
its programs.
"""

from __future__ import annotations

import re
import xmlrpc.client
from functools import lru_cache

from initd.config.host import Host
from initd.config.load import Arguments, load
from initd.record import Record, quicken
from initd.states import ProcessState
from initd.supervise.effects import StateChanged
from sim.kernel import SimFiles
from sim.scenario import Kind
from sim.simulation import Change, Simulation
from sim.stage.kernel import DAEMON_PID, StageKernel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from initd.config.model import Config
    from sim.scenario import Op, Program, Scenario
    from sim.trace import Trace

CONF, SOCKET, COMMAND = "/etc/supervisord.conf", "/var/run/s.sock", "/usr/bin/program"
HEAD = f"""[unix_http_server]
file={SOCKET}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[supervisord]
logfile=/var/log/supervisord.log
"""
ARGUMENTS = Arguments(CONF)
SIGTERM = 15
NO_LOG = "stdout_logfile=NONE"
METHODS = {Kind.START: "startProcess", Kind.STOP: "stopProcess", Kind.SIGNAL: "signalProcess"}
FAULT = re.compile(rb"<name>faultString</name>\s*<value><string>([A-Z_]+)")


def play(scenario: Scenario, pid: int = DAEMON_PID, start_delay_ns: int = 0) -> Trace:
    """The story of a scenario; with `pid` 1 the daemon is PID 1 of its namespace. A child begins so long after its fork."""
    stage = DaemonStage(scenario, pid)
    stage.kernel.delay_starts(start_delay_ns)
    stage.run()
    return stage.trace


def config_text(
    scenario: Scenario, head: str = HEAD, command: Callable[[str], str] = lambda name: COMMAND, log: str = NO_LOG
) -> str:
    """The supervisord.conf of a scenario; programs of one name in several groups are told apart by `process_name`.

    `log` are the lines that say where stdout goes.
    """
    parts = [head]
    single = all(len(g.programs) == 1 and (g.name, g.priority) == (g.programs[0].name, g.programs[0].priority)
                 for g in scenario.groups)  # fmt: skip
    for group in scenario.groups:
        names = [program.name if single else f"{group.name}.{program.name}" for program in group.programs]
        if not single:
            parts.append(f"[group:{group.name}]\nprograms={','.join(names)}\npriority={group.priority}\n")
        for name, program in zip(names, group.programs, strict=True):
            parts.append(_section(name, program, command(f"{group.name}:{program.name}"), log))
    return "".join(parts)


def _section(name: str, program: Program, command: str, log: str) -> str:
    return f"""[program:{name}]
process_name={program.name}
command={command}
{log}
stderr_logfile=NONE
priority={program.priority}
autostart={str(program.autostart).lower()}
startsecs={program.startsecs}
startretries={program.startretries}
autorestart={program.autorestart}
exitcodes={",".join(map(str, program.exitcodes))}
stopsignal={program.stopsignal}
stopwaitsecs={program.stopwaitsecs}
stopasgroup={str(program.stopasgroup).lower()}
killasgroup={str(program.killasgroup).lower()}
"""


def _files(text: str) -> SimFiles:
    files = SimFiles()
    files.put(CONF, text.encode())
    files.program(COMMAND)
    return files


def _host(files: SimFiles) -> Host:
    return Host({"PATH": "/usr/bin:/bin"}, "/", "sim", "/tmp", "initd", files)


@lru_cache(maxsize=256)
def _read(text: str) -> Config:
    """What that file says. Who plays a scenario twice, or shrinks one, reads most files more than once."""
    return load(ARGUMENTS, _host(_files(text)))


class StageError(Exception):
    """The daemon broke down, or broke a rule that only the kernel sees."""


class DaemonStage:
    """One run; `trace` grows as the story goes."""

    def __init__(self, scenario: Scenario, pid: int = DAEMON_PID, log: str = NO_LOG) -> None:
        self._scenario = scenario
        self.trace: Trace = []
        text = config_text(scenario, log=log)
        files = _files(text)
        self.kernel = StageKernel(self.tell, scenario, files, pid)
        self.simulation = Simulation(self.kernel, _read(text), ARGUMENTS, _host(files), self._changed)

    def run(self) -> None:
        """Play it to its end."""
        ops = self._scenario.ops
        for at, op in enumerate(ops):
            first = not at or ops[at - 1].time_ns < op.time_ns
            when = self.kernel.at if op.kind is Kind.SHUTDOWN and first and op.time_ns else self.kernel.at_rest
            when(op.time_ns, lambda at=at, op=op: OPERATIONS[op.kind](self, at, op))  # type: ignore[misc]
        self.simulation.run(self._scenario.until_ns)
        if "uncaptured python exception" in self.simulation.main_log():
            raise StageError(f"the daemon broke down:\n{self.simulation.main_log()}")
        if self.simulation.exit_status is not None:
            self.tell("", "exit", str(self.simulation.exit_status))
        if not any(program.behaviour for _, program in self._scenario.programs()):
            self._judge()  # behaviours may leave processes behind that no rule of these knows

    def _judge(self) -> None:
        """Whether the machine is as it should be now."""
        kernel, status = self.kernel, self.simulation.exit_status
        states = self.simulation.session.core.groups
        excused = {
            each.pid for group in states for each in group.processes if status or each.state is ProcessState.UNKNOWN
        }
        kernel.watch_children.end(kernel.now, kernel.open_count(), status is not None, excused)
        if kernel.watch_children.broken:
            raise StageError("\n".join(kernel.watch_children.broken))

    def tell(self, program: str, what: str, detail: str) -> None:
        """One more entry, now."""
        self.trace.append((self.kernel.now, program, what, detail))

    def _changed(self, changed: Change) -> None:
        """A change of state. What follows it is told by the kernel, but for a signal to one already reaped, which is not sent."""
        change = changed.change
        name = f"{change.group}:{change.name}"
        self.tell(name, "state", state_text(change))
        if change.new is ProcessState.STOPPING and self.kernel.process(change.pid) is None:
            self.tell(name, "signal", self.kernel.stop_detail(name))

    # -- operations --------------------------------------------------------------------------------------------------

    def _call(self, at: int, op: Op) -> None:
        try:
            client: Any = self.kernel.connect_unix(SOCKET)
        except OSError:
            return  # the daemon is gone
        client.received = _Response(lambda answer: self._answered(at, op, answer, client))
        client.send(request(op.kind, op.target, op.argument))

    def _answered(self, at: int, op: Op, answer: str, client: Any) -> None:
        self.tell(op.target, "answer", f"{at} {answer}")
        self.kernel.clock.soon(client.close)

    def _outsider(self, at: int, op: Op) -> None:
        pid = self.kernel.pids.get(op.target)
        if pid is not None:
            self.kernel.outsider_kill(pid, op.argument)

    def _refuse(self, at: int, op: Op) -> None:
        self.kernel.refuse_kill(op.target, op.argument)

    def _step_wall(self, at: int, op: Op) -> None:
        self.kernel.step_wall(op.argument)

    def _shut_down(self, at: int, op: Op) -> None:
        self.kernel.signal_daemon(SIGTERM)


OPERATIONS: dict[Kind, Callable[[DaemonStage, int, Op], None]] = {
    Kind.START: DaemonStage._call,
    Kind.STOP: DaemonStage._call,
    Kind.SIGNAL: DaemonStage._call,
    Kind.OUTSIDER: DaemonStage._outsider,
    Kind.REFUSE: DaemonStage._refuse,
    Kind.WALL: DaemonStage._step_wall,
    Kind.SHUTDOWN: DaemonStage._shut_down,
}


def state_text(change: StateChanged) -> str:
    """The detail of a `state` entry."""
    state = change.new
    if state is ProcessState.STARTING or state is ProcessState.BACKOFF:
        return f"{state.name} {change.tries}"
    if state is ProcessState.EXITED:
        return "EXITED expected" if change.expected else "EXITED unexpected"
    return state.name


_REQUESTS: dict[tuple[Kind, str, int], bytes] = {}


def request(kind: Kind, target: str, argument: int) -> bytes:
    """The HTTP request of a client's operation."""
    key = (kind, target, argument)
    made = _REQUESTS.get(key)
    if made is None:
        params = (target, argument) if kind is Kind.SIGNAL else (target, False)
        body = xmlrpc.client.dumps(params, f"supervisor.{METHODS[kind]}").encode()
        head = f"POST /RPC2 HTTP/1.1\r\nHost: s\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\n\r\n"
        made = _REQUESTS[key] = head.encode() + body
    return made


class _Response(bytearray):
    """What a client receives; `done(answer)` is called once that is a whole response."""

    def __init__(self, done: Callable[[str], None]) -> None:
        super().__init__()
        self._done = done

    def __iadd__(self, data: Any) -> Any:  # type: ignore[misc]
        whole = super().__iadd__(data)
        if self.endswith(b"</methodResponse>\n"):
            found = FAULT.search(self)
            self._done("OK" if found is None else found[1].decode())
        return whole


def _kinds(base: type[Record]) -> list[type[Record]]:
    kinds = [each for kind in base.__subclasses__() for each in (kind, *_kinds(kind))]
    return [kind for kind in kinds if kind.__module__.startswith(("initd.", "sim."))]


quicken(*_kinds(Record))
