from __future__ import annotations

from typing import Any

import pytest

from initd.control.rpc_names import integer, join_name, split_name, text_of
from initd.errors import ProtocolFault


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("web", ("web", "web")),
        ("g:web", ("g", "web")),
        ("g:*", ("g", None)),
        ("g:", ("g", None)),
        ("", ("", "")),
        (":", ("", None)),
        ("a:b:c", ("a", "b:c")),
    ],
)
def test_names_are_split_as_the_stock_daemon_splits_them(name: str, parts: tuple[str, str | None]) -> None:
    assert split_name(name) == parts


def test_a_process_in_a_group_of_its_name_needs_no_group() -> None:
    assert (join_name("web", "web"), join_name("g", "web")) == ("web", "g:web")


@pytest.mark.parametrize("value", [5, None, True, ["web"], {}])
def test_what_is_no_string_names_nothing(value: Any) -> None:
    with pytest.raises(ProtocolFault, match="INCORRECT_PARAMETERS"):
        split_name(value)


@pytest.mark.parametrize(("value", "number"), [(5, 5), ("5", 5), (" -5 ", -5), (1.9, 1), (True, 1)])
def test_numbers_may_be_spelled_out(value: Any, number: int) -> None:
    assert integer(value) == number


@pytest.mark.parametrize("value", ["x", "", "1.5", None, [], float("inf"), float("nan")])
def test_what_is_no_number_is_a_fault(value: Any) -> None:
    with pytest.raises(ProtocolFault, match="INCORRECT_PARAMETERS"):
        integer(value)


def test_arrays_and_structs_are_no_group_names() -> None:
    assert text_of(5) == "5"
    for value in ([1], {"a": 1}):
        with pytest.raises(ProtocolFault, match="INCORRECT_PARAMETERS"):
            text_of(value)
