"""A host in memory for the tests of the configuration: a file tree, two users, one group."""

from __future__ import annotations

import errno
import fnmatch
import posixpath
from typing import Any

from initd.config.host import Host
from initd.config.load import load, parse_arguments
from initd.config.model import Config, ProcessConfig
from initd.errors import ConfigError

USERS = {"root": ("root", 0, 0, "/root"), "web": ("web", 33, 44, "/srv/web")}
GROUPS = {"root": ("root", 0), "www": ("www", 44)}
MAIN = "/etc/s.conf"


class MemoryFiles:
    """The part of `Files` that configuration uses, over a dictionary; an error in place of content is raised."""

    def __init__(self, files: dict[str, str | bytes | OSError]) -> None:
        self.files = files
        self.directories = {"/", "/tmp", "/root", "/srv/web"}
        for path in files:
            while path != "/":
                path = posixpath.dirname(path)
                self.directories.add(path)

    def read_file(self, path: str) -> bytes:
        content = self.files.get(path, OSError(errno.ENOENT, "No such file or directory"))
        if isinstance(content, OSError):
            raise content
        return content.encode() if isinstance(content, str) else content

    def glob(self, pattern: str) -> list[str]:
        return sorted(path for path in self.files if fnmatch.fnmatchcase(path, pattern))

    def stat(self, path: str) -> tuple[int, int]:
        path = posixpath.normpath(path)
        if path in self.directories:
            return 0o040755, 0
        if path in self.files:
            return 0o100644, 0
        raise FileNotFoundError(errno.ENOENT, "No such file or directory", path)

    def user(self, name_or_uid: str) -> tuple[str, int, int, str] | None:
        return next((user for user in USERS.values() if name_or_uid in (user[0], str(user[1]))), None)

    def group(self, name_or_gid: str) -> tuple[str, int] | None:
        return next((group for group in GROUPS.values() if name_or_gid in (group[0], str(group[1]))), None)


def host(files: dict[str, Any] | None = None, **changes: Any) -> Host:
    """A host in /work as root, called `box`."""
    made = Host({"HOME": "/root", "WHO": "me"}, "/work", "box", "/tmp", "/opt/bin/initd", MemoryFiles(files or {}))
    return made.replace(**changes)


def config(text: str, *argv: str, files: dict[str, Any] | None = None, **changes: Any) -> Config:
    """What the daemon makes of a main file."""
    return load(parse_arguments(["-c", MAIN, *argv]), host({MAIN: text, **(files or {})}, **changes))


def error(text: str, *argv: str, files: dict[str, Any] | None = None) -> ConfigError:
    """How the daemon refuses a main file."""
    try:
        taken = config(text, *argv, files=files)
    except ConfigError as refused:
        return refused
    raise AssertionError(f"was taken: {taken}")


def program(options: str, **changes: Any) -> ProcessConfig:
    """The one process of a program with these options."""
    (group,) = config(f"[supervisord]\n[program:a]\ncommand=x\n{options}", **changes).groups
    (process,) = group.processes
    return process


def warnings(text: str, **rest: Any) -> list[str]:
    """What reading a main file wants logged at WARN."""
    return [notice.text for notice in config(text, **rest).notices if notice.level == "warn"]
