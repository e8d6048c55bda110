from __future__ import annotations

import errno
import os
from typing import Any

import pytest

from initd.kernel.linux_identity import IdentityError, switch_user
from initd.kernel.port import UserIdentity

CALLS = ("setgroups", "setgid", "setuid")


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """As root, with the three calls noted instead of made."""
    made: list[tuple[str, Any]] = []
    monkeypatch.setattr(os, "getuid", lambda: 0)
    for name in CALLS:
        monkeypatch.setattr(os, name, lambda value, name=name: made.append((name, value)))
    return made


def test_groups_come_first_and_the_uid_last(calls: list[tuple[str, Any]]) -> None:
    switch_user(UserIdentity(5, 6, (6, 7)))
    assert calls == [("setgroups", (6, 7)), ("setgid", 6), ("setuid", 5)]


def test_nobody_keeps_the_groups_of_root(calls: list[tuple[str, Any]]) -> None:
    switch_user(UserIdentity(5, 6))
    assert calls[0] == ("setgroups", (6,))


@pytest.mark.parametrize(
    ("failing", "text"),
    [
        ("setgroups", "Could not set groups of effective user"),
        ("setgid", "Could not set group id of effective user"),
        ("setuid", "EAGAIN"),
    ],
)
def test_the_first_failing_call_ends_it_and_is_named(
    calls: list[tuple[str, Any]], failing: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_value: Any) -> None:
        raise OSError(errno.EAGAIN, "refused")

    monkeypatch.setattr(os, failing, refuse)
    with pytest.raises(IdentityError) as caught:
        switch_user(UserIdentity(5, 6, (6,)))
    assert (caught.value.text, caught.value.errno) == (text, errno.EAGAIN)
    assert [name for name, _ in calls] == list(CALLS[: CALLS.index(failing)])
