"""What clients ask about processes: their state, and their configuration (supervisord-4.3 §5.4, §5.5; D16)."""

from __future__ import annotations

from initd.config.model import AUTO
from initd.control.describe import description, info, lasting, moment
from initd.control.rpc_names import find_process
from initd.control.xmlrpc import Items, Raw, members, struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from typing import Any

    from initd.config.model import GroupConfig, LogConfig, ProcessConfig
    from initd.control.daemon import Daemon, ProcessView
    from initd.control.rpc import Method, Rpc

AT_ONCE = 16
"""So many structs are written before anybody else has a turn: some 0.3 ms when none of them can be reused."""


def process_info(rpc: Rpc, name: Any) -> dict[str, Any]:
    return info(rpc.daemon, find_process(rpc.daemon, name))


def all_process_info(rpc: Rpc) -> Items:
    views = [process for group in rpc.daemon.groups() for process in group.processes]
    views.sort(key=lambda process: (process.group, process.name))
    return Items(_infos(rpc, views))


def _infos(rpc: Rpc, views: Sequence[ProcessView]) -> Generator[Raw, Any, None]:
    """A few structs after the other, while the reply is being sent: what is removed meanwhile is left out."""
    old, rpc.info_cache = rpc.info_cache, {}
    for first in range(0, len(views), AT_ONCE):
        batch = []
        for view in views[first : first + AT_ONCE]:
            process = rpc.daemon.process(view.group, view.name)
            if process is not None:
                written = old.get(process.instance) or Written()
                rpc.info_cache[process.instance] = written
                batch.append(written.now(rpc.daemon, process))
        yield Raw("".join(batch))


class Written:
    """The struct of one process as XML: made anew only after something has happened, and put together once a second."""

    __slots__ = ("_lasting", "_moment", "_parts", "_xml")

    def __init__(self) -> None:
        self._lasting: Any = None
        self._moment: Any = None
        self._parts: tuple[str, str] = "", ""
        self._xml = ""

    def now(self, daemon: Daemon, process: ProcessView) -> str:
        """The XML of `info`."""
        same, at = lasting(daemon, process), moment(daemon.loop.kernel, process)
        if same != self._lasting:
            content = list(info(daemon, process).items())
            self._parts = members(dict(content[:4])), members(dict(content[5:-1]))
        elif at == self._moment:
            return self._xml
        self._lasting, self._moment = same, at
        before, after = self._parts
        shown = {"description": description(daemon.loop.kernel, process)}
        self._xml = struct(before, members({"now": at[0]}), after, members(shown)).xml
        return self._xml


def all_config_info(rpc: Rpc) -> Items:
    configs = [(process, group) for group in rpc.daemon.config.groups for process in rpc.daemon.configured(group)]
    configs.sort(key=lambda pair: pair[0].name)
    return Items(_config_infos(rpc.daemon, configs))


def _config_infos(
    daemon: Daemon, configs: Sequence[tuple[ProcessConfig, GroupConfig]]
) -> Generator[dict[str, Any], Any, None]:
    for process, group in configs:
        yield {name: _plain(value) for name, value in _config_info(daemon, process, group).items()}


def _config_info(daemon: Daemon, process: ProcessConfig, group: GroupConfig) -> dict[str, Any]:
    return {
        "autostart": process.autostart,
        "directory": process.directory,
        "uid": process.uid,
        "command": process.command,
        "exitcodes": list(process.exitcodes),
        "group": group.name,
        "group_prio": group.priority,
        "inuse": daemon.in_use(group),
        "killasgroup": process.killasgroup,
        "name": process.name,
        "process_prio": process.priority,
        "redirect_stderr": process.redirect_stderr,
        "startretries": process.startretries,
        "startsecs": process.startsecs,
        **_log_info("stdout", process.stdout),
        **_log_info("stderr", process.stderr),
        "stopsignal": process.stopsignal,
        "stopwaitsecs": process.stopwaitsecs,
        "serverurl": None if process.auto_serverurl else process.serverurl or "",
    }


def _log_info(stream: str, config: LogConfig) -> dict[str, Any]:
    return {
        f"{stream}_capture_maxbytes": config.capture_maxbytes,
        f"{stream}_events_enabled": config.events_enabled,
        f"{stream}_logfile": config.file,
        f"{stream}_logfile_backups": config.backups,
        f"{stream}_logfile_maxbytes": config.maxbytes,
        f"{stream}_syslog": config.syslog,
    }


def _plain(value: Any) -> Any:
    """What XML-RPC has no type for goes by name."""
    return "none" if value is None else "auto" if value is AUTO else value


METHODS: dict[str, Method] = {
    "getAllConfigInfo": all_config_info,
    "getAllProcessInfo": all_process_info,
    "getProcessInfo": process_info,
}
