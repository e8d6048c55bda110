"""The 42 invariants of simulation.md §4.5, E1 to E8 for listeners, L5, L6, W1 to W3, three meta ones: where each is judged."""

from __future__ import annotations

STORY = "story"
"""By `judge`, from a story alone."""
MACHINE = "machine"
"""By `machine.Watch`, where the whole daemon runs on the simulated kernel."""
SIEGE = "siege"
"""By `sim.stage.site` and `sim.stage.siege`, where the daemon runs under nemeses."""

CATALOGUE: dict[str, str] = {
    "R1": MACHINE,
    "R2": MACHINE,
    "R3": SIEGE,
    "R4": MACHINE,
    "R5": SIEGE,
    "R6": SIEGE,
    "R7": STORY,
    "R8": MACHINE,
    "R9": MACHINE,
    "R10": SIEGE,
    **{f"S{number}": STORY for number in range(1, 15)},
    **{f"T{number}": STORY for number in range(1, 8)},
    "T8": MACHINE,
    "L1": SIEGE,
    "L2": SIEGE,
    "L3": SIEGE,
    "L4": SIEGE,
    "L5": SIEGE,
    "L6": SIEGE,
    **{f"E{number}": SIEGE for number in range(1, 9)},
    **{f"V{number}": STORY for number in range(1, 6)},
    "V6": SIEGE,
    "W1": SIEGE,
    "W2": SIEGE,
    "W3": SIEGE,
}
"""Each by its name."""

META = ("M1", "M2", "M3")
"""Of every campaign: a second play is the same, so is a replay of the choices, and one with a core restored from its snapshot."""

BUGS = {
    "S4": "false RUNNING",
    "S5": "false RUNNING",
    "L1": "lost tail of a log",
    "T8": "leaked processes",
    "R1": "zombies left",
    "R2": "zombies left",
    "R10": "unbounded turn",
}
"""What people call it where the law is broken."""


def named(reason: str) -> str:
    """A finding with what people call it, where they call it something."""
    name = BUGS.get(reason.partition(" ")[0], "")
    return f"{reason} ({name})" if name and name not in reason else reason
