"""Signals, times and exit codes as the command line of an init spells them."""

from __future__ import annotations

from initd.errors import ConfigError
from initd.signals import SIGRTMAX, SIGRTMIN, signal_number

NEVER = ("", "never", "off")


def signal_of(text: str, option: str) -> int:
    """A signal by name (`TERM`, `SIGTERM`, `RTMIN+3`, `RTMAX-1`) or number 1 to 64."""
    name = text.strip().upper().removeprefix("SIG")
    base, sign, offset = name[:5], name[5:6], name[6:]
    number: int | None = None
    if name.isdecimal():
        number = int(name)
    elif base in ("RTMIN", "RTMAX") and sign in ("+", "-") and offset.isdecimal():
        number = (SIGRTMIN if base == "RTMIN" else SIGRTMAX) + int(sign + offset)
        number = number if SIGRTMIN <= number <= SIGRTMAX else None
    elif not name.startswith("_"):
        number = signal_number(name)
    if number is None or not 1 <= number <= SIGRTMAX:
        raise ConfigError(f"{option}: no signal {text!r}", hint="expected a name such as TERM or RTMIN+3, or a number 1 to 64")
    return number


def code_of(text: str, option: str) -> int:
    """An exit status, 0 to 255."""
    if not text.isdecimal() or int(text) > 255:
        raise ConfigError(f"{option}: no exit status {text!r}", hint="expected a number 0 to 255")
    return int(text)


def time_of(text: str, option: str) -> int:
    """Seconds, with a fraction if need be, in nanoseconds."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 1e9:
        raise ConfigError(f"{option}: no time {text!r}", hint="expected seconds, such as 2 or 0.5")
    return round(seconds * 1e9)


def pair_of(text: str, option: str) -> tuple[str, str]:
    """Two values with a colon between them."""
    first, colon, second = text.partition(":")
    if not colon:
        raise ConfigError(f"{option}: expected two values with a colon between them, not {text!r}")
    return first, second
