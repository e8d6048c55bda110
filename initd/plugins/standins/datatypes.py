"""supervisor.datatypes: the types of options that plugins read theirs with."""

from __future__ import annotations

_TRUE = ("yes", "true", "on", "1")
_FALSE = ("no", "false", "off", "0")


def list_of_strings(arg: str) -> list[str]:
    """What stands between commas; ValueError."""
    if not arg:
        return []
    try:
        return [word.strip() for word in arg.split(",")]
    except Exception:
        raise ValueError("not a valid list of strings: " + repr(arg)) from None


def list_of_ints(arg: str) -> list[int]:
    """Numbers between commas; ValueError."""
    if not arg:
        return []
    try:
        return [int(word) for word in arg.split(",")]
    except Exception:
        raise ValueError("not a valid list of ints: " + repr(arg)) from None


def boolean(s: object) -> bool:
    """One of the eight words; ValueError."""
    word = str(s).lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError("not a valid boolean value: " + repr(s))


def integer(value: str | int) -> int:
    """A number; ValueError."""
    return int(value)
