"""Finds the screens of failures in what a command has printed."""

from __future__ import annotations


def screens(lines):
    """Every screen: from its heading to the command that replays it."""
    found = []
    for line in lines:
        if line.startswith(("FAILED profile", "UNKNOWN profile")):
            found.append([])
        if found and not (found[-1] and found[-1][-1].startswith("replay: ")):
            found[-1].append(line)
    return found
