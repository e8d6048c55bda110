"""Listening sockets, connections and the clients at their other end (unix(7), tcp(7))."""

from __future__ import annotations

import errno
import os
import stat
from collections import deque

from initd.kernel.port import HANGUP, READABLE, WRITABLE
from sim.kernel.descriptors import Description
from sim.kernel.process import os_error
from sim.kernel.rules import rule
from sim.kernel.tree import Node, Tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.kernel.process import Process

BUFFER_BYTES = 212_992
"""How much a client that does not read lets the daemon write (net.core.wmem_default)."""


MOST_PATH_BYTES = 107


class SimClient:
    """A client of the simulated daemon. `received` is all it was sent; `ended` says that the daemon closed.

    While `stalled` it does not read: what the daemon writes waits in the connection, up to its buffer.
    """

    __slots__ = ("_connection", "ended", "received", "stalled")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.received = bytearray()
        self.ended = self.stalled = False

    def send(self, data: bytes) -> None:
        """Bytes for the daemon; EPIPE when it has closed."""
        if self.ended:
            raise os_error(errno.EPIPE)
        self._connection.inbound += data
        self._connection.touch()

    def stall(self) -> None:
        """Stop reading."""
        self.stalled = True

    def resume(self) -> None:
        """Read again."""
        self.stalled = False
        self._connection.flush()

    def shutdown(self) -> None:
        """No more data from here; still reading."""
        self._connection.ended = True
        self._connection.touch()

    def close(self) -> None:
        """Gone; what was sent before can still be read."""
        self._connection.ended = self._connection.left = True
        self._connection.gone |= not self._connection.peer
        self._connection.touch()

    def reset(self) -> None:
        """Gone, and the connection is in error (RST)."""
        self._connection.reset = self._connection.gone = True
        self.close()


class Connection(Description):
    """The daemon's end of a connection.

    `ended`: no more data will come. `left`: the client has closed. `gone`: and we know, which over TCP takes a write
    that is answered by a reset. `reset`: the client aborted.
    """

    __slots__ = ("buffer_bytes", "client", "ended", "gone", "inbound", "left", "outbound", "peer", "reset")

    def __init__(self, peer: str, buffer_bytes: int = BUFFER_BYTES) -> None:
        super().__init__()
        self.peer, self.buffer_bytes = peer, buffer_bytes
        self.client = SimClient(self)
        self.inbound = bytearray()
        self.outbound = bytearray()
        self.ended = self.left = self.gone = self.reset = False

    @rule("socket-read-eagain", "socket-eof")
    def read(self, size: int) -> bytes:
        if self.reset:
            raise os_error(errno.ECONNRESET)
        if self.inbound:
            data = bytes(self.inbound[:size])
            del self.inbound[:size]
            return data
        if not self.ended:
            raise os_error(errno.EAGAIN)
        return b""

    @rule("socket-write-eagain-when-client-stalls", "socket-write-epipe", "tcp-client-gone-is-known-after-a-write")
    def write(self, data: bytes) -> int:
        if self.gone:
            raise os_error(errno.EPIPE)
        if self.left:
            self.gone = True
            self.touch()
            return len(data)
        room = self.buffer_bytes - len(self.outbound)
        if room <= 0:
            raise os_error(errno.EAGAIN)
        self.outbound += data[:room]
        self.flush()
        return min(room, len(data))

    def pending(self) -> int:
        return len(self.inbound)

    def readiness(self) -> int:
        bits = READABLE if self.inbound or self.ended else 0
        if self.gone or len(self.outbound) < self.buffer_bytes:
            bits |= WRITABLE
        return bits | HANGUP if self.gone else bits

    def flush(self) -> None:
        """Hand the client what it is ready to read."""
        if not self.client.stalled and self.outbound:
            self.client.received += self.outbound
            self.outbound.clear()
            self.touch()

    def closed(self) -> None:
        self.client.ended = True


class Listener(Description):
    """A listening socket: `port` of a TCP one, `node` of a UNIX one, and the connections not yet accepted."""

    __slots__ = ("_network", "node", "port", "queue", "waiting")

    def __init__(self, network: Network, node: Node | None, port: int) -> None:
        super().__init__()
        self._network = network
        self.node, self.port = node, port
        self.queue: deque[Connection] = deque()
        self.waiting: list[Process] = []

    @rule("listener-readable-while-queue")
    def readiness(self) -> int:
        return READABLE if self.queue else 0

    @rule("accept-eagain")
    def accept(self) -> Connection:
        """The next connection; BlockingIOError when there is none."""
        if not self.queue:
            raise os_error(errno.EAGAIN)
        return self.queue.popleft()

    def await_readable(self, process: Process) -> None:
        self.waiting.append(process)

    def rouse(self) -> None:
        """There is a connection."""
        self.touch()
        waiting, self.waiting = self.waiting, []
        for process in waiting:
            self._network.wake(process)

    def closed(self) -> None:
        for connection in self.queue:
            connection.closed()
        self._network.forget(self)


