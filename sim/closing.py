"""The last line of whatever has passed and failed, as pytest ends, with the rate."""

from __future__ import annotations


def closing(passed: int, failed: int, unknown: int, seconds: float, what: str, more: str = "") -> str:
    """`3 passed, 1 failed, 1 unknown in 2.00s (2 scenarios/s)`; nothing is said of unknown where there is none."""
    unsure = f", {unknown} unknown" if unknown else ""
    rate = (passed + failed + unknown) / max(seconds, 1e-9)
    number = f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}"
    return f"{passed} passed, {failed} failed{unsure} in {seconds:.2f}s ({number} {what}/s{more})"
