"""Why a story went as it did: every change of state and every signal with the cell of the table that made it, in words.

The words are `CAUSES`, by phase and trigger (`initd.supervise.table`); each names the invariants that demand it and where it is
written: § is supervisord-4.3.md, D docs/deliberate-differences.md.
"""

from __future__ import annotations

from initd.record import Record
from initd.supervise.effects import Kill, StateChanged
from initd.supervise.events import Booted
from initd.supervise.policy import Restart
from initd.supervise.rules import ACTIONS
from initd.supervise.table import Phase, Trigger
from sim.report.program import ended, seconds
from sim.stage.core import CoreStage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from initd.supervise.process import Process
    from sim.scenario import Scenario
    from sim.trace import Trace

    Cell = tuple[Phase, Trigger]


class Step(Record):
    """Something that happened to a program, what brought it about, and what demands it."""

    time_ns: int
    program: str
    what: str
    cause: str
    demanded: str


class Facts(Record):
    """What is known of a program as an action begins."""

    event: Any
    failures: int
    lived_ns: int
    process: Process

    @property
    def request(self) -> str:
        """Who asks."""
        asked = getattr(self.event, "request", None)
        return "" if asked is None else f" (op #{asked})"


def _start(facts: Facts) -> str:
    return "boot, and autostart=true" if isinstance(facts.event, Booted) else f"a client starts it{facts.request}"


def _stop(facts: Facts) -> str:
    return f"a client stops it{facts.request}"


def _quit(facts: Facts) -> str:
    return "the daemon shuts down, and it is its group's turn"


def _too_quick(facts: Facts) -> str:
    policy = facts.process.policy
    lived, failure = f"it ended after {seconds(facts.lived_ns)} ({_status(facts)})", facts.failures + 1
    if policy.too_quick(facts.lived_ns):
        return f"{lived}, sooner than startsecs={policy.startsecs}: failure {failure} of {policy.startretries + 1} allowed"
    return f"{lived}, no sooner than startsecs={policy.startsecs}: it had come up"


def _status(facts: Facts) -> str:
    cause: str = facts.event.cause
    return ended(facts.event.exitstatus) if facts.event.exitstatus >= 0 else cause


def _ended(facts: Facts) -> str:
    policy, status = facts.process.policy, facts.event.exitstatus
    allowed = ",".join(map(str, policy.exitcodes)) or "none"
    expected = "expected" if policy.expected(status) else "not expected"
    return f"it ended by itself ({_status(facts)}), which is {expected}: exitcodes={allowed}"


def _refused(facts: Facts) -> str:
    allowed = facts.process.policy.startretries + 1
    return f"there is no child ({facts.event.text}): failure {facts.failures + 1} of {allowed} allowed"


def _retry(facts: Facts) -> str:
    policy = facts.process.policy
    if policy.exhausted(facts.failures):
        return f"that was failure {facts.failures}, and startretries={policy.startretries}: it gives up"
    return f"more than {facts.failures} s have passed since failure {facts.failures}"


def _restart(facts: Facts) -> str:
    wanted = "true" if facts.process.policy.autorestart is Restart.ALWAYS else "unexpected"
    return f"autorestart={wanted} asks for it after that exit"


def _came_up(facts: Facts) -> str:
    return f"it has been up for more than startsecs={facts.process.policy.startsecs}"


def _escalate(facts: Facts) -> str:
    policy = facts.process.policy
    again = f" after {facts.process.kills} SIGKILLs" if facts.process.kills else ""
    group = str(policy.killasgroup).lower()
    return f"stopwaitsecs={policy.stopwaitsecs} are over and it is still there{again}; killasgroup={group}"


def _stopped(facts: Facts) -> str:
    waits = "; a start waits for that" if facts.process.queued else ""
    return f"it ended ({_status(facts)}); a stop ends STOPPED whatever the status{waits}"


def _lost(facts: Facts) -> str:
    return f"it cannot be signalled: {facts.event.text}"


def _signal(facts: Facts) -> str:
    return f"a client sends it{facts.request}"


