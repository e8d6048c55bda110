"""Groups and processes as plugins know them: `group.config.process_configs`, `group.processes`, `process.state`.

They are views of the live ones, made when asked for. Putting a process into `group.processes` has it join, deleting one has it
leave; lists of configurations are copies, and follow.
"""

from __future__ import annotations

import errno

from initd.config.model import AUTO
from initd.errors import ProtocolFault
from initd.states import STOPPED_STATES, ProcessState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from initd.config import model
    from initd.control.daemon import Daemon, GroupView, ProcessView
    from initd.control.steps import Later

_LOG_FIELDS = {
    "logfile": "file",
    "logfile_maxbytes": "maxbytes",
    "logfile_backups": "backups",
    "capture_maxbytes": "capture_maxbytes",
    "events_enabled": "events_enabled",
    "syslog": "syslog",
}


class ProcessConfig:
    """The options of one process, by supervisord's names."""

    def __init__(self, config: model.ProcessConfig) -> None:
        self._config = config

    def __getattr__(self, name: str) -> Any:
        channel, _, option = name.partition("_")
        if channel in ("stdout", "stderr") and option in _LOG_FIELDS:
            found = getattr(getattr(self._config, channel), _LOG_FIELDS[option])
            return "auto" if found is AUTO else found
        if name.startswith("_") or name not in self._config._fields:
            raise AttributeError(f"config.{name} is not among what plugins get of a process")
        return getattr(self._config, name)

    def create_autochildlogs(self) -> None:
        """Done when the process joins."""

    def make_process(self, group: Group | None = None) -> Joining:
        """Something to put into `group.processes`."""
        return Joining(self._config)


class Joining:
    """A process that is not in any group yet."""

    def __init__(self, config: model.ProcessConfig) -> None:
        self.member = config
        self.config = ProcessConfig(config)
        self.pid = 0
        self.state = int(ProcessState.STOPPED)


class ConfigOfGroup:
    """The options of a group."""

    def __init__(self, config: model.GroupConfig) -> None:
        self.name, self.priority = config.name, config.priority
        self.process_configs = [ProcessConfig(process) for process in config.processes]


class Group:
    """A live group."""

    def __init__(self, daemon: Daemon, view: GroupView, pending: list[Later]) -> None:
        self._daemon, self._view, self._pending = daemon, view, pending

    @property
    def config(self) -> ConfigOfGroup:
        """As it is configured by now."""
        found = self._daemon.live_group(self._view.name)
        if found is None:
            raise KeyError(self._view.name)
        return ConfigOfGroup(found)

    @property
    def processes(self) -> Processes:
        """The members by name."""
        return Processes(self._daemon, self._view, self._pending)

    def __lt__(self, other: Group) -> bool:
        """By priority."""
        return self._view.priority < other._view.priority

    def get_unstopped_processes(self) -> list[Process]:
        """The members that do not count as down."""
        return [process for process in self.processes.values() if process.state not in STOPPED_STATES]

    def stop_all(self) -> None:
        """Stop what runs, and what waits to be tried again."""
        for process in self.get_unstopped_processes():
            if not process.killing:
                process.stop()

    def transition(self) -> None:
        """Nothing: states change when they are due, here."""


class Processes(dict[str, "Process"]):
    """The members of a group; what is put in joins, and what is deleted leaves."""

    def __init__(self, daemon: Daemon, view: GroupView, pending: list[Later]) -> None:
        super().__init__({process.name: Process(daemon, process, pending) for process in view.processes})
        self._daemon, self._group, self._pending = daemon, view.name, pending

    def __setitem__(self, name: str, process: Any) -> None:
        group, daemon = self._group, self._daemon
        self._pending.append(lambda answer: daemon.add_member(group, process.member, answer))

    def __delitem__(self, name: str) -> None:
        instance, daemon = self[name].instance, self._daemon
        super().__delitem__(name)
        self._pending.append(lambda answer: daemon.remove_member(instance, answer))


class Process:
    """A live process."""

    def __init__(self, daemon: Daemon, view: ProcessView, pending: list[Later]) -> None:
        self._daemon, self._view, self._pending = daemon, view, pending

    @property
    def instance(self) -> int:
        """The number of the live object; it is ours, not supervisord's."""
        return self._view.instance

    @property
    def group(self) -> Group | None:
        """The group it is in."""
        found = self._daemon.group(self._view.group)
        return None if found is None else Group(self._daemon, found, self._pending)

    @property
    def config(self) -> ProcessConfig:
        """Its options."""
        group = self._daemon.live_group(self._view.group)
        for config in group.processes if group is not None else ():
            if config.name == self._view.name:
                return ProcessConfig(config)
        raise KeyError(self._view.name)

    @property
    def pid(self) -> int:
        return self._view.pid

    @property
    def state(self) -> int:
        return int(self._view.state)

    @property
    def killing(self) -> bool:
        """Whether it is being stopped."""
        return self._view.state is ProcessState.STOPPING

    @property
    def laststart(self) -> float:
        """In seconds of the wall clock, 0 for never."""
        return self._view.start_wall / 1e9

    @property
    def laststop(self) -> float:
        """In seconds of the wall clock, 0 for never."""
        return self._view.stop_wall / 1e9

    @property
    def spawnerr(self) -> str | None:
        return self._view.spawnerr or None

    @property
    def exitstatus(self) -> int | None:
        return self._view.exitstatus

    def __lt__(self, other: Process) -> bool:
        """By priority."""
        return self._view.priority < other._view.priority

    def get_state(self) -> int:
        """The code of its state."""
        return self.state

    def spawn(self) -> None:
        """Start it; it has a pid, or an error, when the call of the plugin returns."""
        self._ask(lambda answer: self._daemon.start(self.instance, False, answer))

    def stop(self) -> None:
        """Send it its stop signal."""
        self._ask(lambda answer: self._daemon.stop(self.instance, False, answer))

    def signal(self, sig: int) -> None:
        """Send it a signal."""
        self._ask(lambda answer: self._daemon.signal(self.instance, sig, answer))

    def _ask(self, later: Later) -> None:
        """Have something done before the call returns; what comes of it is in the state, not in the answer."""
        self._pending.append(lambda answer: later(lambda outcome: answer(None)))

    def write(self, chars: bytes) -> None:
        """Give it something to read on its standard input; OSError, and TypeError for text, as there."""
        if not isinstance(chars, bytes):
            raise TypeError(f"can't concat {type(chars).__name__} to bytes")
        answers: list[Any] = []
        self._daemon.write_stdin(self.instance, chars, answers.append)
        if answers and isinstance(answers[0], ProtocolFault):
            raise OSError(errno.EPIPE, answers[0].text)
