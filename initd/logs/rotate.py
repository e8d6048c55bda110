"""One log file and its backups: the part of logging that runs off the loop.

Every method that takes `files` belongs inside an operation given to `submit`; operations on one file never overlap. The
rules are supervisord-4.3 §4.2, and D17 for targets that cannot seek: those are only ever appended to.

Nothing here raises for a full disk, a vanished directory or a rename that is refused. The bytes concerned are counted,
and what a person should know is returned as a list of notes: one when trouble begins, one when it is over.
"""

from __future__ import annotations

from initd.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Self

    from initd.kernel.port import Files

# Links into descriptors, ours or not. What is behind them may be a regular file, but the link is not ours to move or remove.
_DESCRIPTOR_LINKS = ("/dev/stdout", "/dev/stderr", "/dev/fd/", "/proc/")


class LogTarget(Record):
    """Where a stream is written: `maxbytes` 0 means it is never rotated, `backups` 0 that rotating empties the file."""

    path: str
    maxbytes: int = 0
    backups: int = 0


class RotatingFile:
    """An open log target; `lost` counts the bytes that could not be written since it last worked.

    `name` is its path, but for a stream of our own one name for all that lead there: who shares a name shares a queue.
    """

    def __init__(self, target: LogTarget, fd: int = -1, borrowed: bool = False) -> None:
        self.target = target
        self.name = target.path
        self.own = borrowed
        self.lost = 0
        self._fd = fd
        self._borrowed = borrowed
        self._stream = borrowed
        self._size = 0
        self._sure = True  # that the file is so long: a disk need not tell
        self._rotate_at = target.maxbytes
        self._broken = False
        self._stuck = False

    @classmethod
    def open(cls, files: Files, target: LogTarget) -> Self:
        """Open for appending, created if missing; raises OSError."""
        file = cls(target)
        file._open(files)
        return file

    @classmethod
    def borrow(cls, fd: int, name: str) -> Self:
        """Append to a descriptor of somebody else's, a standard stream for instance; it is never closed."""
        return cls(LogTarget(name), fd, borrowed=True)

    @property
    def size(self) -> int:
        """How long the file is, as far as we know; 0 for what has no length."""
        return max(0, self._size)

    def append(self, files: Files, chunks: Iterable[bytes], dropped: int = 0) -> list[str]:
        """Write the chunks, none of them split over two files, rotating behind each that reaches `maxbytes`.

        `dropped` bytes were given up before they came here; they are reported as lost with those lost here.
        """
        notes: list[str] = []
        self.lost += dropped
        self._ensure_open(files, notes)
        for piece in self._pieces(chunks):
            self._write(files, piece, notes)
            if self._rotates and self._size >= self._rotate_at:
                self._rotate(files, notes)
        return notes

    def reopen(self, files: Files) -> list[str]:
        """Go on in whatever `path` names now, for a rotation from outside; the old file is kept if that fails."""
        if self._borrowed:
            return []
        old, self._fd = self._fd, -1
        try:
            self._open(files)
        except OSError as error:
            self._fd = old
            return [f"could not reopen log file {self.path!r}: {_reason(error)}"]
        if old != -1:
            _close(files, old)
        return []

    def renew(self, files: Files, target: LogTarget) -> list[str]:
        """Go on as if opened just now with the limits of `target`, which has the same path."""
        self.target = target
        return self.reopen(files)

    def clear(self, files: Files) -> list[str]:
        """Unlink and start again; a stream is left alone. Raises OSError when that is refused."""
        if self._stream:
            return [f"log target {self.path!r} is a stream, it cannot be cleared"]
        try:
            files.unlink(self.path)
        except FileNotFoundError:
            pass
        self.close(files)
        self._open(files)
        return []

    def close(self, files: Files) -> list[str]:
        """Let go of the target; a later append opens it again."""
        if self._fd != -1 and not self._borrowed:
            fd, self._fd = self._fd, -1
            _close(files, fd)
        return []

    @property
    def path(self) -> str:
        """Where it is."""
        return self.target.path

    @property
    def _rotates(self) -> bool:
        return self.target.maxbytes > 0 and not self._stream

    def _open(self, files: Files) -> None:
        name = files.own_stream(self.path)
        self._fd = files.open_append(self.path)
        self.own, self.name = bool(name), name or self.path
        self._stream = self.own or self.path.startswith(_DESCRIPTOR_LINKS) or not files.seekable(self._fd)
        self._measure(files, otherwise=0)
        self._rotate_at = self.target.maxbytes

    def _ensure_open(self, files: Files, notes: list[str]) -> None:
        if self._fd == -1:
            try:
                self._open(files)
            except OSError as error:
                self._fail(error, notes)

    def _pieces(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Join chunks as long as none but the last of them can be the one that makes the file rotate."""
        held: list[bytes] = []
        held_bytes = 0
        for chunk in chunks:
            held.append(chunk)
            held_bytes += len(chunk)
            if self._rotates and self._size + held_bytes >= self._rotate_at:
                yield b"".join(held)
                held, held_bytes = [], 0
        if held:
            yield b"".join(held)

    def _write(self, files: Files, data: bytes, notes: list[str]) -> None:
        if self._fd == -1:
            self.lost += len(data)
            return
        before, sure = self._size, self._sure
        try:
            self._size, self._sure = files.append(self._fd, data), True
        except OSError as error:
            # A disk fills up in the middle of a chunk: some of it may be in the file after all.
            self._measure(files, otherwise=before)
            written = self._size - before if sure and self._sure else 0
            self.lost += len(data) - min(max(written, 0), len(data))
            self._fail(error, notes)
            return
        if self.lost or self._broken:
            notes.append(f"log target {self.path!r} takes output again, {self.lost} bytes were lost")
            self.lost, self._broken = 0, False

    def _measure(self, files: Files, otherwise: int) -> None:
        """Take the size of the file, or `otherwise` if it has none or does not tell."""
        self._size, self._sure = otherwise, self._stream
        try:
            if not self._stream:
                self._size, self._sure = files.append(self._fd, b""), True
        except OSError:
            pass

    def _fail(self, error: OSError, notes: list[str]) -> None:
        if not self._broken:
            self._broken = True
            notes.append(f"could not write to log target {self.path!r}: {_reason(error)}; output is lost")

    def _rotate(self, files: Files, notes: list[str]) -> None:
        self.close(files)
        stuck = False
        try:
            self._shift(files)
        except OSError as error:
            stuck = True
            if not self._stuck:
                notes.append(f"could not rotate log file {self.path!r}: {_reason(error)}; it goes on growing")
        self._stuck = stuck
        try:
            self._open(files)
            if (self._size or not self._sure) and not stuck:
                files.truncate(self._fd)
                self._size, self._sure = 0, True
        except OSError as error:
            self._fail(error, notes)
        # After a failure the next attempt is due when there is as much again, not at every chunk.
        self._rotate_at = self._size + self.target.maxbytes

    def _shift(self, files: Files) -> None:
        """Move every backup one up and the file to `.1`; all or nothing, but for the oldest backup."""
        moved: list[tuple[str, str]] = []
        try:
            for number in range(self.target.backups, 0, -1):
                old = f"{self.path}.{number - 1}" if number > 1 else self.path
                new = f"{self.path}.{number}"
                try:
                    files.rename(old, new)
                except FileNotFoundError:
                    continue
                moved.append((old, new))
        except OSError:
            for old, new in reversed(moved):
                files.rename(new, old)
            raise


def _close(files: Files, fd: int) -> None:
    """Close, whatever a network file system has to say about it: the descriptor is gone either way."""
    try:
        files.close(fd)
    except OSError:
        pass


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
