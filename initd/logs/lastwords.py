"""What a program that ends the daemon leaves to be read: how it ended and its last lines, on standard error and for Kubernetes.

`/dev/termination-log` is the termination message of a container: the runtime makes the file, at most LIMIT_BYTES of it are read.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from initd.kernel.port import Files
    from initd.supervise.effects import Exit

TERMINATION_LOG = "/dev/termination-log"
LIMIT_BYTES = 4096
KEPT_BYTES = 3072
"""So much of a program's output is kept for this; the rest of LIMIT_BYTES is for what we say ourselves."""


class Tail:
    """The end of what a program has written, both streams as they came."""

    __slots__ = ("_kept", "_recent")

    def __init__(self) -> None:
        self._kept = b""
        self._recent = 0

    def begin(self) -> None:
        """Another run begins."""
        self._recent = 0

    @property
    def recent(self) -> bytes:
        """What is kept of the run that began last."""
        return self._kept[max(0, len(self._kept) - self._recent) :]

    def add(self, data: bytes) -> None:
        """Keep the end of what there is now."""
        self._recent += len(data)
        self._kept = (self._kept + data)[-KEPT_BYTES:] if len(data) < KEPT_BYTES else data[-KEPT_BYTES:]

    def lines(self) -> bytes:
        """The last whole lines, with a newline at their end; a line that alone is too long loses its beginning."""
        kept = self._kept
        if len(kept) == KEPT_BYTES and b"\n" in kept[:-1]:
            kept = kept.partition(b"\n")[2]
        return kept if kept.endswith(b"\n") or not kept else kept + b"\n"


def last_words(end: Exit, tail: Tail | None) -> bytes:
    """The message, of LIMIT_BYTES at most."""
    lines = b"" if tail is None else tail.lines()
    head = f"initd: {end.program} {end.cause}".encode("utf-8", "replace")
    rest = f"; exit status {end.status}\n".encode() + (b"initd: its last output:\n" if lines else b"")
    return head[: LIMIT_BYTES - len(rest) - len(lines)] + rest + lines


def write(files: Files, message: bytes, fd: int) -> None:
    """Off the loop: to a descriptor (-1: none) and into the termination message; who cannot take it does without."""
    try:
        files.stat(TERMINATION_LOG)  # it is not ours to make
        log = files.open_append(TERMINATION_LOG)
        try:
            files.append(log, message)
        finally:
            files.close(log)
    except OSError:
        pass
    if fd >= 0:
        try:
            files.append(fd, message)
        except OSError:
            pass
