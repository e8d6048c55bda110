"""`supervisord` and `supervisord.options` as factories of rpcinterfaces get them (supervisord-4.3 §10)."""

from __future__ import annotations

from initd.control.facade.members import ConfigOfGroup, Group, Process, ProcessConfig
from initd.errors import ConfigError
from initd.states import Mood

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from initd.config.model import ServerConfig
    from initd.control.daemon import Daemon
    from initd.control.steps import Later

AF_UNIX, AF_INET = 1, 2
"""The numbers of address families on Linux."""
LEVELS = {50: "crit", 40: "error", 30: "warn", 20: "info", 10: "debug", 5: "trace", 3: "blather"}


class Supervisord:
    """The daemon. What plugins ask for that takes time is in `take_pending` until its caller waits for it."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon
        self._pending: list[Later] = []
        self.options = Options(daemon)

    @property
    def process_groups(self) -> dict[str, Group]:
        """The live groups by name."""
        return {group.name: Group(self._daemon, group, self._pending) for group in self._daemon.groups()}

    def process(self, group: str, name: str) -> Process | None:
        """A live process."""
        found = self._daemon.process(group, name)
        return None if found is None else Process(self._daemon, found, self._pending)

    def get_state(self) -> int:
        """The mood's code."""
        return int(self._daemon.mood)

    def add_process_group(self, config: ConfigOfGroup) -> bool:
        """Make a configured group live; False if it is."""
        if config.name in self.process_groups:
            return False
        name = config.name
        self._pending.append(lambda answer: self._daemon.add_group(name, answer))
        return True

    def remove_process_group(self, name: str) -> bool:
        """Forget a group; False if something of it runs. KeyError."""
        if self.process_groups[name].get_unstopped_processes():
            return False
        self._pending.append(lambda answer: self._daemon.remove_group(name, answer))
        return True

    def take_pending(self) -> list[Later]:
        """What is to be waited for, once."""
        pending = self._pending[:]
        self._pending.clear()
        return pending


class Options:
    """supervisord's options: the log, the mood, what the configuration says."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon
        self.logger = Logger(daemon)

    @property
    def mood(self) -> int:
        """The code of what the daemon is about; set it to end or restart the daemon."""
        return int(self._daemon.mood)

    @mood.setter
    def mood(self, mood: int) -> None:
        if mood == Mood.SHUTDOWN:
            self._daemon.shutdown()
        elif mood == Mood.RESTARTING:
            self._daemon.restart()

    @property
    def identifier(self) -> str:
        """The identifier of the configuration."""
        return self._daemon.identifier

    @property
    def loglevel(self) -> int:
        """The number of the least level that is logged."""
        name = self._daemon.config.daemon.loglevel
        return next(number for number, short in LEVELS.items() if name.startswith(short))

    @property
    def configfile(self) -> str:
        """The path of the main configuration file."""
        return self._daemon.config.path

    @property
    def here(self) -> str:
        """The directory of it."""
        return self._daemon.config.here

    @property
    def process_group_configs(self) -> list[ConfigOfGroup]:
        """The groups of the configuration as last read."""
        return [ConfigOfGroup(group) for group in self._daemon.config.groups]

    @property
    def server_configs(self) -> list[dict[str, Any]]:
        """The HTTP servers, as dictionaries."""
        return [_server(server) for server in self._daemon.config.servers]

    def __getattr__(self, name: str) -> Any:
        """Whatever else [supervisord] says, by the name of its key."""
        config = self._daemon.config.daemon
        if name.startswith("_") or name not in config._fields:
            raise AttributeError(f"options.{name} is not among what plugins get of supervisord")
        return getattr(config, name)

    def get_pid(self) -> int:
        """The process id of the daemon."""
        return self._daemon.pid()

    def kill(self, pid: int, signal: int) -> None:
        """Send a signal to any process; OSError."""
        self._daemon.loop.kernel.kill(pid, signal)

    def processes_from_section(
        self, parser: Any, section: str, group_name: str, klass: object = None
    ) -> list[ProcessConfig]:
        """The processes that a section of a parser stands for; ValueError in supervisord's words."""
        options = {name: str(value) for name, value in parser.items(section)}
        try:
            found = self._daemon.read_program(section, options, group_name)
        except ConfigError as error:
            raise ValueError(error.text) from error
        return [ProcessConfig(each) for each in found]


def _server(config: ServerConfig) -> dict[str, Any]:
    found: dict[str, Any] = {
        "section": config.section,
        "name": config.section.partition(":")[2] or None,
        "username": config.username,
        "password": config.password,
    }
    if config.family == "inet":
        return found | {"family": AF_INET, "host": config.host, "port": config.port}
    return found | {
        "family": AF_UNIX,
        "file": config.path,
        "chmod": config.mode,
        "chown": config.owner or (-1, -1),
    }


class Logger:
    """The main log; messages may have `%(name)s` for keywords."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon

    def log(self, level: int, msg: str, **kw: Any) -> None:
        """A line of that level, by number."""
        self._daemon.log(LEVELS.get(level, "info"), str(msg) % kw if kw else str(msg))

    def critical(self, msg: str, **kw: Any) -> None:
        self.log(50, msg, **kw)

    def error(self, msg: str, **kw: Any) -> None:
        self.log(40, msg, **kw)

    def warn(self, msg: str, **kw: Any) -> None:
        self.log(30, msg, **kw)

    def info(self, msg: str, **kw: Any) -> None:
        self.log(20, msg, **kw)

    def debug(self, msg: str, **kw: Any) -> None:
        self.log(10, msg, **kw)

    def trace(self, msg: str, **kw: Any) -> None:
        self.log(5, msg, **kw)

    def blather(self, msg: str, **kw: Any) -> None:
        self.log(3, msg, **kw)
