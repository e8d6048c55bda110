"""What plugins subscribe to in the real supervisor's modules ends with the test."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def nobody_stays_subscribed() -> Iterator[None]:
    events = sys.modules.get("supervisor.events")
    before = [] if events is None else list(events.callbacks)
    yield
    events = sys.modules.get("supervisor.events")
    if events is not None:
        events.callbacks[:] = before
