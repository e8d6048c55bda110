from __future__ import annotations

import pytest

from initd.config import users
from initd.config.values import BadValue
from tests.unit.config.memory import host


def test_a_user_goes_by_name_or_number() -> None:
    assert users.user_ids("web", host()) == users.user_ids(" 33 ", host()) == (33, 44)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("nope", "Invalid user name nope"), ("77", "Invalid user id 77"), ("-1", "Invalid user id -1")],
)
def test_a_user_must_exist(text: str, complaint: str) -> None:
    with pytest.raises(BadValue) as refused:
        users.user_id(text, host())
    assert refused.value.text == complaint


def test_an_owner_may_leave_the_group_out() -> None:
    assert users.owner("web", host()) == (33, -1)
    assert users.owner("0:www", host()) == (0, 44)


@pytest.mark.parametrize("text", ["web:", "web:nope", "web:7", "nope"])
def test_both_parts_of_an_owner_must_exist(text: str) -> None:
    with pytest.raises(BadValue) as refused:
        users.owner(text, host())
    assert refused.value.text == f"Invalid user:group definition {text}"
