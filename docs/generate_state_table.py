"""Writes docs/state-table.md from the table that the daemon runs on: `python docs/generate_state_table.py`."""

from __future__ import annotations

from pathlib import Path

from initd.supervise.rules import ACTIONS
from initd.supervise.table import STATE_OF, TABLE, Phase, Trigger

TARGET = Path(__file__).with_name("state-table.md")
INTRODUCTION = """\
# What a process does in which state

Generated from `initd/supervise/table.py`. A phase is a state as clients see it, plus whether a start is still under way:
*spawning* and *starting* are STARTING, *cancelling* and *stopping* are STOPPING.
"""


def render() -> str:
    """The whole page."""
    head = "| phase (state) | " + " | ".join(trigger.value for trigger in Trigger) + " |"
    rows = [head, "|---" * (len(Trigger) + 1) + "|"]
    for phase in Phase:
        cells = " | ".join(TABLE[phase, trigger].replace("_", " ") for trigger in Trigger)
        rows.append(f"| **{phase.value}** ({STATE_OF[phase].name}) | {cells} |")
    actions = {TABLE[cell]: " ".join((action.__doc__ or "").split()) for cell, action in ACTIONS.items()}
    meanings = [f"- **{name.replace('_', ' ')}**: {meaning}" for name, meaning in sorted(actions.items())]
    return "\n".join([INTRODUCTION, *rows, "", "## The actions", "", *meanings, ""])


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
