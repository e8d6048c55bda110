"""How a contract is written: once, against a world, for the simulated and the real kernel alike.

A contract is a test function that takes `world`, decorated with the names of the rules of the simulated kernel it shows
true (sim/kernel/rules.py). On Linux it runs in a process of its own, so it and its module import no pytest.
"""

from __future__ import annotations

import contextlib

from initd.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

INIT = "init"
"""The role of PID 1 in a pid namespace of its own."""
CHILD = "child"
"""The role of some other process, below an init that reaps what it is left."""


class Contract(Record):
    """What a contract claims and where it holds; `why` says why one of the worlds is left out."""

    rules: tuple[str, ...]
    role: str
    worlds: tuple[str, ...]
    why: str


def contract(*rules: str, role: str = INIT, only: str = "", why: str = "") -> Callable[[Any], Any]:
    """Mark a test function as the contract that shows these rules; in `role`, in both worlds unless `only` names one."""
    if only and not why:
        raise ValueError(f"a contract for {only} alone says why")

    def mark(function: Any) -> Any:
        function.contract = Contract(rules, role, (only,) if only else ("sim", "linux"), why)
        return function

    return mark


@contextlib.contextmanager
def refused(number: int) -> Iterator[None]:
    """The block must raise an OSError with that errno."""
    try:
        yield
    except OSError as error:
        assert error.errno == number, f"errno {error.errno} instead of {number}: {error}"
        return
    raise AssertionError(f"nothing was refused, errno {number} was expected")
