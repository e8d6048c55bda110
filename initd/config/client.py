"""[supervisorctl] and the client's command line (supervisord-4.3 §1.7, §1.9, §12.1.4)."""

from __future__ import annotations

from posixpath import dirname

from initd.config import cmdline, include, paths
from initd.config.ini import Ini
from initd.config.model import ClientConfig, PluginConfig
from initd.config.section import Scope, Section
from initd.config.servers import plugin_options
from initd.config.values import BadValue
from initd.errors import ConfigError
from initd.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from initd.config.host import Host

_FACTORY = "supervisor.ctl_factory"


class ClientArguments(Record):
    """What a client was asked: `wants` is `help` or ""; `action` the words after the options; `plugins` in the file's order.

    `interactive` is set by -i, and when there is no action; `path` is the file that was read, if any.
    """

    config: ClientConfig
    action: tuple[str, ...] = ()
    interactive: bool = False
    path: str | None = None
    wants: str = ""
    plugins: tuple[PluginConfig, ...] = ()


def load_client(argv: Sequence[str], host: Host) -> ClientArguments:
    """The client's arguments over its file over the defaults; ConfigError. No file at the default paths is fine."""
    options, action = cmdline.getopt(argv, cmdline.CLIENT)
    arguments = cmdline.collect(options, {"serverurl": _url})
    if arguments.wants:
        return ClientArguments(ClientConfig(), wants=arguments.wants)
    path = arguments.configuration if arguments.configuration is not None else include.find(host)
    config, plugins = (ClientConfig(), ()) if path is None else _read(path, host)
    given = {name: one.value for name, one in arguments.given.items()}
    given.pop("history_file", None)  # accepted without effect (§12.1.3)
    interactive = bool(given.pop("interactive", False)) or not action
    return ClientArguments(config.replace(**given), tuple(action), interactive, path, "", plugins)


def _read(path: str, host: Host) -> tuple[ClientConfig, tuple[PluginConfig, ...]]:
    """[supervisorctl] of the main file; included files are not read."""
    ini = Ini()
    ini.read(include.read_file(path, host), path)
    scope = Scope(ini, host, path, dirname(paths.absolute(path, host)))
    if not ini.has_section("supervisorctl"):
        raise ConfigError(
            ".ini file does not include supervisorctl section",
            path,
            hint="expected a [supervisorctl] section, it may be empty",
        )
    placed = Section(scope, "supervisorctl", {"here": scope.here})
    plain = Section(scope, "supervisorctl")
    serverurl = placed.text("serverurl") or ""
    if serverurl.startswith("unix://"):
        serverurl = "unix://" + paths.absolute(serverurl[7:], host)
    prompt, username, password = plain.text("prompt"), plain.text("username"), plain.text("password")
    history = placed.text("history_file")
    config = ClientConfig(
        serverurl, username, password, prompt or "", paths.absolute(history, host) if history else None
    )
    return config, tuple(_plugin(Section(scope, name)) for name in ini.sections() if name.startswith("ctlplugin:"))


def _plugin(section: Section) -> PluginConfig:
    """One [ctlplugin:x]; its factory is imported, but not called."""
    factory = section.text(_FACTORY)
    if factory is None:
        raise section.fail(f"section [{section.name}] does not specify a {_FACTORY}", _FACTORY)
    section.plugin(_FACTORY, factory)
    return PluginConfig(section.name.split(":", 1)[1], factory, plugin_options(section, _FACTORY))


def _url(text: str) -> str:
    """A scheme and anything after it."""
    from urllib.parse import urlparse

    try:
        parts = urlparse(text)
    except ValueError as error:
        raise BadValue(str(error)) from None
    if parts.scheme and (parts.netloc or parts.path):
        return text
    raise BadValue(f"value {text!r} is not a URL", "expected http://host:port or unix:///path")
