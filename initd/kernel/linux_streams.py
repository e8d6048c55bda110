"""Standard input, output and error: all three are open from the start. Loaded by every face, so it needs nothing."""

from __future__ import annotations

import posix


def fill_standard_streams() -> None:
    """Open /dev/null for each of 0, 1 and 2 that is closed, so that no descriptor of ours is taken for one of them."""
    for standard in range(3):
        try:
            posix.fstat(standard)
        except OSError:
            posix.set_inheritable(_open_nothing(), True)  # the lowest free number is this one


def _open_nothing() -> int:
    try:
        return posix.open("/dev/null", posix.O_RDWR)
    except OSError:  # a container without devices: what has nothing to read and takes no writes will do
        return posix.open("/", posix.O_RDONLY)
