"""One scenario, played and judged by all who have a say: the invariants, a second play, a relation, the model, supervisor."""

from __future__ import annotations

from initd.errors import InitdError
from initd.record import Record
from sim.invariants import Outcome, judge
from sim.invariants.catalogue import named
from sim.stage import core
from sim.trace import first_difference, line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from sim.scenario import Scenario
    from sim.trace import Trace

    Relation = Callable[[Scenario, Trace], str | None]
    Play = Callable[[Scenario], Trace]

STAGES = ("core", "daemon")
RELATED = 16
"""Of one seed in so many, one relation between its story and another must hold."""


class Verdict(Record):
    """What came of one seed: its story, what is wrong with it and whether for certain, and the scenario as a file."""

    trace: Any
    reasons: tuple[str, ...]
    certain: bool
    scenario: str


class Judges(Record):
    """Who judges besides the invariants: the reference model's function, the comparison with supervisor."""

    tell: Any = None
    register: Any = None

    def related(self, seed: int, stage: str) -> Relation | None:
        """The relation to be tried with that seed's story, if any."""
        if seed % RELATED:
            return None
        from sim import metamorphic

        return metamorphic.relation(seed // RELATED, stage)


def stage_of(name: str) -> Play:
    """How that stage plays; ValueError for one that does not exist."""
    if name == "core":
        return core.play
    if name == "daemon":
        from sim.stage import daemon  # it needs everything the daemon does

        return daemon.play
    raise ValueError(f"no stage {name!r}: expected one of {', '.join(STAGES)}")


def check(
    scenario: Scenario,
    play: Play,
    tell: Any = None,
    twice: bool = False,
    register: Any = None,
    relation: Relation | None = None,
) -> tuple[Trace, list[str], bool]:
    """The story, what is wrong with it, and whether something wrong is wrong for certain.

    `tell` is the reference model's function, `register` the comparison with supervisor, `relation` says what is wrong with
    what it makes of scenario and story; None to do without.
    """
    try:
        trace = play(scenario)
    except Exception as error:  # a stage or the supervisor broke down: the one is a bug, and so is the other
        return [], [f"play fail: {error!r}{''.join(getattr(error, '__notes__', ()))}"], True
    findings = judge(scenario, trace)
    reasons = [named(str(finding)) for finding in findings]
    unsure = [str(finding) for finding in findings if finding.outcome is Outcome.UNKNOWN]
    if twice and play(scenario) != trace:
        reasons.append("M1 fail: a second play tells another story")
    others = ((relation, _relation_broken, "O4 fail"), (tell, _model_difference, "model unknown"))
    for judge_, ask, failing in (*others, (register, _unexplained, "oracle unknown")):
        if judge_ is None:
            continue
        try:
            reason = ask(scenario, trace, judge_)
        except Exception as error:  # without its say there is no pass; a relation's other play must not break down either
            reason = f"{failing}: {error!r}"
            unsure += [reason] if failing.endswith("unknown") else []
        reasons += [reason] if reason is not None else []
    return trace, reasons, len(reasons) > len(unsure)


def _relation_broken(scenario: Scenario, trace: Trace, relation: Relation) -> str | None:
    return relation(scenario, trace)


def _unexplained(scenario: Scenario, trace: Trace, register: Any) -> str | None:
    parting = register.compare(scenario, trace).unexplained
    if parting is None:
        return None
    at = f"at {parting.time_ns / 1e9:.9f} {parting.program or '-'}"
    return f"oracle fail {at}: {said(parting.ours)}, supervisor 4.3.0 {said(parting.theirs)}"


def said(entries: tuple[Any, ...]) -> str:
    """What a story tells next."""
    return f"told {line(entries[0]).strip()!r}" if entries else "told nothing"


def _model_difference(scenario: Scenario, trace: Trace, tell: Any) -> str | None:
    story = tell(scenario)
    found = first_difference(story.binding(trace), story.binding(story.trace))
    if found is None:
        return None
    program, ours, model = found
    told = "nothing" if ours is None else line(ours).strip()
    wanted = "nothing" if model is None else line(model).strip()
    return f"model fail for {program or 'the daemon'}: told {told!r}, expected {wanted!r}"


def reference_model() -> Any:
    """What tells the model's story of a scenario."""
    from sim.model import tell  # only who compares needs it

    return tell


def the_register() -> Any:
    """What compares with the real supervisor; InitdError where that is not installed."""
    try:
        from sim.oracle.differential import Register, rows
    except ImportError as error:
        raise InitdError(
            f"comparing with supervisor takes supervisor==4.3.0, which is not installed: {error}"
        ) from None

    return Register(rows())
