"""The 42 invariants of simulation.md §4.5: where each is judged, or why it is not yet."""

from __future__ import annotations

STORY = "story"
"""By `judge`, from a story alone."""
MACHINE = "machine"
"""By `machine.Watch`, where the whole daemon runs on the simulated kernel."""

CATALOGUE: dict[str, str] = {
    "R1": MACHINE,
    "R2": MACHINE,
    "R3": "a story has no pids, and the kernel does not know whose they are: needs the reaper's owners",
    "R4": MACHINE,
    "R5": "the programs of a scenario leave no orphans: needs children that fork",
    "R6": "a story does not tell of calls: needs the deadlines of the kernel's polls",
    "R7": STORY,
    "R8": MACHINE,
    "R9": MACHINE,
    "R10": "a story does not tell of turns: needs the counters of the loop",
    **{f"S{number}": STORY for number in range(1, 15)},
    **{f"T{number}": STORY for number in range(1, 8)},
    "T8": MACHINE,
    "L1": "a story does not tell of output: needs children that write",
    "L2": "a story does not tell of output: needs the files of the kernel",
    "L3": "a story does not tell of logs: needs disks that fail",
    "L4": "a story does not tell of buffers: needs the daemon's counters",
    **{f"V{number}": STORY for number in range(1, 6)},
    "V6": "a story does not tell of wake-ups: needs the kernel's polls",
}
"""Each by its name: `story`, `machine`, or the reason."""
