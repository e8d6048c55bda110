"""The 42 invariants of simulation.md §4.5: where each is judged, or why it is not yet."""

from __future__ import annotations

STORY = "story"
"""By `judge`, from a story alone."""

CATALOGUE: dict[str, str] = {
    "R1": "a story does not tell of waits: needs the reaps and exits of the kernel's trace",
    "R2": "a story does not tell of zombies: needs the kernel's process table",
    "R3": "a story has no pids: needs the kernel's trace",
    "R4": "a story has no pids: needs the kernel's trace",
    "R5": "the programs of a scenario leave no orphans: needs children that fork",
    "R6": "a story does not tell of calls: needs the deadlines of the kernel's polls",
    "R7": STORY,
    "R8": "a story does not tell of descriptors: needs the kernel's table",
    "R9": "a story does not tell of descriptors: needs those of the children",
    "R10": "a story does not tell of turns: needs the counters of the loop",
    **{f"S{number}": STORY for number in range(1, 15)},
    **{f"T{number}": STORY for number in range(1, 8)},
    "T8": "a story does not tell who is alive: needs the kernel's process table at the exit",
    "L1": "a story does not tell of output: needs children that write",
    "L2": "a story does not tell of output: needs the files of the kernel",
    "L3": "a story does not tell of logs: needs disks that fail",
    "L4": "a story does not tell of buffers: needs the daemon's counters",
    **{f"V{number}": STORY for number in range(1, 6)},
    "V6": "a story does not tell of wake-ups: needs the kernel's polls",
}
"""Each by its name: `story`, or the reason."""
