"""[unix_http_server], [inet_http_server] and [rpcinterface:x] (supervisord-4.3 §1.7)."""

from __future__ import annotations

from initd.config import paths
from initd.config.model import RpcInterfaceConfig, ServerConfig
from initd.config.section import Section, parse
from initd.config.values import BadValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from initd.config.section import Scope

STOCK_FACTORY = "supervisor.rpcinterface:make_main_rpcinterface"
"""The one factory there is: the `supervisor.*` methods."""
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


def interfaces_of(scope: Scope) -> tuple[RpcInterfaceConfig, ...]:
    """Every [rpcinterface:x]; ConfigError for a factory other than the stock one. Nothing is imported.

    Keys of [DEFAULT] are not options of the factory (D23).
    """
    return tuple(_interface(Section(scope, name)) for name in scope.ini.sections() if name.startswith("rpcinterface:"))


def _interface(section: Section) -> RpcInterfaceConfig:
    if section.entry(_FACTORY) is None:
        raise section.fail(
            f"section [{section.name}] does not specify a {_FACTORY}", _FACTORY, f"expected {STOCK_FACTORY}"
        )
    factory = section.text(_FACTORY) or ""
    if factory != STOCK_FACTORY:
        raise section.fail(
            f"{factory} cannot be used within [{section.name}]: only {STOCK_FACTORY} is supported by this release",
            _FACTORY,
            "remove the section, or keep running it with supervisord",
        )
    name = section.name.split(":", 1)[1]
    options: dict[str, str] = {}
    for option, entry in section.scope.ini.items(section.name).items():
        if option != _FACTORY and not entry.inherited:
            options[option] = section.expand(entry.text, option, f"{section.name}.{option}")
    return RpcInterfaceConfig(name, factory, options)


def check_interfaces(scope: Scope, interfaces: Sequence[RpcInterfaceConfig]) -> None:
    """Make the interfaces, as a server does when it opens: ConfigError if one is given options it does not have."""
    for interface in interfaces:
        for option in interface.options:
            section = Section(scope, f"rpcinterface:{interface.name}")
            raise section.fail(f"Could not make {interface.name} rpc interface", option, "it has no options")
