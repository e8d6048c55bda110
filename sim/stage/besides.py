"""What a siege has besides: programs that speak to the system log, browsers, logs that are followed, and the nemeses about them.

Each is drawn from a source of its own, so that all else about a siege stays what it was before there was such a thing.
"""

from __future__ import annotations

import re
from random import Random

from sim.nemesis import FOLLOWING, RECEIVING, VISITING
from sim.stage.follower import BACKUPS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    Cast = tuple[tuple[str, str, str], ...]

SHARE = 0.25
BESIDES = (*RECEIVING, *VISITING, *FOLLOWING)
"""The nemeses that are drawn here."""
SPEAKERS: dict[str, list[Any]] = {
    "long lines": [["loop", [["write", "out", "x" * 6_000 + "\n"], ["sleep", 0.3], ["write", "out", "short\n"], ["sleep", 0.4]]]],
    "several lines at once": [["loop", [["write", "out", "one\n\ntwo\nand a ha"], ["sleep", 0.3], ["write", "err", "lf\n\n"]]]],
    "counts": [["write", "out", f"{number}\n"] if part else ["sleep", 0.2] for number in range(200) for part in (1, 0)],
}
"""What a program may say there, beside what programs of any siege do."""
TELLERS: dict[str, list[Any]] = {
    "counts aloud": [
        step for number in range(240) for step in (["write", "out", f"{number} {'x' * 600}\n"], ["sleep", 0.2])
    ],
}
"""What a program says whose log is to be followed from file to file."""


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


def with_followers(seed: int, programs: Cast, nemeses: Sequence[str]) -> tuple[Cast, tuple[str, ...]]:
    """The programs and nemeses of a siege, where some logs may be followed, which keep all that is rotated then."""
    rng = Random(f"{seed}:followers")
    if rng.random() >= SHARE:
        return programs, tuple(nemeses)
    teller, kept = int(rng.random() * len(programs)), f"stdout_logfile_backups={BACKUPS}"
    cast = []
    for number, (name, options, what) in enumerate(programs):
        options = re.sub(r"stdout_logfile_backups=\d+", kept, options)
        if number == teller:
            options = options.replace("stdout_logfile=NONE", f"stdout_logfile=/var/log/{name}.out")
            what = next(iter(TELLERS))
        cast.append((name, options, what))
    return tuple(cast), (*nemeses, *FOLLOWING)
