"""The `Files` protocol over the tree: what operations that may wait call (initd/kernel/port.py)."""

from __future__ import annotations

import errno
import fnmatch
import stat

from initd.kernel.port import Seen
from sim.kernel.descriptors import Description
from sim.kernel.disk import Disk
from sim.kernel.process import Process, os_error
from sim.kernel.rules import rule
from sim.kernel.syslogd import LogConnection
from sim.kernel.tree import Node

STREAMS = "/dev/stdout", "/dev/stderr"
TEMP_CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789_"


class OpenFile(Description):
    """A node opened for appending, or a descriptor of a device."""

    __slots__ = ("node",)
    pollable = False

    def __init__(self, node: Node) -> None:
        super().__init__()
        self.node = node

    def write(self, data: bytes) -> int:
        if self.node.device == "full":
            raise os_error(errno.ENOSPC)
        if self.node.device != "null":
            self.node.data += data
        return len(data)

    def read(self, size: int) -> bytes:
        return b""


class SimFiles(Disk):
    """Implements `initd.kernel.port.Files` on the simulated disk."""

    def _enter(self, call: str, path: str, *more: object) -> None:
        if self.on_call is not None:
            self.on_call(call, (path, *more))
        if self.faults.by_call:
            number = self.faults.errno_for(call, (path, *more))
            if number:
                raise os_error(number, path)
        if self.storage.disturbed:
            self.storage.enter(call, "/" + "/".join(self.tree.parts(path)))

    def _enter_fd(self, call: str, fd: int, *more: object) -> Description:
        description = self._descriptors.get(fd)
        path = self.storage.opened.get(description)
        if path is not None:
            self._enter(call, path, *more)
        return description

    # log files
    @rule("append-creates", "append-open-directory-refused")
    def open_append(self, path: str, mode: int = 0o666) -> int:
        self._enter("open_append", path)
        own = self.own_stream(path)
        if own:
            return self._opened(self.tree.find(own), own)
        parent, name = self.tree.place(path)
        node = parent.entries.get(name) if name else parent
        if node is None:
            self._may_change(parent, path)
            node = Node(stat.S_IFREG, mode & ~0o022, self.tree.uid)
            self._descriptors.need(1)
            parent.entries[name] = node
        elif node.kind == stat.S_IFDIR:
            raise os_error(errno.EISDIR, path)
        elif node.kind == stat.S_IFSOCK:
            raise os_error(errno.ENXIO, path)
        elif not self.tree.allowed(node, 2):
            raise os_error(errno.EACCES, path)
        return self._opened(node, path)

    def _opened(self, node: Node, path: str) -> int:
        opened = OpenFile(node)
        fd = self._descriptors.install(opened)
        self.storage.opened[opened] = path
        return fd

    @rule("own-stream-has-one-name")
    def own_stream(self, path: str) -> str:
        folder, _, name = path.rpartition("/")
        if folder in ("/dev/fd", "/proc/self/fd") and name in ("1", "2"):
            path = STREAMS[int(name) - 1]
        try:
            own = f"/dev/{self.tree.find(path).device}"
        except OSError:
            return ""
        return "" if own not in STREAMS else STREAMS[0] if self.one_stream else own

    @rule("append-returns-size", "append-without-size-is-minus-one", "append-follows-the-file-not-the-name")
    def append(self, fd: int, data: bytes) -> int:
        description = self._enter_fd("append", fd, data)
        reader = self.readers.get(description.node) if isinstance(description, OpenFile) else None
        (description if reader is None else reader).write(data)
        if isinstance(description, OpenFile) and description.node.kind == stat.S_IFREG:
            return len(description.node.data)
        return -1

    @rule("only-files-are-seekable")
    def seekable(self, fd: int) -> bool:
        description = self._descriptors.get(fd)
        return isinstance(description, OpenFile) and description.node.kind == stat.S_IFREG

    @rule("same-file-by-identity")
    def same_file(self, fd: int, path: str) -> bool:
        description = self._enter_fd("same_file", fd)
        try:
            return isinstance(description, OpenFile) and description.node is self.tree.find(path)
        except FileNotFoundError:
            return False

    def close(self, fd: int) -> None:
        if self.on_call is not None:
            self.on_call("close_file", (fd,))
        self.storage.opened.pop(self._descriptors.get(fd), None)
        self._descriptors.close(fd)

    @rule("rename-replaces", "rename-missing-enoent")
    def rename(self, old: str, new: str) -> None:
        self._enter("rename", old, new)
        self._enter("rename", new, old)
        source, old_name = self.tree.place(old, follow=False)
        target, new_name = self.tree.place(new, follow=False)
        if old_name not in source.entries:
            raise os_error(errno.ENOENT, old)
        self._may_change(source, old)
        self._may_change(target, new)
        node, replaced = source.entries[old_name], target.entries.get(new_name)
        if replaced is not None and replaced.kind == stat.S_IFDIR and node.kind != stat.S_IFDIR:
            raise os_error(errno.EISDIR, new)
        del source.entries[old_name]
        target.entries[new_name] = node

    @rule("unlink-keeps-open-file", "unlink-missing-enoent", "unlink-directory-refused")
    def unlink(self, path: str) -> None:
        self._enter("unlink", path)
        parent, name = self.tree.place(path, follow=False)
        node = parent.entries.get(name)
        if node is None:
            raise os_error(errno.ENOENT, path)
        self._may_change(parent, path)
        if node.kind == stat.S_IFDIR:
            raise os_error(errno.EISDIR, path)
        del parent.entries[name]

    @rule("truncate-empties")
    def truncate(self, fd: int) -> None:
        description = self._enter_fd("truncate", fd)
        if not isinstance(description, OpenFile) or description.node.kind != stat.S_IFREG:
            raise os_error(errno.EINVAL)
        del description.node.data[:]

    def size(self, path: str) -> int:
        self._enter("size", path)
        return len(self.tree.find(path).data)

    @rule("file-id-goes-with-the-file")
    def file_id(self, path: str) -> tuple[int, int]:
        self._enter("file_id", path)
        return 1, self.numbers.setdefault(self.tree.find(path), len(self.numbers))

    @rule("read-at-end-is-empty", "read-at-device-espipe")
    def read_at(self, path: str, offset: int, length: int) -> bytes:
        self._enter("read_at", path)
        node = self._readable(path)
        if node.kind != stat.S_IFREG:
            raise os_error(errno.ESPIPE, path)
        return bytes(node.data[offset : offset + length])

    @rule("temp-name-shape")
    def make_temp(self, directory: str, prefix: str, suffix: str) -> str:
        self._enter("make_temp", directory)
        parent = self.tree.find(directory)
        if parent.kind != stat.S_IFDIR:
            raise os_error(errno.ENOTDIR, directory)
        self._may_change(parent, directory)
        while True:
            name = prefix + "".join(self._random.choice(TEMP_CHARACTERS) for _ in range(8)) + suffix
            if name not in parent.entries:
                parent.entries[name] = Node(stat.S_IFREG, 0o600, self.tree.uid)
                return f"{directory}/{name}"

    @rule("random-bytes-differ")
    def random_bytes(self, size: int) -> bytes:
        if self.on_call is not None:
            self.on_call("random_bytes", (size,))
        return self._random.getrandbits(8 * size).to_bytes(size, "little")

    def listdir(self, path: str) -> list[str]:
        self._enter("listdir", path)
        node = self.tree.find(path)
        if node.kind != stat.S_IFDIR:
            raise os_error(errno.ENOTDIR, path)
        return sorted(node.entries)

    # sockets that children share
    def share_unix(self, path: str, mode: int, owner: tuple[int, int] | None, backlog: int | None) -> int:
        self._enter("share_unix", path)
        self._descriptors.need(1)
        return self._descriptors.install(self.network.share_unix(path, mode, owner))

    def share_tcp(self, host: str, port: int, backlog: int | None) -> int:
        self._enter("share_tcp", f"/{host}")
        self._descriptors.need(1)
        return self._descriptors.install(self.network.listen_tcp(port))

    # the system log
    @rule("log-connects-to-either-kind", "log-missing-enoent", "log-without-receiver-econnrefused")
    def connect_log(self, path: str) -> tuple[int, bool]:
        self._enter("connect_log", path)
        node = self.tree.find(path)
        receiver = self.receivers.get(node)
        if not self.tree.allowed(node, 2):
            raise os_error(errno.EACCES, path)
        if receiver is None or receiver.gone:
            raise os_error(errno.ECONNREFUSED, path)
        connection = LogConnection(receiver, self.log_buffer_bytes)
        fd = self._descriptors.install(connection)
        self.storage.opened[connection] = path
        return fd, receiver.stream

    @rule("log-waits-for-room-no-longer-than-asked")
    def send(self, fd: int, record: bytes, wait_ns: int) -> None:
        connection = self._enter_fd("send", fd, record)
        try:
            while record:
                record = record[connection.write(record) :]
        except BlockingIOError:
            self.storage.spent_ns += wait_ns
            raise

    # looking up
    @rule("stat-follows-links")
    def stat(self, path: str) -> tuple[int, int]:
        self._enter("stat", path)
        node = self.tree.find(path)
        return node.kind | node.mode, node.uid

    def executable(self, path: str) -> bool:
        self._enter("executable", path)
        try:
            return self.tree.allowed(self.tree.find(path), 1)
        except OSError:
            return False

    def read_file(self, path: str) -> bytes:
        self._enter("read_file", path)
        return bytes(self._readable(path).data)

    def write_file(self, path: str, data: bytes) -> None:
        self._enter("write_file", path, data)
        parent, name = self.tree.place(path)
        node = parent.entries.get(name) if name else parent
        if node is None:
            self._may_change(parent, path)
            node = parent.entries[name] = Node(stat.S_IFREG, 0o644, self.tree.uid)
        elif node.kind == stat.S_IFDIR:
            raise os_error(errno.EISDIR, path)
        elif not self.tree.allowed(node, 2):
            raise os_error(errno.EACCES, path)
        node.data[:] = data

    @rule("glob-sorted-and-skips-hidden")
    def glob(self, pattern: str) -> list[str]:
        absolute = pattern.startswith("/")
        self._enter("glob", pattern.split("*")[0] or "/")
        found = [(self.tree.root if absolute else self.tree.find(self.tree.directory), "/" if absolute else "")]
        for part in [one for one in pattern.split("/") if one]:
            found = [
                (child, path + name + "/")
                for node, path in found
                for name, child in node.entries.items()
                if fnmatch.fnmatchcase(name, part) and (part.startswith(".") or not name.startswith("."))
            ]
        return sorted(path[:-1] for _, path in found if len(path) > 1)

    def user(self, name_or_uid: str) -> tuple[str, int, int, str] | None:
        self._enter("user", "/etc/passwd")
        return self.users.user(name_or_uid)

    def group(self, name_or_gid: str) -> tuple[str, int] | None:
        self._enter("group", "/etc/group")
        return self.users.group(name_or_gid)

    def groups_of(self, name: str, gid: int) -> tuple[int, ...]:
        self._enter("groups_of", "/etc/group")
        return self.users.groups_of(name, gid)

    # for whoever wants to know why
    @rule("owner-follows-links")
    def owner(self, path: str) -> tuple[int, int, int]:
        self._enter("owner", path)
        node = self.tree.find(path)
        return node.kind | node.mode, node.uid, node.gid

    @rule("processes-without-zombies", "processes-born-when-they-were-forked", "processes-keep-the-environment-of-their-exec")
    def processes(self) -> list[Seen]:
        self._enter("processes", "/proc")
        return [_seen(one) for _, one in sorted(self.table.by_pid.items()) if one.state not in "ZX"]

    @rule("listeners-by-port")
    def listeners(self, port: int) -> list[int]:
        self._enter("listeners", "/proc")
        listener = self.network.listener(port)
        if listener is None:
            return []
        holders = [pid for pid, one in sorted(self.table.by_pid.items()) if listener in self._held(one)]
        return holders or [0]

    def _held(self, process: Process) -> list[Description]:
        return list((self._descriptors.entries if process.is_daemon else process.fds).values())

    def _readable(self, path: str) -> Node:
        node = self.tree.find(path)
        if node.kind == stat.S_IFDIR:
            raise os_error(errno.EISDIR, path)
        if not self.tree.allowed(node, 4):
            raise os_error(errno.EACCES, path)
        return node

    def _may_change(self, directory: Node, path: str) -> None:
        if not self.tree.allowed(directory, 2):
            raise os_error(errno.EACCES, path)


def _seen(process: Process) -> Seen:
    env = tuple(f"{name}={value}" for name, value in process.env.items())
    argv = process.argv or ("initd",)
    parent = process.parent.pid if process.parent is not None else 0
    return Seen(process.pid, parent, process.pgid, process.sid, process.born_ns, " ".join(argv), argv[0], env)
