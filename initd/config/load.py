"""The front door: command line and files in, a checked configuration out (supervisord-4.3 §1)."""

from __future__ import annotations

from initd.config import include
from initd.config.cmdline import Arguments, parse_arguments
from initd.config.daemon import check_given, daemon_of, read_daemon
from initd.config.diagnostics import diagnose
from initd.config.groups import groups_of
from initd.config.listeners import DEFAULT_HANDLER
from initd.config.meaning import judge
from initd.config.model import Config, Notice, OwnConfig
from initd.config.own import own_of
from initd.config.servers import STOCK_FACTORY, check_interfaces, interfaces_of, server_url, servers_of
from initd.errors import ConfigError, traced

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from initd.config.client import ClientArguments
    from initd.config.host import Host
    from initd.config.model import GroupConfig, ProcessConfig
    from initd.config.section import Scope

__all__ = ["Arguments", "load", "load_client", "parse_arguments", "plugins_of", "render"]

_LEVELS = ("crit", "warn", "info")


def load(arguments: Arguments, host: Host) -> Config:
    """Read, check and build everything; ConfigError. The outside is touched through the host only."""
    given = check_given(arguments.given, host)
    notices: list[Notice] = []
    path = arguments.configuration
    if path is None:
        path = _default(host, notices)
    scope = include.read_scope(path, host)
    written = read_daemon(scope)
    interfaces = interfaces_of(scope)
    groups = groups_of(scope)
    servers = servers_of(scope)
    if servers:
        check_interfaces(scope, interfaces)
    url = server_url(servers)
    daemon = daemon_of(scope, written, given, url)
    config = Config(
        path=path,
        here=scope.here,
        daemon=daemon,
        groups=tuple(_complete(group, daemon.environment, url) for group in groups),
        servers=servers,
        rpcinterfaces=interfaces,
        own=OwnConfig(),
    )
    _examine(scope, config)
    if arguments.command:
        from initd.config.single import group_of

        config = config.replace(groups=(*config.groups, _complete(group_of(arguments.command, groups), daemon.environment, url)))
    config = config.replace(own=own_of(scope, config.groups))
    notices += scope.notices
    return config.replace(
        notices=tuple(sorted(notices, key=lambda notice: _LEVELS.index(notice.level))),
        diagnostics=tuple(scope.diagnostics),
    )


def plugins_of(config: Config) -> list[str]:
    """Every `module:attribute` of the configuration that is not supervisord's own."""
    handlers = [group.listener.result_handler for group in config.groups if group.listener is not None]
    own = (STOCK_FACTORY, DEFAULT_HANDLER)
    return [spec for spec in (*[each.factory for each in config.rpcinterfaces], *handlers) if spec not in own]


def _examine(scope: Scope, config: Config) -> None:
    """Add the warnings; a fault in finding them keeps nobody from starting what can be started."""
    try:
        diagnose(scope)
        judge(scope, config)
    except Exception as error:
        scope.notices.append(Notice("crit", f"the configuration could not be examined: {traced(error)}"))


def load_client(argv: Sequence[str], host: Host) -> ClientArguments:
    """What a client is to do and with which server, from its command line and the files; ConfigError."""
    from initd.config import client  # the daemon never needs it

    return client.load_client(argv, host)


def render(error: ConfigError, program: str) -> str:
    """An error as printed on stderr before exiting with status 2: supervisord's two lines, ours between them."""
    where, hint = error.where(), error.hint
    detail = f"{where}: {hint}" if where and hint else where or hint
    return f"Error: {error.text}\n" + (f"  {detail}\n" if detail else "") + f"For help, use {program} -h\n"


def _default(host: Host, notices: list[Notice]) -> str:
    """The configuration at a default path; ConfigError if there is none."""
    path = include.find(host)
    if path is None:
        looked = ", ".join(include.search_paths(host.argv0))
        raise ConfigError(
            f"No config file found at default paths ({looked}); "
            "use the -c option to specify a config file at a different path"
        )
    if host.uid == 0:
        notices.append(
            Notice(
                "warn", f"running as root with the configuration found at {path}; better name an absolute one with -c"
            )
        )
    return path


def _complete(group: GroupConfig, environment: Mapping[str, str], url: str | None) -> GroupConfig:
    """The group with what only the whole configuration tells: the daemon's environment, and what AUTO means."""

    def filled(process: ProcessConfig) -> ProcessConfig:
        auto = process.serverurl is None
        return process.replace(
            environment={**environment, **process.environment} if environment else process.environment,
            serverurl=url if auto else process.serverurl or None,
            auto_serverurl=auto,
        )

    return group.replace(processes=tuple(map(filled, group.processes)))
