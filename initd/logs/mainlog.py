"""The daemon's own log: levels, the line format, the file and the copy on standard output (supervisord-4.3 §4.1, D17).

`log` never waits and never fails. Before the file is open lines are kept; when the target does not keep up, lines are
dropped and counted (see `sinks`).
"""

from __future__ import annotations

import enum

from initd.logs.rotate import LogTarget, RotatingFile
from initd.logs.sinks import Discard, FileSink

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from initd.drive.loop import Loop
    from initd.kernel.port import Files, Kernel
    from initd.logs.sinks import Done, Sink

STDOUT = "/dev/stdout"


class Level(enum.IntEnum):
    """How much a line matters; the names are those of the log lines."""

    CRIT = 50
    ERRO = 40
    WARN = 30
    INFO = 20
    DEBG = 10
    TRAC = 5
    BLAT = 3


THRESHOLDS = {
    "critical": Level.CRIT,
    "error": Level.ERRO,
    "warn": Level.WARN,
    "info": Level.INFO,
    "debug": Level.DEBG,
    "trace": Level.TRAC,
    "blather": Level.BLAT,
}
"""The least level that is logged, by the value of `loglevel`."""

_EARLY_BYTES = 1 << 20


class MainLog:
    """The log of the daemon; lines below `threshold` are not made.

    `share` gives the sink that a stream of our own has in common with programs; `log_format` is `text` or `json`.
    """

    def __init__(
        self,
        loop: Loop,
        threshold: Level = Level.INFO,
        share: Callable[[RotatingFile], Sink] | None = None,
        log_format: str = "text",
    ) -> None:
        self.threshold = threshold
        self._share = share
        self._line = format_line
        if log_format == "json":
            from initd.logs.formats import json_line

            self._line = json_line
        self._loop = loop
        self._early: list[bytes] = []
        self._early_bytes = 0
        self._file: Sink | None = None
        self._copy: Sink | None = None
        self._closing = False

    def log(self, level: Level, text: str) -> None:
        """Write one line (or several, with one heading) if `level` reaches the threshold."""
        if level < self.threshold:
            return
        line = self._line(self._loop.kernel, level, text)
        if self._file is None:
            if self._early_bytes < _EARLY_BYTES:
                self._early.append(line)
                self._early_bytes += len(line)
            return
        self._file.write(line)
        if self._closing:  # a late line opens the file again
            self._file.close(_ignore)
        if self._copy is not None:
            self._copy.write(line)

    def open(self, target: LogTarget, stdout_fd: int | None, done: Done) -> None:
        """Open the file, and write what was logged so far; `done` gets the error if it cannot be opened.

        With a `stdout_fd` every line goes there too, unless that is where the file goes.
        """

        def opened(files_open: tuple[RotatingFile, RotatingFile | None] | None, error: Exception | None) -> None:
            if files_open is not None:
                file, copy = files_open
                self.attach(self._sink(file), copy)
            done(error if error is None or isinstance(error, OSError) else OSError(str(error)))

        self._loop.submit("log:" + target.path, lambda files: open_targets(files, target, stdout_fd), opened)

    def attach(self, file: Sink, copy: RotatingFile | None) -> None:
        """Write from now on to that log, and to a copy; beginning with the lines kept so far."""
        self._file = file
        self._copy = None if copy is None else self._sink(copy)
        early, self._early, self._early_bytes = self._early, [], 0
        for line in early:
            self._file.write(line)
            if self._copy is not None:
                self._copy.write(line)

    def reopen(self, done: Done) -> None:
        """Follow the path to a new file, after a rotation from outside."""
        (Discard() if self._file is None or self._closing else self._file).reopen(done)

    def clear(self, done: Done) -> None:
        """Unlink the file and start a new one; a stream is left alone. The old one is told, once for each place of a line."""
        for _ in (self._file, self._copy) if self._copy is not None else (self._file,):
            self.log(Level.INFO, "reopening log file")
        (Discard() if self._file is None or self._closing else self._file).clear(done)

    def settle(self, done: Done) -> None:
        """Answer when the lines logged by now are in the file; see Sink.settle."""
        (self._file or Discard()).settle(done)

    def close(self, done: Done) -> None:
        """Call `done` when every line is out. With a target that hangs that is never: the caller has a deadline.

        Lines that come after this are still written, but leave nothing open.
        """
        self._closing = True

        def file_closed(error: OSError | None) -> None:
            if self._copy is None:
                done(error)
            else:
                self._copy.close(lambda _error: done(error))

        (self._file or Discard()).close(file_closed)

    def _sink(self, file: RotatingFile) -> Sink:
        return self._share(file) if file.own and self._share else FileSink(self._loop, file, self.warn)

    def warn(self, text: str) -> None:
        """What a log target wants a person to know."""
        self.log(Level.WARN, text)


def _ignore(_error: OSError | None) -> None:
    """For a close that nobody waits for."""


def open_targets(files: Files, target: LogTarget, stdout_fd: int | None) -> tuple[RotatingFile, RotatingFile | None]:
    """The main log and the copy on standard output, one of the two if both are the same; raises OSError."""
    stdout = console_copy(stdout_fd)
    if stdout is None or stdout_fd is None:
        return RotatingFile.open(files, target), None
    if not _is_same(files, stdout_fd, target.path):
        return RotatingFile.open(files, target), stdout
    if files.seekable(stdout_fd) and target.path != STDOUT:
        return RotatingFile.open(files, target), None
    # Opening the path again would fail for a socket, and for a user who does not own the terminal.
    return stdout, None


def console_copy(stdout_fd: int | None) -> RotatingFile | None:
    """Where the lines go that are for the console, if there is one."""
    return None if stdout_fd is None else RotatingFile.borrow(stdout_fd, STDOUT)


def format_line(kernel: Kernel, level: Level, text: str) -> bytes:
    """`YYYY-MM-DD HH:MM:SS,mmm LVL text` in local time, UTF-8; what is no character is written as an escape."""
    wall_ns = kernel.wall()
    year, month, day, hour, minute, second = kernel.local_time(wall_ns)
    millisecond = wall_ns // 1_000_000 % 1000
    line = f"{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02},{millisecond:03} {level.name} {text}\n"
    return line.encode("utf-8", "backslashreplace")


def output_text(name: str, channel: str, data: bytes) -> str:
    """How output of a program appears in the main log at level debug."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = f"Undecodable: {data!r}"
    return f"{name!r} {channel} output:\n{text}"


def _is_same(files: Files, fd: int, path: str) -> bool:
    try:
        return files.same_file(fd, path)
    except OSError:
        return False
