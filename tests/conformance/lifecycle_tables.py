"""All scenarios there are, by suite."""

from __future__ import annotations

from tests.conformance import (
    events_outputs,
    events_pools,
    events_states,
    lifecycle_children,
    lifecycle_daemons,
    lifecycle_differences,
    lifecycle_ends,
    lifecycle_fastcgi,
    lifecycle_followers,
    lifecycle_groups,
    lifecycle_lines,
    lifecycle_logs,
    lifecycle_outputs,
    lifecycle_reloads,
    lifecycle_states,
)
from tests.conformance.lifecycle_steps import Scenario

TABLES = (
    lifecycle_states,
    lifecycle_ends,
    lifecycle_fastcgi,
    lifecycle_groups,
    lifecycle_children,
    lifecycle_outputs,
    lifecycle_logs,
    lifecycle_followers,
    lifecycle_lines,
    lifecycle_daemons,
    lifecycle_reloads,
    lifecycle_differences,
)
SUITES: dict[str, list[Scenario]] = {
    "lifecycle": [scenario for table in TABLES for scenario in table.SCENARIOS],
    "events": [*events_states.SCENARIOS, *events_outputs.SCENARIOS, *events_pools.SCENARIOS],
}
SHARED_FILES = {
    name: file
    for table in (lifecycle_children, lifecycle_outputs, lifecycle_logs, lifecycle_followers, lifecycle_lines)
    for name, file in table.SHARED_FILES.items()
}
