"""Every suite whose answers of stock are recorded."""

from __future__ import annotations

from tests.conformance import ctl_suite, lifecycle_suite, rpc_suite
from tests.conformance.golden import Suite

ALL = (
    lifecycle_suite.suite("lifecycle"),
    lifecycle_suite.suite("events", "event_words"),
    ctl_suite.SUITE,
    rpc_suite.SUITE,
)
SUITES: dict[str, Suite] = {suite.name: suite for suite in ALL}
