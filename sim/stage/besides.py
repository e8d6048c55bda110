"""What a siege has besides: programs that speak to the system log, browsers, and the nemeses about them.

Each is drawn from a source of its own, so that all else about a siege stays what it was before there was such a thing.
"""

from __future__ import annotations

from random import Random

from sim.nemesis import RECEIVING, VISITING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    Cast = tuple[tuple[str, str, str], ...]

SHARE = 0.25
BESIDES = (*RECEIVING, *VISITING)
"""The nemeses that are drawn here."""
SPEAKERS: dict[str, list[Any]] = {
    "long lines": [["loop", [["write", "out", "x" * 6_000 + "\n"], ["sleep", 0.3], ["write", "out", "short\n"], ["sleep", 0.4]]]],
    "several lines at once": [["loop", [["write", "out", "one\n\ntwo\nand a ha"], ["sleep", 0.3], ["write", "err", "lf\n\n"]]]],
    "counts": [["write", "out", f"{number}\n"] if part else ["sleep", 0.2] for number in range(200) for part in (1, 0)],
}
"""What a program may say there, beside what programs of any siege do."""


def with_system_log(seed: int, programs: Cast, nemeses: Sequence[str]) -> tuple[Cast, tuple[str, ...]]:
    """The programs and nemeses of a siege, where some programs go to the system log."""
    rng = Random(f"{seed}:syslog")
    cast = []
    for name, options, what in programs:
        if rng.random() < SHARE:
            channels = (("stdout",), ("stderr",), ("stdout", "stderr"))[int(rng.random() * 3)]
            options += "".join(f"{channel}_syslog=true\n" for channel in channels)
            what = list(SPEAKERS)[int(rng.random() * len(SPEAKERS))] if rng.random() < 0.5 else what
        cast.append((name, options, what))
    if not any("_syslog=" in options for _, options, _ in cast):
        return programs, tuple(nemeses)
    return tuple(cast), (*nemeses, *(name for name in RECEIVING if rng.random() < 2 * SHARE))


def with_pages(seed: int, nemeses: Sequence[str]) -> tuple[str, ...]:
    """The nemeses of a siege, where somebody may use the web pages."""
    rng = Random(f"{seed}:pages")
    return (*nemeses, *(name for name in VISITING if rng.random() < SHARE))
