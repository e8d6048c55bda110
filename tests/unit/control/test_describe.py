from __future__ import annotations

from typing import Any

import pytest

from initd.control.describe import description
from initd.states import ProcessState
from sim.kernel.kernel import SimKernel
from tests.unit.control.fake import SECOND_NS, FakeProcess

STOPPED_AT = 1_700_000_000 * SECOND_NS


@pytest.mark.parametrize(
    ("state", "fields", "text"),
    [
        (ProcessState.RUNNING, {"pid": 7, "up_since": 0}, "pid 7, uptime 1:00:00"),
        (ProcessState.FATAL, {"spawnerr": "can't find command 'x'"}, "can't find command 'x'"),
        (ProcessState.BACKOFF, {"spawnerr": "Exited too quickly"}, "Exited too quickly"),
        (ProcessState.FATAL, {}, 'unknown error (try "tail web")'),
        (ProcessState.STOPPED, {}, "Not started"),
        (ProcessState.STOPPED, {"start_wall": 1, "stop_wall": STOPPED_AT}, "Nov 14 10:13 PM"),
        (ProcessState.EXITED, {"start_wall": 1, "stop_wall": STOPPED_AT}, "Nov 14 10:13 PM"),
        (ProcessState.STOPPED, {"start_wall": 1}, "Jan 01 12:00 AM"),
        (ProcessState.STARTING, {"pid": 7}, ""),
        (ProcessState.STOPPING, {"pid": 7}, ""),
        (ProcessState.UNKNOWN, {}, ""),
    ],
)
def test_each_state_is_described_as_supervisorctl_shows_it(
    state: ProcessState, fields: dict[str, Any], text: str
) -> None:
    kernel = SimKernel()
    kernel.clock.now = 3600 * SECOND_NS
    assert description(kernel, FakeProcess("web", "web", 1, state=state, **fields)) == text


def test_an_uptime_does_not_notice_a_step_of_the_wall_clock() -> None:
    kernel = SimKernel()
    kernel.clock.now = 60 * SECOND_NS
    kernel.step_wall(-86400 * SECOND_NS)
    process = FakeProcess("web", "web", 1, state=ProcessState.RUNNING, pid=2, up_since=0)
    assert description(kernel, process) == "pid 2, uptime 0:01:00"
