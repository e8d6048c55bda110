"""The names of the rules the simulated kernel claims are true of Linux.

A rule is put on the function that carries it; `tests/contract` shows each of them true on both kernels, and a test
fails for a name no contract claims. What is only a control of the simulation (faults, delays) is no rule.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    Function = TypeVar("Function", bound=Callable[..., Any])

RULES: dict[str, str] = {}
"""Every rule: its name, and the function that carries it."""


def rule(*names: str) -> Callable[[Function], Function]:
    """Say that the function carries these rules; ValueError for a name that is already taken."""

    def note(function: Function) -> Function:
        for name in names:
            if name in RULES:
                raise ValueError(f"rule {name} is carried by {RULES[name]} already")
            RULES[name] = f"{function.__module__}.{function.__qualname__}"
        return function

    return note
