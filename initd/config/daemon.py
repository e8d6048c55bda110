"""[supervisord], with the command line on top (supervisord-4.3 §1.7, §1.9).

The order of the steps is supervisord's, since it decides which of several errors is told.
"""

from __future__ import annotations

from initd.config import paths, users
from initd.config.model import DaemonConfig
from initd.config.options import SUPERVISORD
from initd.config.programs import pairs
from initd.config.section import Section, parse
from initd.config.values import BadValue
from initd.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from initd.config.cmdline import Given
    from initd.config.host import Host
    from initd.config.section import Scope

_ORDER = (
    "minfds",
    "minprocs",
    "directory",
    "user",
    "umask",
    "logfile",
    "logfile_maxbytes",
    "logfile_backups",
    "loglevel",
    "pidfile",
    "identifier",
    "nodaemon",
    "silent",
    "childlogdir",
    "nocleanup",
    "strip_ansi",
    "log_format",
)
_PATHS = ("directory", "childlogdir", "logfile", "pidfile")


def read_daemon(scope: Scope) -> dict[str, Any]:
    """The options of [supervisord] by name, as written; its environment joins the `ENV_` names of the scope."""
    if not scope.ini.has_section("supervisord"):
        raise ConfigError(
            ".ini file does not include supervisord section",
            scope.path,
            hint="expected a [supervisord] section, it may be empty",
        )
    section = Section(scope, "supervisord", {"here": scope.here})
    values = {option: _value(section, option) for option in _ORDER}
    once = section.text("environment") or ""
    section.names = {**scope.environ, "here": scope.here, "host_node_name": scope.host.hostname}
    values["environment"] = pairs(section, section.expand(once, "environment", "environment", environ=False))
    scope.environ.update({f"ENV_{key}": value for key, value in values["environment"].items()})
    return values


def _value(section: Section, option: str) -> Any:
    if option == "user":  # resolved later, since the command line may name another one
        return section.text(option)
    if option == "logfile_maxbytes":
        return section.size(option)
    if option == "childlogdir" and section.entry(option) is None:
        return section.parse(option, section.scope.host.tempdir)
    return section.value(option)


def daemon_of(
    scope: Scope, written: Mapping[str, Any], given: Mapping[str, Any], serverurl: str | None
) -> DaemonConfig:
    """What is written, overlaid by what was `given` on the command line; paths made absolute, the user resolved."""
    merged = {**written, **given}
    for option in ("logfile", "pidfile"):  # an empty one on the command line is none
        merged[option] = merged[option] or written[option]
    uid = gid = None
    if merged["user"] is not None:
        uid, gid = _user(scope, merged["user"], "user" in given)
    syslog = merged["logfile"] == "syslog"
    for option in _PATHS:
        if merged[option] is not None and not (syslog and option == "logfile"):
            merged[option] = paths.absolute(merged[option], scope.host)
    return DaemonConfig(uid=uid, gid=gid, logfile_syslog=syslog, serverurl=serverurl, **merged)


def _user(scope: Scope, text: str, on_command_line: bool) -> tuple[int, int]:
    try:
        return users.user_ids(text, scope.host)
    except BadValue as error:
        if on_command_line:
            raise ConfigError(error.text, key="user", hint=error.hint) from None
        raise Section(scope, "supervisord").fail(error.text, "user", error.hint) from None


def check_given(given: Mapping[str, Given], host: Host) -> dict[str, Any]:
    """The command line's values by option, paths looked at now; ConfigError."""
    checked: dict[str, Any] = {}
    for option, (flag, value) in [(option, one.values()) for option, one in given.items()]:
        try:
            checked[option] = parse(SUPERVISORD[option][0], value, host) if option in _PATHS else value
        except BadValue as error:
            raise ConfigError(f"invalid value for {flag} {value!r}: {error.text}", key=flag, hint=error.hint) from None
    return checked