class Network:
    """Who listens where, and how clients get there. `wake` resumes a process that waits for one.

    `buffer_bytes` is how much a connection that is made from now on holds of what its client does not read.
    """

    __slots__ = ("_by_node", "_by_port", "_next_peer", "_next_port", "_tree", "buffer_bytes", "wake")

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._by_node: dict[Node, Listener] = {}
        self._by_port: dict[int, Listener] = {}
        self._next_peer, self._next_port = 50_000, 40_000
        self.buffer_bytes = BUFFER_BYTES
        self.wake: Callable[[Process], None] = lambda process: None

    @rule("unix-stale-socket-replaced", "unix-live-socket-eaddrinuse", "unix-other-file-eexist", "unix-socket-mode")
    @rule("who-asks-a-listener-is-a-connection", "unix-path-107-bytes")
    def listen_unix(self, path: str, mode: int, owner: tuple[int, int] | None) -> Listener:
        """Bind and listen at a path."""
        if len(os.fsencode(path)) > MOST_PATH_BYTES:
            raise os_error(errno.ENAMETOOLONG, path)
        parent, name = self._tree.place(path, follow=False)
        there = parent.entries.get(name)
        if there is not None and there.kind != stat.S_IFSOCK:
            raise os_error(errno.EEXIST, path)
        if there is not None and there.live:
            self.connect_unix(path).close()  # the one who asked whether it lives
            raise os_error(errno.EADDRINUSE, path)
        return self._bind(parent, name, path, mode, owner)

    @rule("shared-unix-replaces-what-is-there", "shared-unix-directory-eisdir", "shared-unix-dead-link-eaddrinuse")
    def share_unix(self, path: str, mode: int, owner: tuple[int, int] | None) -> Listener:
        """Bind and listen at a path, whatever is there."""
        if len(os.fsencode(path)) > MOST_PATH_BYTES:
            raise os_error(errno.ENAMETOOLONG, path)
        parent, name = self._tree.place(path, follow=False)
        there = parent.entries.get(name)
        if there is not None and there.kind == stat.S_IFDIR:
            raise os_error(errno.EISDIR, path)
        if there is not None and there.kind == stat.S_IFLNK:
            try:
                self._tree.find(path)
            except FileNotFoundError:
                raise os_error(errno.EADDRINUSE) from None
        return self._bind(parent, name, path, mode, owner)

    def _bind(self, parent: Node, name: str, path: str, mode: int, owner: tuple[int, int] | None) -> Listener:
        if not self._tree.allowed(parent, 2):
            raise os_error(errno.EACCES, path)
        node = Node(stat.S_IFSOCK, mode, self._tree.uid)
        if owner is not None:
            node.uid = owner[0] if owner[0] >= 0 else node.uid
            node.gid = owner[1] if owner[1] >= 0 else node.gid
        node.live = True
        parent.entries[name] = node
        listener = self._by_node[node] = Listener(self, node, 0)
        return listener

    @rule("tcp-port-taken-eaddrinuse", "tcp-port-zero-picks-one")
    def listen_tcp(self, port: int) -> Listener:
        """Bind and listen on a port; 0 picks one."""
        while not port:
            self._next_port += 1
            port = self._next_port if self._next_port not in self._by_port else 0
        if port in self._by_port:
            raise os_error(errno.EADDRINUSE)
        listener = self._by_port[port] = Listener(self, None, port)
        return listener

    def listener(self, port: int) -> Listener | None:
        """Who listens on a port."""
        return self._by_port.get(port)

    def forget(self, listener: Listener) -> None:
        """Nobody listens there any more; the socket file of a UNIX one stays, stale."""
        if listener.node is not None:
            listener.node.live = False
            del self._by_node[listener.node]
        else:
            del self._by_port[listener.port]

    def connect_unix(self, path: str) -> SimClient:
        """A client at a path: ENOENT, or ECONNREFUSED when nobody listens."""
        listener = self._by_node.get(self._tree.find(path))
        if listener is None:
            raise os_error(errno.ECONNREFUSED, path)
        return self._join(listener, "")

    def connect_tcp(self, port: int) -> SimClient:
        """A client at a port: ECONNREFUSED when nobody listens."""
        listener = self._by_port.get(port)
        if listener is None:
            raise os_error(errno.ECONNREFUSED)
        self._next_peer += 1
        return self._join(listener, f"127.0.0.1:{self._next_peer}")

    def _join(self, listener: Listener, peer: str) -> SimClient:
        connection = Connection(peer, self.buffer_bytes)
        listener.queue.append(connection)
        listener.rouse()
        return connection.client
