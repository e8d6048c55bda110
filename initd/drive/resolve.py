"""From a `command=` to an executable file: word splitting and PATH search with supervisord's texts (supervisord-4.3 §2.5).

Runs off the loop: a PATH on a dead mount hangs in stat(2).
"""

from __future__ import annotations

from initd.errors import InitdError
from initd.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from initd.kernel.port import Files

DEFAULT_PATH = "/bin:/usr/bin:/usr/local/bin"
QUOTING = "\\\"'"
S_IFMT, S_IFDIR, ANY_EXECUTE = 0o170000, 0o040000, 0o111
NOT_THERE, NOT_EXECUTABLE = 127, 126
"""The exit status that a shell gives a command that cannot be run."""


class CommandError(InitdError):
    """A command that cannot be run; `missing` tells NO_FILE from NOT_EXECUTABLE, the text is the spawnerr."""

    def __init__(self, text: str, missing: bool = False) -> None:
        super().__init__(text)
        self.text, self.missing = text, missing

    @property
    def status(self) -> int:
        """The exit status of a shell that was told to run it."""
        return NOT_THERE if self.missing else NOT_EXECUTABLE


class Executable(Record):
    """What to execute: the file, and the words as written."""

    path: str
    argv: tuple[str, ...]


def resolve(files: Files, command: str, env: Mapping[str, str]) -> Executable:
    """Find the executable of a command, PATH being the child's own; raises CommandError.

    The first PATH entry where the file exists is taken, usable or not. A word with a slash is looked up from the
    daemon's directory, not the program's (both as supervisord does).
    """
    try:
        words = split(command)
    except ValueError as error:
        raise CommandError(f"can't parse command {command!r}: {error}") from None
    if not words:
        raise CommandError("command is empty")
    path, mode = _find(files, words[0], env.get("PATH", DEFAULT_PATH))
    if mode is None:
        raise CommandError(f"can't find command {path!r}", missing=True)
    if mode & S_IFMT == S_IFDIR:
        raise CommandError(f"command at {path!r} is a directory")
    if not mode & ANY_EXECUTE:
        raise CommandError(f"command at {path!r} is not executable")
    if not files.executable(path):
        raise CommandError(f"no permission to run command {path!r}")
    return Executable(path, tuple(words))


def split(command: str) -> list[str]:
    """The words of a command, as shlex.split gives them; ValueError for a quotation without an end."""
    if any(mark in command for mark in QUOTING):
        import shlex  # here, since it brings `re`, and few commands need either

        return shlex.split(command)
    for blank in "\t\r\n":
        command = command.replace(blank, " ")
    return [word for word in command.split(" ") if word]


def _find(files: Files, program: str, path: str) -> tuple[str, int | None]:
    candidates = [program] if "/" in program else [_join(entry, program) for entry in path.split(":")]
    for candidate in candidates:
        try:
            return candidate, files.stat(candidate)[0]
        except OSError:
            continue
    return program, None


def _join(directory: str, name: str) -> str:
    if not directory or directory.endswith("/"):
        return directory + name
    return f"{directory}/{name}"
