"""The HTTP servers of the daemon: listening, accepting, and how many clients there may be (supervisord-4.3 §5.1; D32).

Only what has to be there before the first client belongs in here: h11 and the XML-RPC side are imported by `preload`, off
the loop, when the first client knocks (or earlier, if the application asks); until then clients wait in the backlog.
No name is looked up.
"""

from __future__ import annotations

import errno

from initd.control.turns import Turns
from initd.errors import ConfigError, InitdError
from initd.kernel.port import READABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from initd.config.model import PluginConfig, ServerConfig
    from initd.control.connection import Connection
    from initd.control.daemon import Daemon, Plugin
    from initd.control.reply import Head, Receiver
    from initd.control.routes import Route, Routes
    from initd.control.rpc import Rpc
    from initd.drive.loop import Loop, Timer
    from initd.kernel.port import Files

ACCEPTS_PER_TURN = 32
MAX_CONNECTIONS = 512
RESERVED_FDS = 64
"""Descriptors that clients leave for starting programs, unless that would be more than half of all."""
ALWAYS_SERVED = 4
"""So many are let in while there is a descriptor at all: somebody must be able to stop a program that has taken the rest."""
SILENT_PER_TURN = 16
"""So many silent clients make room at once: a flood of them must not cost those behind it a turn for each."""
RETRY_NS = 1_000_000_000
"""How long accepting rests when descriptors are short and no client of ours can give any back."""

STOCK_FACTORY = "supervisor.rpcinterface:make_main_rpcinterface"
_SHORTAGE = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class BindError(InitdError, OSError):
    """A server that could not be opened: `config` is its configuration, `errno` the reason."""

    def __init__(self, config: ServerConfig, error: OSError) -> None:
        OSError.__init__(self, error.errno, error.strerror or str(error), config.path or f"{config.host}:{config.port}")
        self.config = config


def preload() -> None:
    """Import everything that serving clients needs; takes tens of milliseconds, so it is called off the loop."""
    from initd.control import auth, connection, door, logtail, routes, rpc  # noqa: F401


def open_servers(daemon: Daemon, configs: Sequence[ServerConfig], strict: bool = True) -> Servers:
    """Bind all of them, to be served once they are announced; BindError, with those before it closed again.

    A plugin whose interface cannot be made is a ConfigError, with all of them closed; unless `strict`, the rest is served.
    """
    servers = Servers(daemon)
    for config in configs:
        try:
            servers.open(config)
        except OSError as error:
            servers.close()
            raise BindError(config, error) from error
    for config in configs:  # after all are bound: nothing of another instance is touched by a plugin either (D12)
        for interface in daemon.config.rpcinterfaces:
            try:
                servers.add_interface(config, interface)
            except ConfigError as error:
                if strict:
                    servers.close()
                    raise
                daemon.log("crit", f"{error.text}: its calls are not served")
    return servers


