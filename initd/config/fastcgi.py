"""[fcgi-program:x]: the socket its processes share (supervisord-4.3 §8, §12.1.7).

The options are read in supervisord's order, since that decides which of several errors is told.
"""

from __future__ import annotations

from initd.config import users
from initd.config.model import GroupConfig, SocketConfig
from initd.config.paths import from_root
from initd.config.programs import checked_name, processes_of
from initd.config.section import Section
from initd.config.values import BadValue, port_number
from initd.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from initd.config.model import ProcessConfig
    from initd.config.section import Scope

UNIX, TCP = "unix://", "tcp://"
MOST_WAITING = 65535
FORMS = "expected unix:///path or tcp://host:port"


def group_of(scope: Scope, name: str) -> GroupConfig:
    """The group that an [fcgi-program:x] makes by itself; ConfigError."""
    section = Section(scope, name, {"here": scope.here})
    group = checked_name(section)
    priority = section.value("priority")
    socket = socket_of(section, group)
    return GroupConfig(group, priority, _sharing(processes_of(scope, name, group), socket), section.header())


def members_of(scope: Scope, name: str, group: str) -> tuple[ProcessConfig, ...]:
    """The processes of an [fcgi-program:x] as members of a [group:x], with their socket (D28); ConfigError.

    supervisord does not look at the socket there, so one that cannot be used is warned about, and they go without.
    """
    section = Section(scope, name, {"here": scope.here})
    processes = processes_of(scope, name, group)
    try:
        return _sharing(processes, socket_of(section, checked_name(section)))
    except ConfigError as error:
        message = f"{error.text}: in [group:{group}] it runs without a socket"
        section.report("no-socket", message, error.key or "socket")
        return processes


def _sharing(processes: tuple[ProcessConfig, ...], socket: SocketConfig) -> tuple[ProcessConfig, ...]:
    return tuple(process.replace(socket=socket) for process in processes)


def socket_of(section: Section, program: str) -> SocketConfig:
    """The socket that the section asks for; ConfigError."""
    user = section.text("user")
    ids = None
    if user is not None:
        try:
            ids = users.user_ids(user, section.scope.host)
        except BadValue as error:
            raise section.fail(error.text, "user", error.hint) from None
    backlog = _backlog(section)
    owner = _given(section, "socket_owner")
    mode = _given(section, "socket_mode")
    section.names["program_name"] = program
    url = section.text("socket")
    if not url:
        raise section.fail(f'[{section.name}] section requires a "socket" line', "socket", FORMS)
    try:
        if not url.startswith(UNIX):
            host, port = _address(url, plain=owner is None and mode is None)
            return SocketConfig(f"{TCP}{host}:{port}", host=host, port=port, backlog=backlog)
    except BadValue as error:
        raise section.fail(f"{error.text} in [{section.name}] socket", "socket", error.hint) from None
    if owner is None and ids is not None and ids[0] != section.scope.host.uid:
        owner = ids
    path = _path(section, url[len(UNIX) :])
    return SocketConfig(UNIX + path, path=path, mode=0o700 if mode is None else mode, owner=owner, backlog=backlog)


def _backlog(section: Section) -> int | None:
    if section.entry("socket_backlog") is None:
        return None
    backlog: int = section.parse_as("integer", "socket_backlog")
    if not 1 <= backlog <= MOST_WAITING:
        hint = f"expected 1 to {MOST_WAITING}"
        raise section.fail(f"Invalid socket_backlog value {backlog}", "socket_backlog", hint)
    return backlog


def _given(section: Section, option: str) -> Any:
    """The value of an option that is written, with supervisord's words for one that cannot be used."""
    if section.entry(option) is None:
        return None
    try:
        return section.value(option)
    except ConfigError as error:
        text = f"Invalid {option} value {section.text(option)}"
        raise section.fail(text, option, error.hint or error.text) from None


def _path(section: Section, path: str) -> str:
    if path.startswith("/"):
        return from_root(path, section.scope.host)
    text = str(("Unix socket path %s is not an absolute path", path))  # as it is printed there
    raise section.fail(f"{text} in [{section.name}] socket", "socket", "there are three slashes: unix:///path")


def _address(url: str, plain: bool) -> tuple[str, int]:
    """Host and port of a tcp:// address."""
    if not plain:
        raise BadValue(
            "socket_owner and socket_mode params should only be used with a Unix domain socket", "leave them out"
        )
    host, _, port = url.removeprefix(TCP).partition(":")
    if not url.startswith(TCP) or not host or host.split() != [host] or not port.isdecimal():
        raise BadValue(str(("Bad socket format %s", url)), FORMS)
    return host.lower(), port_number(port)
