"""Paths in options: `~`, absolute form, and what must exist already (supervisord-4.3 §1.5)."""

from __future__ import annotations

from posixpath import dirname, join, normpath

from initd.config.model import AUTO, AutoLog
from initd.config.values import BadValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from initd.config.host import Host

SYSLOG = object()
"""The deprecated log file name `syslog`."""
_FORMAT, _DIRECTORY = 0o170000, 0o040000


def expand_user(text: str, host: Host) -> str:
    """The path with a leading `~` or `~user` replaced by that home; unchanged if there is no such user."""
    if not text.startswith("~"):
        return text
    user, slash, rest = text[1:].partition("/")
    home = host.home(user)
    return text if home is None else (home.rstrip("/") + slash + rest) or "/"


def from_root(path: str, host: Host) -> str:
    """The path from the root, without `.` and `..`."""
    return normpath(join(host.cwd, path))


def absolute(text: str, host: Host) -> str:
    """The path from the root, without `.` and `..`; a `~` is expanded."""
    return from_root(expand_user(text, host), host)


def is_directory(path: str, host: Host) -> bool:
    """Whether there is a directory of that name."""
    try:
        return bool(path) and host.files.stat(join(host.cwd, path))[0] & _FORMAT == _DIRECTORY
    except (OSError, ValueError):
        return False


def exists(path: str, host: Host) -> bool:
    """Whether there is anything of that name."""
    try:
        host.files.stat(join(host.cwd, path))
    except (OSError, ValueError):
        return False
    return bool(path)


def existing_directory(text: str, host: Host) -> str:
    """A directory that is there, `~` expanded."""
    path = expand_user(text, host)
    if is_directory(path, host):
        return path
    raise BadValue(f"{text} is not an existing directory", "the directory must be there before the start")


def existing_dirpath(text: str, host: Host) -> str:
    """A path in a directory that is there, `~` expanded; the path itself need not exist."""
    path = expand_user(text, host)
    directory = dirname(path)
    if not directory or is_directory(directory, host):
        return path
    raise BadValue(
        f"The directory named as part of the path {text} does not exist", f"create the directory {directory} first"
    )


def log_file(text: str, host: Host) -> str | AutoLog | object | None:
    """The log file of a program: None, AUTO, SYSLOG or a path."""
    word = text.lower()
    if word in ("none", "off"):
        return None
    if word == "auto":
        return AUTO
    return SYSLOG if word == "syslog" else existing_dirpath(text, host)
