"""From a scenario's groups to the core's policies, for the stage that plays without a configuration."""

from __future__ import annotations

from initd.record import quicken
from initd.supervise.policy import GroupPolicy, ProcessPolicy, Restart

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.scenario import Group, Program

RESTARTS = {mode.value: mode for mode in Restart}


def group_policy(group: Group) -> GroupPolicy:
    """The policy of a group and its programs."""
    return GroupPolicy(group.name, group.priority, tuple(map(process_policy, group.programs)))


def process_policy(program: Program) -> ProcessPolicy:
    """The policy of a program."""
    return ProcessPolicy(
        program.name,
        program.priority,
        program.autostart,
        program.startsecs,
        program.startretries,
        RESTARTS[program.autorestart],
        program.exitcodes,
        program.stopsignal,
        program.stopwaitsecs,
        program.stopasgroup,
        program.killasgroup,
    )


quicken(ProcessPolicy, GroupPolicy)
