"""Rows of processes on the screen: supervisorctl's fixed columns for programs that read them, colour for people."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO


# under way is yellow, down on purpose dim; what is not listed needs somebody's attention
_STYLES = {"RUNNING": "green", "STARTING": "yellow", "STOPPING": "yellow", "STOPPED": "dim", "EXITED": "dim"}


def show(out: TextIO, rows: Sequence[tuple[str, str, str]]) -> None:
    """Print (name, state, description) rows, in colour and folded to the window when `out` is a terminal."""
    if out.isatty():
        try:
            _show_in_colour(out, rows)
            return
        except ImportError:  # the columns are as readable without
            pass
    width = max([30, *(len(name) for name, _state, _description in rows)]) + 3
    for name, state, description in rows:
        out.write(f"{name:<{width}}{state:<10}{description}\n")


def _show_in_colour(out: TextIO, rows: Sequence[tuple[str, str, str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, min_width=30)
    table.add_column(no_wrap=True, min_width=8)
    table.add_column(overflow="fold")
    for name, state, description in rows:
        table.add_row(Text(name), Text(state, _STYLES.get(state, "red")), Text(description))
    Console(file=out).print(table)
