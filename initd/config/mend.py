"""Files with what is wrong in them taken out, so that what else is wrong can be found by reading on.

Only texts in memory are changed, lines keep their numbers, and the reading itself is the daemon's own: this is why a check
cannot judge differently from a start.
"""

from __future__ import annotations

from posixpath import join

from initd.config.ini import content_of, header_of
from initd.config.servers import STOCK_FACTORY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from initd.config.host import Host
    from initd.errors import ConfigError

SAFE = {
    "command": "true",
    "process_name": "%(program_name)s_%(process_num)s",
    "files": "",
    "file": "/socket",
    "port": "9001",
    "socket": "unix:///socket",
    "events": "EVENT",
    "childlogdir": "/",
    "supervisor.rpcinterface_factory": STOCK_FACTORY,
    "supervisor.ctl_factory": "module:factory",
}
"""What is written in place of a bad or missing value of an option that cannot be left out."""
_NOTHING = "#"


class MendedFiles:
    """The files of a host (see `host.Files`); `mend` takes out what an error complains about."""

    def __init__(self, host: Host) -> None:
        self._host, self._files = host, host.files
        self.originals: dict[str, list[str]] = {}
        """The lines of every file read so far, by its path."""
        self._lines: dict[str, list[str]] = {}
        self._mended: set[tuple[str, int]] = set()

    def read_file(self, path: str) -> bytes:
        if path not in self._lines:
            data = self._files.read_file(path)
            self.originals[path] = lines_of(data.decode(self._host.encoding, "replace"))
            return data
        return "\n".join(self._lines[path]).encode(self._host.encoding, "replace")

    def glob(self, pattern: str) -> list[str]:
        return self._files.glob(pattern)

    def stat(self, path: str) -> tuple[int, int]:
        return self._files.stat(path)

    def user(self, name_or_uid: str) -> tuple[str, int, int, str] | None:
        return self._files.user(name_or_uid)

    def group(self, name_or_gid: str) -> tuple[str, int] | None:
        return self._files.group(name_or_gid)

    def line(self, file: str | None, number: int | None) -> str:
        """A line as it was written; empty if it is not known."""
        lines = self.originals.get(join(self._host.cwd, file), []) if file else []
        return lines[number - 1] if number is not None and 0 < number <= len(lines) else ""

    def section(self, file: str | None, number: int | None) -> str | None:
        """The section that a line is in, as far as that can be told."""
        while number:
            name = header_of(content_of(self.line(file, number)))
            if name is not None:
                return name
            number -= 1
        return None

    def order(self, file: str | None, number: int | None) -> tuple[int, int]:
        """Where a line comes in the order of reading."""
        path = join(self._host.cwd, file or "")
        return (list(self.originals).index(path) if path in self.originals else 0), number or 0

    def touched(self, file: str | None, number: int | None) -> bool:
        """Whether a line is not as it was written."""
        return self.added(file, number) or (join(self._host.cwd, file or ""), number) in self._mended

    def added(self, file: str | None, number: int | None) -> bool:
        """Whether there was no such line."""
        lines = self.originals.get(join(self._host.cwd, file or ""))
        return number is not None and lines is not None and number > len(lines)

    def mend(self, error: ConfigError) -> bool:
        """Take out what the error complains about; False if there is no way."""
        if error.file is None:
            return False
        path = join(self._host.cwd, error.file)
        if path not in self.originals:
            return False
        if path not in self._lines:
            self._lines[path] = list(self.originals[path])
            if not self._decodable(path):  # what cannot be decoded has been replaced just now
                return True
        if error.line is None:
            self._lines[path] += ["[supervisord]"]
            return True
        return self._mend_line(path, error.line, error.key)

    def _decodable(self, path: str) -> bool:
        try:
            self._files.read_file(path).decode(self._host.encoding)
        except (OSError, UnicodeDecodeError):
            return False
        return True

    def _mend_line(self, path: str, number: int, key: str | None) -> bool:
        lines = self._lines[path]
        if number > len(lines):
            return False
        name = header_of(content_of(lines[number - 1]))
        if name is not None and key in SAFE:
            lines += [f"[{name}]", f"{key} = {SAFE[key]}"]
        elif name is not None or key is None:
            self._drop_section(path, number)
        else:
            self._drop_option(path, number, SAFE.get(key), key)
        return True

    def _drop_section(self, path: str, number: int) -> None:
        """A whole section, or what stands before the first one, or a line that is nothing."""
        lines = self._lines[path]
        whole = header_of(content_of(lines[number - 1])) is not None or self.section_before(path, number) is None
        self._drop(path, number)
        while whole and number < len(lines) and header_of(content_of(lines[number])) is None:
            number += 1
            self._drop(path, number)

    def section_before(self, path: str, number: int) -> str | None:
        """The name of the last section that begins before a line."""
        before = (header_of(content_of(line)) for line in reversed(self._lines[path][: number - 1]))
        return next((name for name in before if name is not None), None)

    def _drop_option(self, path: str, number: int, safe: str | None, key: str) -> None:
        lines = self._lines[path]
        depth = _depth(lines[number - 1])
        self._drop(path, number)
        if safe is not None:
            lines[number - 1] = " " * depth + f"{key} = {safe}"
        while number < len(lines) and (not content_of(lines[number]) or _depth(lines[number]) > depth):
            number += 1
            self._drop(path, number)

    def _drop(self, path: str, number: int) -> None:
        self._lines[path][number - 1] = _NOTHING
        self._mended.add((path, number))


def lines_of(text: str) -> list[str]:
    """The lines of a text as the reader counts them."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())
