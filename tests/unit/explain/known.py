"""Facts and evidence for tests, with what matters to them named."""

from __future__ import annotations

from typing import Any

from initd.drive.program import End
from initd.explain.evidence import Evidence
from initd.explain.facts import Facts
from initd.explain.reasons import Diagnosis, diagnose
from initd.states import ProcessState

SECOND_NS = 1_000_000_000
NOTHING = Evidence()


def ended(
    code: int | None = None, signal: int | None = None, life_s: float = 0.02, count: int = 1, **more: Any
) -> tuple[End, ...]:
    """So many tries that ended like that."""
    return tuple(End(100 + at, 0, int(life_s * SECOND_NS), code, signal, **more) for at in range(count))


def facts(state: ProcessState = ProcessState.BACKOFF, command: str = "/srv/app", **more: Any) -> Facts:
    """Facts of a program `app`."""
    return Facts("app", "app", "app", state, command, **more)


def told(state: ProcessState = ProcessState.FATAL, evidence: Evidence = NOTHING, **more: Any) -> Diagnosis:
    """What follows."""
    return diagnose(facts(state, **more), evidence)
