"""How far a long command is: a bar on standard error, on a terminal only."""

from __future__ import annotations

import contextlib
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WIDTH = 30
EVERY_S = 0.1


@contextlib.contextmanager
def bar(total: int, what: str) -> Iterator[Callable[[int], None]]:
    """What is told how much is done, draws it, and is gone from the screen in the end."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    began = time.monotonic()
    drawn = [began - EVERY_S]

    def draw(done: int) -> None:
        now = time.monotonic()
        if now - drawn[0] < EVERY_S:
            return
        drawn[0] = now
        full = WIDTH * done // max(total, 1)
        rate = done / max(now - began, 1e-9)
        left = f", {(total - done) / rate:,.0f}s left" if done else ""
        _write(f"\r[{'#' * full}{'.' * (WIDTH - full)}] {done:,} of {total:,} {what} ({rate:,.0f}/s{left})\x1b[K")

    try:
        draw(0)
        yield draw
    finally:
        _write("\r\x1b[K")


def _write(text: str) -> None:
    with contextlib.suppress(OSError):  # a terminal that has gone ends nothing
        sys.stderr.write(text)
        sys.stderr.flush()
