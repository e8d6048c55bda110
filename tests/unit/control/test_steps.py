from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from initd.control.steps import Supply, run

if TYPE_CHECKING:
    from initd.control.steps import Steps


def at_once(value: Any) -> Callable[[Callable[[Any], None]], None]:
    return lambda answer: answer(value)


def test_steps_get_their_answers_and_end_with_a_value() -> None:
    held: list[Callable[[Any], None]] = []

    def steps() -> Steps:
        first = yield at_once(1)
        second = yield held.append
        return first + second

    ends: list[Any] = []
    run(steps(), ends.append)
    assert ends == []
    held[0](2)
    assert ends == [3]


def test_an_answer_that_is_an_exception_is_raised_in_the_steps() -> None:
    def steps() -> Steps:
        try:
            yield at_once(KeyError("k"))
        except KeyError:
            return "caught"

    ends: list[Any] = []
    run(steps(), ends.append)
    assert ends == ["caught"]


def test_what_ends_the_steps_early_is_reported() -> None:
    def steps() -> Steps:
        yield at_once(1)
        raise KeyError("k")

    ends: list[Any] = []
    run(steps(), ends.append)
    assert isinstance(ends[0], KeyError)


def test_a_later_that_refuses_on_the_spot_counts_as_its_answer() -> None:
    def refuse(answer: Callable[[Any], None]) -> None:
        raise KeyError("k")

    def steps() -> Steps:
        with pytest.raises(KeyError):
            yield refuse
        return "went on"

    ends: list[Any] = []
    run(steps(), ends.append)
    assert ends == ["went on"]


def test_many_immediate_answers_do_not_pile_up_on_the_stack() -> None:
    def steps() -> Steps:
        total = 0
        for _ in range(10_000):
            total += yield at_once(1)
        return total

    ends: list[Any] = []
    run(steps(), ends.append)
    assert ends == [10_000]


def test_a_supply_hands_out_pieces_and_waits_in_between() -> None:
    held: list[Callable[[Any], None]] = []
    woken: list[bool] = []

    def pieces() -> Any:
        yield b"a"
        yield (yield held.append)

    supply = Supply(pieces(), lambda: woken.append(True))
    assert supply.take() == b"a"
    assert supply.take() == b""
    assert supply.waiting
    assert supply.take() == b""
    held[0](b"b")
    assert woken == [True]
    assert supply.take() == b"b"
    assert supply.take() == b""
    assert supply.finished


def test_a_supply_goes_on_after_what_is_answered_on_the_spot() -> None:
    def pieces() -> Any:
        yield (yield at_once(b"a"))
        for _ in range(10_000):
            yield at_once(None)

    supply = Supply(pieces(), lambda: pytest.fail("nobody has to be woken"))
    assert supply.take() == b"a"
    assert supply.take() == b""
    assert supply.finished


def test_a_supply_nobody_wants_any_more_is_closed() -> None:
    closed: list[bool] = []

    def pieces() -> Any:
        try:
            yield b"a"
        finally:
            closed.append(True)

    supply = Supply(pieces(), lambda: None)
    supply.take()
    supply.drop()
    assert closed == [True]
    assert supply.take() == b""
