"""What is promised, in one table, and how a figure is judged by it."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

PROMISES: dict[str, tuple[float, float]] = {
    # figure: (at most so much for initd, at least so many times as much for supervisord)
    "restart of a killed program": (10.0, 50.0),
    "exec to first child": (65.0, 10.0),
    "getAllProcessInfo of 100 programs": (1000 / 630, 10.0),
    "getAllProcessInfo of 100 programs, a connection each": (1000 / 630, 0),
    "idle: sleeps of all threads": (0, 0),
    "idle: processor ticks": (0, 0),
    "1,000 programs: exec to all running": (10_000.0, 1.0),
    "1,000 programs: shutdown": (10_000.0, 1.0),
    "leak: descriptors": (0, 0),
    "leak: zombies": (0, 0),
    "leak: resident memory": (512, 0),
    "delay by a log on a frozen disk": (10.0, 0),
    "delay by a client that sends a byte a second": (10.0, 0),
    "delay by a client that reads a byte a second": (10.0, 0),
    "delay by reads of a 50 MB log": (10.0, 0),
    "delay by multicalls of 2,000": (10.0, 0),
    "delay by multicalls of 10,000": (10.0, 0),
    "delay by getAllProcessInfo of 1,000 programs": (10.0, 0),
    "delay by the page of 1,000 programs": (10.0, 0),
    "delay by reloadConfig of 2,000 programs": (10.0, 0),
    "delay by heads of 8 MB": (10.0, 0),
    "delay by bodies of 8 MB": (10.0, 0),
    "delay by 100 clients that follow a log": (10.0, 0),
    "delay by 1,000 idle connections": (10.0, 0),
    "init: start, times a bare interpreter's": (1.5, 0),
    "init: resident, more than a bare interpreter": (1024, 0),
    "init: wake-ups while idle": (0, 0),
    "init: drain of a zombie, times tini's": (1.25, 0),
    "init: round trip of a signal, times tini's": (1.3, 0),
    "resident with 1 programs": (20_480, 1.0),
    "resident with 1 programs, after an RPC": (32_768, 0),
    "resident with 100 programs": (24_576, 1.0),
    "resident with 100 programs, after an RPC": (32_768, 0),
}


class Figure:
    """One line of the table: for each daemon one value a round. Less is better."""

    def __init__(self, what: str, unit: str, values: Mapping[str, Sequence[float]], note: str = "") -> None:
        self.what, self.unit, self.note = what, unit, note
        self.values = {name: list(each) for name, each in values.items()}

    def ratios(self) -> dict[str, float]:
        """How many times initd's median those of the others are; what initd has none of, nothing is a multiple of."""
        ours = statistics.median(self.values["initd"])
        others = {name: each for name, each in self.values.items() if name != "initd" and each}
        return {name: statistics.median(each) / ours for name, each in others.items()} if ours > 0 else {}

    def broken(self) -> str:
        """Which part of its promise is broken, judged by the best round: others only add to a time. "" if none is."""
        limit, times = PROMISES.get(self.what, (float("inf"), 0))
        best = min(self.values["initd"])
        if best > limit:
            return f"promised at most {limit:g} {self.unit}"
        stock = self.values.get("supervisord")
        if stock and best > 0 and min(stock) / best < times:
            return f"promised {times:g} times less than supervisord"
        return ""

    def line(self) -> str:
        """The line to print."""
        parts = []
        ratios = self.ratios()
        for name, each in self.values.items():
            if each:
                spread = f" ({min(each):.4g} to {max(each):.4g})" if len(each) > 1 else ""
                ratio = f" = {ratios[name]:.3g}x" if name in ratios else ""
                parts.append(f"{name} {statistics.median(each):.4g}{spread}{ratio}")
        note = f"  [{self.note}]" if self.note else ""
        return f"{self.what}, {self.unit}: " + "; ".join(parts) + note
