"""Where the client's settings come from: this process's arguments, environment and files (supervisord-4.3 §1.9)."""

from __future__ import annotations

import os
import sys

from initd.config.client import load_client
from initd.config.host import Host
from initd.config.load import render
from initd.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from initd.config.client import ClientArguments


class UsageError(Exception):
    """What to print instead of running, and the exit code; code 0 belongs on standard output."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code


def read_settings(argv: list[str]) -> ClientArguments:
    """What is asked of which server; UsageError. The first of `argv` is the program's name."""
    files = _Files()
    environ, node, encoding = dict(os.environ), os.uname().nodename, sys.getfilesystemencoding()
    host = Host(environ, os.getcwd(), node, "/tmp", argv[0], files, os.getuid(), encoding)  # type: ignore[arg-type]
    try:
        arguments = load_client(argv[1:], host)
    except ConfigError as error:
        raise UsageError(render(error, argv[0]), 2) from None
    if arguments.wants:
        from initd.config.usage import client_help

        raise UsageError(client_help(argv[0]), 0)
    return arguments


class _Files:
    """What a client's section takes of `initd.config.host.Files`: it includes no files and names no groups."""

    def read_file(self, path: str) -> bytes:
        with open(path, "rb") as file:
            return file.read()

    def stat(self, path: str) -> tuple[int, int]:
        found = os.stat(path)
        return found.st_mode, found.st_uid

    def user(self, name_or_uid: str) -> tuple[str, int, int, str] | None:
        import pwd

        try:
            entry = pwd.getpwuid(int(name_or_uid)) if name_or_uid.isdigit() else pwd.getpwnam(name_or_uid)
        except (KeyError, ValueError, OverflowError):  # absent, or nothing that could be there
            return None
        return entry.pw_name, entry.pw_uid, entry.pw_gid, entry.pw_dir