CAUSES: dict[Cell, tuple[Callable[[Facts], str], str]] = {
    (Phase.STOPPED, Trigger.START): (_start, "V4 S13 T6, §2.4 §2.9"),
    (Phase.EXITED, Trigger.START): (_start, "S12, §2.4"),
    (Phase.FATAL, Trigger.START): (_start, "S8, §2.4"),
    (Phase.SPAWNING, Trigger.STOP): (_stop, "T1, §2.4"),
    (Phase.SPAWNING, Trigger.SPAWN_FAILED): (_refused, "S5 S7, §2.5"),
    (Phase.SPAWNING, Trigger.QUIT): (_quit, "S11, D5"),
    (Phase.STARTING, Trigger.STOP): (_stop, "T1, §2.4"),
    (Phase.STARTING, Trigger.SIGNAL): (_signal, "S2, §5.4"),
    (Phase.STARTING, Trigger.REAPED): (_too_quick, "S4 S5 S7, §2.4"),
    (Phase.STARTING, Trigger.KILL_FAILED): (_lost, "S1, D1"),
    (Phase.STARTING, Trigger.DUE): (_came_up, "S4, §2.4"),
    (Phase.STARTING, Trigger.QUIT): (_quit, "T5, §2.8"),
    (Phase.RUNNING, Trigger.STOP): (_stop, "T1, §2.4"),
    (Phase.RUNNING, Trigger.SIGNAL): (_signal, "S2, §5.4"),
    (Phase.RUNNING, Trigger.REAPED): (_ended, "S12, §2.4"),
    (Phase.RUNNING, Trigger.KILL_FAILED): (_lost, "S1, D1"),
    (Phase.RUNNING, Trigger.QUIT): (_quit, "T5, §2.8"),
    (Phase.BACKOFF, Trigger.STOP): (_stop, "S9, §2.4"),
    (Phase.BACKOFF, Trigger.DUE): (_retry, "S6 S7 S8, §2.4"),
    (Phase.BACKOFF, Trigger.QUIT): (_quit, "S8, §2.8"),
    (Phase.CANCELLING, Trigger.SPAWNED): (lambda facts: "its child came after it was stopped", "T1, §2.4"),
    (Phase.CANCELLING, Trigger.SPAWN_FAILED): (lambda facts: "its start is called off, there is no child", "T4, §2.4"),
    (Phase.STOPPING, Trigger.SIGNAL): (_signal, "S2, §5.4"),
    (Phase.STOPPING, Trigger.REAPED): (_stopped, "T4, §2.4 D20"),
    (Phase.STOPPING, Trigger.KILL_FAILED): (_lost, "S1, D1"),
    (Phase.STOPPING, Trigger.DUE): (_escalate, "T2 T3, §2.4 D7"),
    (Phase.EXITED, Trigger.DUE): (_restart, "S12, §2.4 D26"),
    (Phase.UNKNOWN, Trigger.REAPED): (lambda facts: f"its child has ended after all ({_status(facts)})", "S1, D1"),
}
"""What brings about the changes of a cell, and what demands them; the other cells change nothing."""


def explain(scenario: Scenario) -> tuple[Trace, list[Step]]:
    """The story the core tells of a scenario, and its steps."""
    stage = CoreStage(scenario, None, None, 0)
    steps: list[Step] = []
    own = dict(ACTIONS)
    try:
        for cell, action in own.items():
            ACTIONS[cell] = _watched(cell, action, stage, steps)
        stage.run()
    finally:
        ACTIONS.update(own)
    return stage.trace, steps


def _watched(cell: Cell, action: Callable[..., None], stage: CoreStage, steps: list[Step]) -> Callable[..., None]:
    def watched(rules: Any, process: Any, event: Any) -> None:
        said, demanded = CAUSES.get(cell, (lambda facts: cell[1].value, ""))
        before = len(rules.out)
        cause = said(Facts(event, process.failures, stage.now - process.up_since, process))
        action(rules, process, event)
        name = f"{process.group}:{process.name}"
        for effect in rules.out[before:]:
            if isinstance(effect, StateChanged):
                what = f"{effect.old.name} -> {effect.new.name}" + (f" {effect.tries}" if effect.tries else "")
                steps.append(Step(stage.now, name, what, cause, demanded))
            elif isinstance(effect, Kill):
                what = f"signal {effect.signal}{' to the group' if effect.group else ''}"
                steps.append(Step(stage.now, name, what, cause, demanded))

    return watched
