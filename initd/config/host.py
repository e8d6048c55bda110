"""What reading a configuration needs from outside: names, directories, files and the user database, as parameters."""

from __future__ import annotations

from initd.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Protocol
else:
    Protocol = object


class Files(Protocol):
    """The part of the kernel port's `Files` that configuration uses; same names, same promises. OSError on failure."""

    def read_file(self, path: str) -> bytes:
        """The whole of a regular file."""

    def glob(self, pattern: str) -> list[str]:
        """Matching paths, sorted."""

    def stat(self, path: str) -> tuple[int, int]:
        """(st_mode, st_uid), following links."""

    def user(self, name_or_uid: str) -> tuple[str, int, int, str] | None:
        """(name, uid, gid, home), or None; digits are a uid."""

    def group(self, name_or_gid: str) -> tuple[str, int] | None:
        """(name, gid), or None; digits are a gid."""


class Host(Record):
    """Where a configuration is read: our environment, working directory, host name and the rest of the outside.

    `tempdir` is the default of childlogdir; `argv0` is how we were called; `uid` our user; `encoding` that of files.
    """

    environ: Mapping[str, str]
    cwd: str
    hostname: str
    tempdir: str
    argv0: str
    files: Files
    uid: int = 0
    encoding: str = "utf-8"

    def home(self, user: str = "") -> str | None:
        """The home directory of a user, by default ours; None if there is no such user."""
        if not user and "HOME" in self.environ:
            return self.environ["HOME"]
        known = self.files.user(user or str(self.uid))
        return known[3] if known is not None else None
