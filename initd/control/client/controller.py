"""The client as plugins of supervisorctl know it: `controller.output`, `get_supervisor()`, `onecmd` (supervisord-4.3 §7.4).

A plugin may run commands in threads of its own, so each command it runs is a session of its own, and each proxy it asks for
has a connection of its own.
"""

from __future__ import annotations

import cmd
import xmlrpc.client

from initd.control.client import transport
from initd.control.client.session import Session
from initd.plugins.entry import STANDINS, resolve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from initd.config.model import ClientConfig, PluginConfig


def add_plugins(session: Session, configs: Sequence[PluginConfig]) -> None:
    """Make the plugins of a configuration; RuntimeError if a factory fails."""
    controller = Controller(session)
    for config in configs:
        try:
            with STANDINS.supplied():
                made = resolve(config.factory, {})(controller, **config.options)
            made.name = config.name
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            raise RuntimeError(f"[ctlplugin:{config.name}] {config.factory} failed: {reason}") from error
        session.plugins.append(Plugin(made))
        controller.options.plugins.append(made)


class Plugin:
    """What a factory has made: its `do_x` are verbs."""

    def __init__(self, made: Any) -> None:
        self._made = made

    def verbs(self) -> list[str]:
        """The names of all verbs."""
        return [name[3:] for name in dir(self._made) if name.startswith("do_") and callable(getattr(self._made, name))]

    def verb(self, name: str) -> Callable[[str], Any] | None:
        """What runs that verb, or None."""
        run = getattr(self._made, f"do_{name}", None)
        if run is None:
            return None

        def guarded(argument: str) -> Any:
            try:
                return run(argument)
            except xmlrpc.client.ProtocolError as error:
                if error.errcode != 401:
                    raise
                raise transport.ProtocolError("/RPC2", error.errcode, error.errmsg) from error  # which asks for a password

        return guarded

    def help(self, argument: str) -> None:
        """Say what the plugin has to say of a verb, or of all."""
        self._made.do_help(argument)


class Options:
    """supervisorctl's options: the server, and the plugins."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.plugins: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._session.config._fields:
            raise AttributeError(f"options.{name} is not among what plugins get of supervisorctl")
        return getattr(self._session.config, name)

    @property
    def interactive(self) -> bool:
        """Whether there is somebody to talk to."""
        return self._session.interactive

    def getServerProxy(self) -> Any:
        """A proxy of the whole server."""
        return xmlrpc.client.ServerProxy("http://127.0.0.1", transport=_Transport(self._session.config))


class Controller(cmd.Cmd):
    """What a plugin's factory is given."""

    def __init__(self, session: Session) -> None:
        super().__init__(stdout=session.out)
        self._session = session
        self.options = Options(session)

    @property
    def exitstatus(self) -> int:
        """The exit code so far."""
        return self._session.status

    @exitstatus.setter
    def exitstatus(self, status: int) -> None:
        self._session.status = status

    @property
    def vocab(self) -> list[str]:
        """The verbs of all plugins."""
        return [verb for plugin in self._session.plugins for verb in plugin.verbs()]

    def output(self, message: str | bytes) -> None:
        """Print one line."""
        self._session.say(message if isinstance(message, str) else message.decode())

    def onecmd(self, line: str) -> bool:
        """Run one line."""
        session = Session(self._session.config, self._session.out, self._session.interactive)
        session.plugins = self._session.plugins
        left = session.run(line)
        if session.status:
            self._session.status = session.status
        return left

    def get_supervisor(self) -> Any:
        """A proxy of supervisor.*."""
        return self.get_server_proxy("supervisor")

    def get_server_proxy(self, namespace: str | None = None) -> Any:
        """A proxy of the server, or of one namespace of it."""
        proxy = self.options.getServerProxy()
        return proxy if namespace is None else getattr(proxy, namespace)

    def upcheck(self) -> bool:
        """Whether a supervisor of the expected API answers; if not, says why."""
        return self._session.is_up()

    def set_exitstatus_from_xmlrpc_fault(self, faultcode: int, ignored_faultcode: int | None = None) -> None:
        """Turn the result code of one process into the exit code."""
        self._session.note(faultcode, ignored_faultcode)  # type: ignore[arg-type]


class _Transport(xmlrpc.client.Transport):
    """How the standard library's proxies reach a supervisor: each call over a connection of its own."""

    def __init__(self, config: ClientConfig) -> None:
        super().__init__()
        self._config = config

    def request(self, host: Any, handler: str, request_body: Any, verbose: bool = False) -> Any:
        """Make one call; Fault, xmlrpc.client.ProtocolError, OSError."""
        config = self._config
        headers = {"Content-Type": "text/xml", "Accept": "text/xml", "Content-Length": str(len(request_body))}
        if config.username is not None and config.password is not None:
            headers |= transport.credentials(config.username, config.password)
        with transport.connect(config.serverurl) as sock:
            response = transport.request(sock, "POST", config.serverurl, "/RPC2", headers, bytes(request_body))
            if response.status != 200:
                raise xmlrpc.client.ProtocolError(f"127.0.0.1{handler}", response.status, response.reason, {})
            parser, unmarshaller = self.getparser()
            parser.feed(b"".join(response.pieces()))
        parser.close()
        return unmarshaller.close()
