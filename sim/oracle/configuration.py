"""A scenario's configuration as supervisord's own file, and what the real parser makes of it."""

from __future__ import annotations

import functools
import io
import os

from supervisor.options import ProcessGroupConfig, ServerOptions, UnhosedConfigParser
from supervisor.states import SupervisorStates

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from sim.oracle.kernel import Kernel
    from sim.oracle.speakers import SpeakingKernel
    from sim.scenario import Group, Program, Scenario

PATH = "/supervisord.conf"
HEADER = "[supervisord]\nlogfile=/dev/null\npidfile=/dev/null\n"
DEFAULTS: dict[str, object] = {
    "priority": 999,
    "autostart": True,
    "startsecs": 1,
    "startretries": 3,
    "autorestart": "unexpected",
    "exitcodes": (0,),
    "stopsignal": 15,
    "stopwaitsecs": 10,
    "stopasgroup": False,
}
CACHED = 16384
"""So many programs are kept as the parser has read them."""


def text_of(scenario: Scenario) -> str:
    """The configuration file; programs carry their group in the section's name, since that must be unique."""
    return HEADER + "".join(_group(group) for group in scenario.groups)


def _group(group: Group) -> str:
    members = ",".join([f"{group.name}.{each.name}" for each in group.programs])
    sections = "".join([_program(group.name, each) for each in group.programs])
    return f"[group:{group.name}]\npriority={group.priority}\nprograms={members}\n{sections}"


def _program(group: str, program: Program) -> str:
    """Its section. What has supervisord's own default is left out, since parsing is half the work of a short play."""
    lines = [
        f"[program:{group}.{program.name}]",
        f"process_name={program.name}",
        f"command=/run {group}:{program.name}",
        "stdout_logfile=NONE",
        "redirect_stderr=true",
    ]
    for option, default in DEFAULTS.items():
        value = getattr(program, option)
        if value != default:
            lines.append(f"{option}={','.join(map(str, value)) if isinstance(value, tuple) else value}")
    if program.killasgroup != program.stopasgroup:
        lines.append(f"killasgroup={program.killasgroup}")
    return "\n".join(lines) + "\n"


class VirtualOptions(ServerOptions):  # type: ignore[misc]
    """supervisor's options object, which is its door to the kernel, with the virtual kernel behind the door."""

    test = False

    def __init__(self) -> None:
        super().__init__()
        self.environ_expansions: dict[str, str] = {}  # no %(ENV_…)s: the same on every machine
        self.kernel: Kernel | SpeakingKernel
        self.socket_map: dict[int, Any] = {}
        self._text = HEADER
        self._about_to_fork = ""
        self._last_fd = 0
        self.pipes: dict[str, int | None] = {}
        self.realize(["-n", "-c", PATH], doc="")

    def read(self, text: str) -> list[Any]:
        """The group configurations of a whole file, by the way a running supervisord reads its file again."""
        self._text = text
        self.process_config(do_usage=False)
        return list(self.process_group_configs)

    @property
    def text(self) -> str:
        """What the file says."""
        return self._text

    def put(self, text: str) -> None:
        """Let that be what the file says from now on."""
        self._text = text

    def begin(
        self, groups: list[Any], kernel: Kernel | SpeakingKernel, socket_map: dict[int, Any], poller: Any, logger: Any
    ) -> None:
        """Be as new, with that configuration on that kernel."""
        self.process_group_configs = groups
        self.kernel, self.socket_map, self.poller, self.logger = kernel, socket_map, poller, logger
        self.pidhistory: dict[int, Any] = {}
        self.mood = SupervisorStates.RUNNING
        self.signal_receiver._signals_recvd.clear()
        self._last_fd = max(socket_map, default=2)

    # -- reading the file

    def exists(self, path: str) -> bool:
        return path == PATH

    def open(self, fn: str, mode: str = "r") -> io.StringIO:
        assert fn == PATH
        return io.StringIO(self._text)

    # -- processes

    def stat(self, filename: str) -> os.stat_result:
        return _EXECUTABLE

    def check_execv_args(self, filename: str, argv: list[str], st: os.stat_result) -> None:
        self._about_to_fork = argv[1]  # called right before fork(), which is not told which program it is for

    def fork(self) -> int:
        return self.kernel.fork(self._about_to_fork)

    def kill(self, pid: int, signal: int) -> None:
        self.kernel.kill(pid, signal)

    def waitpid(self) -> tuple[int | None, int | None]:
        return self.kernel.waitpid()

    # -- pipes: it is the reap that tells of an end

    def make_pipes(self, stderr: bool = True) -> dict[str, int | None]:
        pipes: dict[str, int | None] = dict.fromkeys(_PIPES)
        for end in _PIPES if stderr else _PIPES[:4]:
            self._last_fd += 1
            pipes[end] = self._last_fd
        self.pipes = pipes  # it is made right before the fork that it is for
        return pipes

    def close_fd(self, fd: int) -> bool:
        self.kernel.close(fd)
        return True

    def readfd(self, fd: int) -> bytes:
        return self.kernel.read(fd)

    def write(self, fd: int, data: bytes) -> int:
        return self.kernel.write(fd, data)

    def about_to_poll(self, daemon: Any) -> None:
        """Nothing: a place for a mend."""

    def get_socket_map(self) -> dict[int, Any]:
        return self.socket_map


_PIPES = ("child_stdin", "stdin", "stdout", "child_stdout", "stderr", "child_stderr")
_EXECUTABLE = os.stat_result((0o100755, *[0] * 9))


@functools.cache
def options() -> VirtualOptions:
    """The one options object of this process."""
    return VirtualOptions()


def parsed(scenario: Scenario) -> list[Any]:
    """What the real parser makes of that scenario's file; ValueError with its words if it takes offence.

    Reading it whole is half the work of a short play. So each program is read by itself, in a group of its own, and once;
    the result is the same.
    """
    groups = []
    for group in scenario.groups:
        alone = [_read(_group(group.replace(programs=(each,)))) for each in group.programs]
        if len(alone) == 1:
            groups.append(alone[0])
        else:
            members = [config for each in alone for config in each.process_configs]
            priority = alone[0].priority if alone else group.priority
            groups.append(ProcessGroupConfig(options(), group.name, priority, members))
    return sorted(groups)


@functools.lru_cache(maxsize=CACHED)
def _read(text: str) -> Any:
    """The one group of those sections."""
    parser = UnhosedConfigParser()
    parser.expansions = {}
    parser.read_string(text)
    (group,) = options().process_groups_from_parser(parser)
    return group
