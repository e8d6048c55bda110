"""initd.supervise.listener: the steps through what a listener writes."""

from __future__ import annotations

import pytest
from supervisor.states import EventListenerStates

from initd.supervise.listener import Heard, Listener, ListenerState

LINE_LIMIT, RESULT_LIMIT = 65_536, 16_777_216


def steps(said: bytes, state: ListenerState = ListenerState.ACKNOWLEDGED) -> tuple[list[Heard], Listener]:
    listener = Listener(1, "l")
    listener.state, listener.said = state, said
    heard = []
    while (step := listener.next()) is not Heard.SHORT:
        heard.append(step)
        listener.state = {
            Heard.READY: ListenerState.READY,
            Heard.RESULT: ListenerState.ACKNOWLEDGED,
        }.get(step, ListenerState.UNKNOWN)
    return heard, listener


@pytest.mark.parametrize("said", [b"", b"R", b"READY", b"xxxxx"])
def test_a_greeting_is_waited_for_whole(said: bytes) -> None:
    heard, listener = steps(said)
    assert (heard, listener.said) == ([], said)


@pytest.mark.parametrize("said", [b"READYX", b"READY\r\n", b"hello there", b"\nREADY\n"])
def test_another_greeting_breaks_the_protocol(said: bytes) -> None:
    assert steps(said)[0] == [Heard.BROKEN]


def test_whatever_follows_a_greeting_breaks_the_protocol() -> None:
    assert steps(b"READY\nREADY\n")[0] == [Heard.READY, Heard.BROKEN]


def test_an_answer_and_the_next_greeting_may_come_at_once() -> None:
    heard, listener = steps(b"RESULT 2\nOKREADY\n", ListenerState.BUSY)
    assert (heard, listener.result) == ([Heard.RESULT, Heard.READY], b"OK")


def test_the_word_result_is_not_looked_at_and_blanks_around_the_number_are_fine() -> None:
    heard, listener = steps(b"NONSENS  3 \nabc", ListenerState.BUSY)
    assert (heard, listener.result) == ([Heard.RESULT], b"abc")


def test_an_empty_result_counts_once_more_is_said() -> None:
    assert steps(b"RESULT 0\n", ListenerState.BUSY)[0] == []
    assert steps(b"RESULT 0\nREADY\n", ListenerState.BUSY)[0] == [Heard.RESULT, Heard.READY]


@pytest.mark.parametrize("said", [b"RESULT x\n", b"RESULT\n", b"\n", b"RESULT -1\n", b"RESULT \xff\n"])
def test_a_line_without_a_length_is_told_and_ends_it(said: bytes) -> None:
    heard, listener = steps(said, ListenerState.BUSY)
    assert (heard, listener.line) == ([Heard.BAD_LINE], said[:-1])


def test_neither_a_line_nor_a_result_is_waited_for_without_a_bound() -> None:
    assert steps(b"R" * LINE_LIMIT, ListenerState.BUSY)[0] == []
    assert steps(b"R" * (LINE_LIMIT + 1), ListenerState.BUSY)[0] == [Heard.BAD_LINE]
    assert steps(b"RESULT %d\n" % RESULT_LIMIT, ListenerState.BUSY)[0] == []
    assert steps(b"RESULT %d\n" % (RESULT_LIMIT + 1), ListenerState.BUSY)[0] == [Heard.BAD_LINE]
    _, listener = steps(b"R" * (LINE_LIMIT + 9) + b"\n", ListenerState.BUSY)
    assert (len(listener.line), listener.said) == (LINE_LIMIT, b"")


def test_what_one_says_who_has_broken_it_is_not_kept() -> None:
    heard, listener = steps(b"READY\n", ListenerState.UNKNOWN)
    assert (heard, listener.said) == ([], b"")


def test_a_listener_comes_back_from_its_snapshot() -> None:
    _, listener = steps(b"RESULT 5\nab", ListenerState.BUSY)
    listener.deaf = True
    again = Listener.restore(listener.snapshot())
    assert (again.judged, again.deaf) == (False, True)
    again.said += b"cde"
    assert (again.next(), again.result) == (Heard.RESULT, b"abcde")
    again.judged, again.said = True, b"READY\n"
    assert Listener.restore(again.snapshot()).next() is Heard.SHORT, "its result handler has not decided yet"


def test_the_codes_are_supervisords() -> None:
    theirs = {name: value for name, value in vars(EventListenerStates).items() if name.isupper()}
    assert {state.name: int(state) for state in ListenerState} == theirs


@pytest.mark.parametrize(("state", "said"), [(ListenerState.READY, b"more"), (ListenerState.ACKNOWLEDGED, b"hello there")])
def test_what_broke_the_protocol_is_not_kept(state: ListenerState, said: bytes) -> None:
    listener = Listener(1, "l")
    listener.state, listener.said = state, said
    assert (listener.next(), listener.said) == (Heard.BROKEN, b"")
