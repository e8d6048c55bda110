"""The world that control tests happen in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.control.fake import World


@pytest.fixture
def world() -> Iterator[World]:
    """A daemon serving one UNIX socket without authentication; no callback may have failed in it."""
    made = World()
    yield made
    assert made.errors == []
