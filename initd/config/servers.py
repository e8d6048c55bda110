"""[unix_http_server], [inet_http_server] and [rpcinterface:x] (supervisord-4.3 §1.7)."""

from __future__ import annotations

from initd.config import paths
from initd.config.model import PluginConfig, ServerConfig
from initd.config.section import Section, parse
from initd.config.values import BadValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from initd.config.section import Scope

STOCK_FACTORY = "supervisor.rpcinterface:make_main_rpcinterface"
"""The one that is ours: the `supervisor.*` methods."""
_FACTORY = "supervisor.rpcinterface_factory"


def servers_of(scope: Scope) -> tuple[ServerConfig, ...]:
    """Every server, inet ones first, each kind in order of the file; ConfigError."""
    names = scope.ini.sections()
    inet = [_inet(Section(scope, name)) for name in names if name.startswith("inet_http_server")]
    unix = [_unix(Section(scope, name)) for name in names if name.startswith("unix_http_server")]
    return (*inet, *unix)


def server_url(servers: Sequence[ServerConfig]) -> str | None:
    """What AUTO means for `serverurl`: the first unix server, else the last inet one, else nothing (§12.1.1)."""
    for server in servers:
        if server.family == "unix":
            return f"unix://{server.path}"
    return f"http://{servers[-1].host or 'localhost'}:{servers[-1].port}" if servers else None


def _inet(section: Section) -> ServerConfig:
    username, password = _login(section)
    if section.entry("port") is None:
        raise section.fail(f"section [{section.name}] has no port value", "port", "expected port=")
    host, port = section.value("port")
    return ServerConfig(section.name, "inet", host=host, port=port, username=username, password=password)


def _unix(section: Section) -> ServerConfig:
    section.names["here"] = section.scope.here
    file = section.text("file")
    if file is None:
        raise section.fail(f"section [{section.name}] has no file value", "file", "expected file=")
    del section.names["here"]
    path = paths.absolute(file.strip(), section.scope.host)
    username, password = _login(section)
    owner = _checked(section, "chown", "Invalid sockchown value")
    mode = _checked(section, "chmod", "Invalid chmod value")
    return ServerConfig(section.name, "unix", path=path, mode=mode, owner=owner, username=username, password=password)


def _checked(section: Section, option: str, complaint: str) -> Any:
    """The value of an option whose error text is its own."""
    text = section.text(option)
    try:
        return None if text is None else parse(section.table[option][0], text, section.scope.host)
    except BadValue as error:
        raise section.fail(f"{complaint} {text}", option, error.hint) from None


def _login(section: Section) -> tuple[str | None, str | None]:
    username, password = section.text("username"), section.text("password")
    if (username is None) != (password is None):
        raise section.fail(
            f"Section [{section.name}] contains incomplete authentication: If a username or a password is specified, "
            "both the username and password must be specified",
            "username" if password is None else "password",
            f"add {'password' if password is None else 'username'}=",
        )
    return username, password


def interfaces_of(scope: Scope) -> tuple[PluginConfig, ...]:
    """Every [rpcinterface:x]; ConfigError. The factories of plugins are imported, but not called."""
    return tuple(_interface(Section(scope, name)) for name in scope.ini.sections() if name.startswith("rpcinterface:"))


def _interface(section: Section) -> PluginConfig:
    if section.entry(_FACTORY) is None:
        raise section.fail(
            f"section [{section.name}] does not specify a {_FACTORY}", _FACTORY, f"expected {STOCK_FACTORY}"
        )
    factory = section.text(_FACTORY) or ""
    if factory != STOCK_FACTORY:
        section.plugin(_FACTORY, factory)
    return PluginConfig(section.name.split(":", 1)[1], factory, plugin_options(section, _FACTORY))


def plugin_options(section: Section, factory: str) -> dict[str, str]:
    """The options of a section that its factory is called with; those of [DEFAULT] are not among them (D23)."""
    return {
        option: section.expand(entry.text, option, f"{section.name}.{option}")
        for option, entry in section.scope.ini.items(section.name).items()
        if option != factory and not entry.inherited
    }


def check_interfaces(scope: Scope, interfaces: Sequence[PluginConfig]) -> None:
    """ConfigError if the stock interface, which a server makes when it opens, is given options: it has none."""
    for interface in interfaces:
        for option in interface.options if interface.factory == STOCK_FACTORY else ():
            section = Section(scope, f"rpcinterface:{interface.name}")
            raise section.fail(f"Could not make {interface.name} rpc interface", option, "it has no options")
