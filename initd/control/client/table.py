"""Rows on the screen: supervisorctl's columns for programs that read them; for people the same in colour, and aligned.

supervisord-4.3 §7.3, §12.6.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

# under way is yellow, down on purpose dim; a state that is not listed needs somebody's attention
_STATES = {"RUNNING": "green", "STARTING": "yellow", "STOPPING": "yellow", "STOPPED": "dim", "EXITED": "dim"}
_USES = {"in use": "green", "avail": "dim"}


def show_status(out: TextIO, rows: Sequence[tuple[str, str, str]], notes: Sequence[str] = ()) -> None:
    """Print (name, state, description) rows; on a terminal with a note behind each, which moves no column."""
    _show(out, rows, (max([30, *(len(name) for name, _state, _description in rows)]) + 2, 9), _STATES, "red", notes)


def show_available(out: TextIO, rows: Sequence[tuple[str, str, str, str]]) -> None:
    """Print (name, use, start, priorities) rows."""
    _show(out, rows, (32, 9, 9), _USES, "")


def _show(
    out: TextIO,
    rows: Sequence[Sequence[str]],
    widths: Sequence[int],
    styles: dict[str, str],
    other: str,
    notes: Sequence[str] = (),
) -> None:
    """All columns but the last are padded to `widths`, and a space; `styles` are those of the second column."""
    if out.isatty():
        try:
            _show_in_colour(out, rows, widths, styles, other, notes)
            return
        except ImportError:  # the columns are as readable without
            pass
    for row in rows:
        padded = "".join(f"{cell:<{width}} " for cell, width in zip(row, widths, strict=False))
        out.write(f"{padded}{row[-1]}\n")


def _show_in_colour(
    out: TextIO,
    rows: Sequence[Sequence[str]],
    widths: Sequence[int],
    styles: dict[str, str],
    other: str,
    notes: Sequence[str],
) -> None:
    """Columns count the cells a terminal shows a text in, and are as narrow as they can be where lines would wrap."""
    import os

    from rich.cells import cell_len
    from rich.console import Console
    from rich.text import Text

    console = Console(file=out, highlight=False, color_system=None if os.environ.get("NO_COLOR") else "auto")
    cells = [[cell_len(cell) for cell in row] for row in rows]
    needed = [max(column, default=0) for column in zip(*cells, strict=True)]
    widths = [max(width, least) for width, least in zip(widths, needed, strict=False)]
    if sum(widths) + len(widths) + sum(needed[-1:]) > console.width:
        widths = [least + 1 for least in needed[:-1]]
    text = Text()
    for row, lengths, note in zip(rows, cells, notes or [""] * len(rows), strict=True):
        for at, cell in enumerate(row):
            text.append(cell, styles.get(cell, other) if at == 1 else None)
            text.append(" " * (widths[at] - lengths[at] + 1) if at < len(widths) else f"  ({note})\n" if note else "\n")
    console.print(text, end="", soft_wrap=True)
