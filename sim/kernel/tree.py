"""The file system of the simulated machine: nodes in a tree (inode(7), path_resolution(7))."""

from __future__ import annotations

import errno
import stat

from sim.kernel.process import os_error

MAX_LINKS = 40


class Node:
    """A file, directory, symbolic link, socket or device.

    `kind` is one of the S_IF* types; a directory has `entries`, a file `data`, a link `target`, a device its `device`
    name. `live` marks a socket somebody listens on.
    """

    __slots__ = ("data", "device", "entries", "gid", "kind", "live", "mode", "target", "uid")

    def __init__(self, kind: int, mode: int, uid: int = 0, gid: int = 0) -> None:
        self.kind, self.mode, self.uid, self.gid = kind, mode, uid, gid
        self.data = bytearray()
        self.entries: dict[str, Node] = {}
        self.target = ""
        self.device = ""
        self.live = False


class Tree:
    """A tree of nodes below `/`, seen by one user at a time (`uid`); relative paths start at `directory`."""

    __slots__ = ("directory", "root", "uid")

    def __init__(self) -> None:
        self.root = Node(stat.S_IFDIR, 0o755)
        self.uid = 0
        self.directory = "/"

    def parts(self, path: str) -> list[str]:
        """The names on the way to a path; ENOENT for an empty path."""
        if not path:
            raise os_error(errno.ENOENT, path)
        whole = path if path.startswith("/") else f"{self.directory}/{path}"
        return [name for name in whole.split("/") if name and name != "."]

    def find(self, path: str, follow: bool = True) -> Node:
        """The node a path names: ENOENT, ENOTDIR, EACCES or ELOOP if it cannot be reached."""
        parent, name = self.place(path, follow)
        if not name:
            return parent
        node = parent.entries.get(name)
        if node is None:
            raise os_error(errno.ENOENT, path)
        return node

    def place(self, path: str, follow: bool = True) -> tuple[Node, str]:
        """The directory a path's last name is in, and that name ("" for the root), which need not exist."""
        names = self.parts(path)
        if path.endswith("/") and names:
            names.append("..")
            names.append(names[-2])
        trail = [self.root]
        hops = 0
        while names:
            name = names.pop(0)
            here = trail[-1]
            self._search(here, path)
            if name == "..":
                if len(trail) > 1:
                    trail.pop()
                continue
            node = here.entries.get(name)
            if node is not None and node.kind == stat.S_IFLNK and (names or follow):
                hops += 1
                if hops > MAX_LINKS:
                    raise os_error(errno.ELOOP, path)
                names[:0] = [part for part in node.target.split("/") if part and part != "."]
                if node.target.startswith("/"):
                    trail = [self.root]
                continue
            if not names:
                return here, name
            if node is None:
                raise os_error(errno.ENOENT, path)
            trail.append(node)
        return trail[-1], ""

    def _search(self, node: Node, path: str) -> None:
        if node.kind != stat.S_IFDIR:
            raise os_error(errno.ENOTDIR, path)
        if not self.allowed(node, 1):
            raise os_error(errno.EACCES, path)

    def allowed(self, node: Node, bit: int, uid: int | None = None) -> bool:
        """Whether a user (default: the current one) has r (4), w (2) or x (1); root needs some x bit to execute a file."""
        user = self.uid if uid is None else uid
        if user == 0:
            return bit != 1 or node.kind == stat.S_IFDIR or bool(node.mode & 0o111)
        shift = 6 if node.uid == user else 0
        return bool(node.mode >> shift & bit)

    def put(self, path: str, node: Node) -> Node:
        """Enter a node under a path, replacing what was there; missing directories are made."""
        here = self.root
        names = self.parts(path)
        for name in names[:-1]:
            here = here.entries.setdefault(name, Node(stat.S_IFDIR, 0o755))
        here.entries[names[-1]] = node
        return node

    def walk(self, names: list[str]) -> Node | None:
        """The node under exactly these names, without any check; None if there is none."""
        node: Node | None = self.root
        for name in names:
            node = node.entries.get(name) if node is not None else None
        return node
