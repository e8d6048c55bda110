"""A siege for a person: replayed with a lane for each program, and its failure on one screen."""

from __future__ import annotations

from sim.cli.options import UsageError
from sim.invariants.meanings import meaning
from sim.report.screen import REASONS, around, place
from sim.report.timeline import lanes
from sim.stage import sieges

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.stage.siege import Result, Siege


def replay(siege: Siege) -> int:
    """Play it again and print what happened; the exit status."""
    try:
        result = sieges.verdict(siege, True)
    except Exception as error:  # options the daemon refuses, say: nothing a drawn siege has
        raise UsageError(f"this siege cannot be played: {error!r}") from None
    print("\n".join([*_cast(siege), *_lanes(siege, result), *(f"FAILED {line}" for line in result.broken)]))
    return 1 if result.broken else 0


def screen(heading: str, siege: Siege, reasons: Sequence[str], replayed: str) -> list[str]:
    """Its failure, line by line."""
    lines = [heading, *(f"  {reason}" for reason in reasons[:REASONS])]
    if sentence := meaning(reasons[0]):
        lines.append(f"  must hold: {sentence}")
    rows = _lanes(siege, sieges.verdict(siege, True))
    body = around(rows, place(reasons[0]).time_ns) if len(rows) > 1 else rows
    return [*lines, *_cast(siege), *body, f"replay: {replayed}"]


def _cast(siege: Siege) -> list[str]:
    everyone = (*siege.programs, *siege.listeners)
    programs = [f"  {name}  {what}  {' '.join(options.split())[:90]}" for name, options, what in everyone]
    return [f"  nemeses: {', '.join(siege.nemeses)}", *programs]


def _lanes(siege: Siege, result: Result) -> list[str]:
    names = [name for name, _, _ in siege.programs]
    names += [name for name in dict.fromkeys(name for _, name, _ in result.history) if name not in names]
    return lanes(names, list(result.history))