class Servers:
    """All listening sockets of a daemon, and the clients that came in through them."""

    def __init__(self, daemon: Daemon) -> None:
        self.loop: Loop = daemon.loop
        self.turns = Turns(daemon.loop)
        self._daemon = daemon
        self._kernel = daemon.loop.kernel
        self._listeners: dict[int, _Listener] = {}
        self._connections: dict[Connection, None] = {}
        self._rpc: Rpc | None = None
        self._web: Route | None = None
        self._plugins: dict[str, dict[str, Plugin]] = {}
        self._loaded = False
        self._unloaded = ""
        self._resting = False
        self._retry: Timer | None = None
        self._sweep: Timer | None = None
        self._sweep_ns: int | None = None

    def open(self, config: ServerConfig) -> int:
        """Bind one server, whose clients wait for `announce`; the TCP port it got, 0 for a UNIX socket. OSError."""
        if config.family == "unix":
            fd = self._kernel.listen_unix(config.path, config.mode, config.owner)
        else:
            fd = self._kernel.listen_tcp(config.host, config.port)
        self._listeners[fd] = _Listener(self, config)
        return self._kernel.socket_port(fd)

    def add_interface(self, config: ServerConfig, interface: PluginConfig) -> None:
        """Have a server publish an interface; a plugin makes one of its own for each server. ConfigError."""
        if interface.factory != STOCK_FACTORY:
            self._plugins.setdefault(config.section, {})[interface.name] = self._daemon.make_interface(interface)

    def announce(self) -> None:
        """Log what they serve, in supervisord's words, and serve it from the next turn on: no client sees half of a start."""
        for listener in self._listeners.values():
            config = listener.config
            made = self._plugins.get(config.section, {})
            for interface in self._daemon.config.rpcinterfaces:
                if interface.factory == STOCK_FACTORY or interface.name in made:
                    self._daemon.log("info", f"RPC interface {interface.name!r} initialized")
            if not config.username:
                self._daemon.log(
                    "crit", f"Server {config.section!r} running without any HTTP authentication checking"
                )
        self._resume()

    def close(self, then: Callable[[], None] | None = None) -> None:
        """Stop listening, end all connections after a last write, remove the UNIX socket files, then call `then`."""
        for timer in (self._retry, self._sweep):
            if timer is not None:
                timer.cancel()
        for connection in list(self._connections):
            connection.flush()
            connection.close()
        listeners, self._listeners = self._listeners, {}
        for fd in listeners:
            self.loop.unwatch(fd)
            self._kernel.close(fd)
        paths = [listener.config.path for listener in listeners.values() if listener.config.family == "unix"]

        def done(value: object, error: Exception | None) -> None:
            if error is not None:
                self._daemon.log("warn", f"could not remove the socket file: {error}")
            if then is not None:
                then()

        if paths:
            self.loop.submit("unlink sockets", lambda files: _unlink(files, paths), done)
        elif then is not None:
            then()

    def routes(self, config: ServerConfig) -> Routes:
        """The gates and routes of one server; all share the web pages, and those without plugins one Rpc."""
        from initd.control.auth import Credentials
        from initd.control.door import web_route
        from initd.control.logtail import logtail_route, mainlogtail_route
        from initd.control.routes import Routes, ok_route, rpc_route
        from initd.control.rpc import Rpc

        interfaces = self._daemon.config.rpcinterfaces
        stock = [each.name for each in interfaces if each.factory == STOCK_FACTORY]
        if self._rpc is None or self._web is None:
            self._rpc = Rpc(self._daemon, stock)
            self._web = web_route(self._rpc)
        plugins = self._plugins.get(config.section)
        rpc = self._rpc if plugins is None else Rpc(self._daemon, stock, plugins)
        credentials = Credentials(config.username, config.password or "") if config.username else None
        calls, tails = rpc_route(rpc, self._daemon), (logtail_route(self._daemon), mainlogtail_route(self._daemon))
        named = config.family == "inet" and credentials is None
        hosts = (config.host.lower(), *self._daemon.config.own.web_hosts) if named else None
        return Routes(credentials, (calls, *tails, self._web, ok_route), hosts)

    # what a connection asks of us
    def log(self, level: str, text: str) -> None:
        """A line in the main log."""
        self._daemon.log(level, text)

    def deadline_set(self, deadline_ns: int) -> None:
        """Some connection is to be looked at then. One timer serves all: it is set to the earliest of them."""
        if self._sweep_ns is None or deadline_ns < self._sweep_ns:
            if self._sweep is not None:
                self._sweep.cancel()
            self._sweep_ns = deadline_ns
            self._sweep = self.loop.at(deadline_ns, self._sweep_due)

    def closed(self, connection: Connection) -> None:
        """It has ended: there is room for another one."""
        self._connections.pop(connection, None)
        if self._resting:
            self._resume()
        if not self._connections and self._sweep is not None:
            self._sweep.cancel()
            self._sweep = self._sweep_ns = None

    def _sweep_due(self) -> None:
        self._sweep = self._sweep_ns = None
        now = self._kernel.mono()
        for connection in list(self._connections):
            if connection.deadline_ns is not None:
                if connection.deadline_ns <= now:
                    connection.expire()
                else:
                    self.deadline_set(connection.deadline_ns)

    # accepting
    def _knock(self, fd: int) -> None:
        if self._loaded:
            try:
                self._accept(fd)
            except Exception:  # whatever it is, it must not make us deaf
                self._rest(RETRY_NS)
                raise
        else:
            self._rest()
            self.loop.submit("preload", lambda files: preload(), self._preloaded)

    def _preloaded(self, value: object, error: Exception | None) -> None:
        if isinstance(error, ModuleNotFoundError):
            self._daemon.log("crit", f"HTTP servers cannot work: {error!r}")
            self.close()  # a client that is refused knows more than one that waits
        elif error is not None:  # a shortage, of descriptors or memory: it may be over soon
            if repr(error) != self._unloaded:
                self._unloaded = repr(error)
                self._daemon.log("crit", f"HTTP servers cannot work now: {error!r}")
            self._rest(RETRY_NS)
        else:
            self._loaded = True
            self._resume()

    def _accept(self, listener_fd: int) -> None:
        from initd.control.connection import Connection

        listener = self._listeners[listener_fd]
        room = self._room()
        if room <= 0:
            # Once those that have sent something by now are known not to be silent. It counts again: some may be gone.
            return self.loop.soon(lambda: self._make_room() if self._room() <= 0 else None)
        for _ in range(min(ACCEPTS_PER_TURN, room)):
            try:
                fd, peer = self._kernel.accept(listener_fd)
            except BlockingIOError:
                return None
            except OSError as error:
                if error.errno in _SHORTAGE:
                    self._rest(RETRY_NS)
                return None  # anything else is the end of a client that did not wait
            try:
                self._connections[Connection(listener, fd, peer)] = None
            except OSError:  # no memory to watch it: nobody would hear it
                self._kernel.close(fd)
                return self._rest(RETRY_NS)

    def _room(self) -> int:
        """How many more clients there may be now: a quarter of our descriptors, and never those that programs need."""
        limit, clients = self._kernel.open_limit(), len(self._connections)
        left = limit - self._kernel.open_count()
        few = min(ALWAYS_SERVED - clients, left - 1)  # one stays free, to be counted with
        most = min(MAX_CONNECTIONS, max(8, limit // 4)) - clients
        return max(few, min(most, left - min(RESERVED_FDS, limit // 2)))

    def _make_room(self) -> None:
        """Close who has idled longest, or else the few who have been silent longest; if there is neither, rest."""
        idle = [connection for connection in self._connections if connection.idle]
        silent = [connection for connection in self._connections if connection.silent]  # in the order they came
        if idle:
            min(idle, key=lambda connection: connection.idle_since_ns).close()
        elif silent:
            for connection in silent[:SILENT_PER_TURN]:
                connection.close()
        else:
            self._rest(RETRY_NS)

    def _rest(self, duration_ns: int | None = None) -> None:
        """Leave clients in the backlog until `_resume`, which a timer calls after `duration_ns` unless it is None."""
        self._resting = True
        for fd in self._listeners:
            self.loop.unwatch(fd)
        if duration_ns is not None:
            self._retry = self.loop.after(duration_ns, self._resume)

    def _resume(self) -> None:
        self._resting = False
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        for fd in self._listeners:
            try:
                self._watch(fd)
            except OSError:
                return self._rest(RETRY_NS)

    def _watch(self, fd: int) -> None:
        self.loop.watch(fd, READABLE, lambda bits: self._knock(fd))


class _Listener:
    """One server as its connections see it: ours, but with the gates of its own configuration."""

    def __init__(self, servers: Servers, config: ServerConfig) -> None:
        self.config = config
        self._servers = servers
        self.loop, self.turns = servers.loop, servers.turns
        self.log, self.deadline_set, self.closed = servers.log, servers.deadline_set, servers.closed
        self._routes: Routes | None = None

    def open(self, head: Head) -> Receiver:
        """Who answers that request."""
        if self._routes is None:
            self._routes = self._servers.routes(self.config)
        return self._routes.open(head)


def _unlink(files: Files, paths: Sequence[str]) -> None:
    for path in paths:
        try:
            files.unlink(path)
        except FileNotFoundError:  # somebody was faster
            continue
