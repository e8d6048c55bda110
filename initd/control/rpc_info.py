"""What clients ask about processes: their state, and their configuration (supervisord-4.3 §5.4, §5.5; D16)."""

from __future__ import annotations

from initd.config.model import AUTO
from initd.control.describe import lasting, passing
from initd.control.rpc_names import find_process
from initd.control.xmlrpc import Items, Raw, members, struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from typing import Any

    from initd.config.model import GroupConfig, LogConfig, ProcessConfig
    from initd.control.daemon import Daemon, ProcessView
    from initd.control.rpc import Method, Rpc


def process_info(rpc: Rpc, name: Any) -> dict[str, Any]:
    process = find_process(rpc.daemon, name)
    return {**lasting(rpc.daemon, process), **passing(rpc.daemon.loop.kernel, process)}


def all_process_info(rpc: Rpc) -> Items:
    views = [process for group in rpc.daemon.groups() for process in group.processes]
    views.sort(key=lambda process: (process.group, process.name))
    return Items(_infos(rpc, views))


def _infos(rpc: Rpc, views: Sequence[ProcessView]) -> Generator[Raw, Any, None]:
    """One struct after the other, while the reply is being sent: what is removed meanwhile is left out."""
    kernel = rpc.daemon.loop.kernel
    old, rpc.info_cache = rpc.info_cache, {}
    for view in views:
        process = rpc.daemon.process(view.group, view.name)
        if process is not None:
            cached = _lasting_xml(rpc.daemon, process, old.get(process.instance))
            rpc.info_cache[process.instance] = cached
            yield struct(cached[1], members(passing(kernel, process)))


def _lasting_xml(daemon: Daemon, process: ProcessView, cached: tuple[Any, str] | None) -> tuple[Any, str]:
    """The lasting members as XML, with what they were made from: written again only after something has happened."""
    content = lasting(daemon, process)
    return cached if cached is not None and cached[0] == content else (content, members(content))


def all_config_info(rpc: Rpc) -> Items:
    configs = [(process, group) for group in rpc.daemon.config.groups for process in group.processes]
    configs.sort(key=lambda pair: pair[0].name)
    return Items(_config_infos(rpc.daemon, configs))


def _config_infos(
    daemon: Daemon, configs: Sequence[tuple[ProcessConfig, GroupConfig]]
) -> Generator[dict[str, Any], Any, None]:
    for process, group in configs:
        yield {name: _plain(value) for name, value in _config_info(daemon, process, group).items()}


def _config_info(daemon: Daemon, process: ProcessConfig, group: GroupConfig) -> dict[str, Any]:
    stdout, stderr = daemon.configured_logs(process, group)
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
        **_log_info("stdout", process.stdout, stdout),
        **_log_info("stderr", process.stderr, stderr),
        "stopsignal": process.stopsignal,
        "stopwaitsecs": process.stopwaitsecs,
        "serverurl": None if process.auto_serverurl else process.serverurl or "",
    }


def _log_info(stream: str, config: LogConfig, shown: str) -> dict[str, Any]:
    return {
        f"{stream}_capture_maxbytes": config.capture_maxbytes,
        f"{stream}_events_enabled": config.events_enabled,
        f"{stream}_logfile": shown,
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
