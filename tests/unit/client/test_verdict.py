from __future__ import annotations

import pytest

from initd.control.client.verdict import Question, Server, Unwell, judge


def process(name: str, state: str, group: str = "", spawnerr: str = "") -> dict[str, str]:
    return {"name": name, "group": group or name, "statename": state, "spawnerr": spawnerr}


MIXED = [process("a", "RUNNING"), process("b", "EXITED"), process("c", "STARTING"), process("x", "STOPPED", "g")]


def unwell(processes: list[dict[str, str]], question: Question) -> str:
    with pytest.raises(Unwell) as caught:
        judge(processes, question)
    return str(caught.value)


def test_whatever_may_still_come_or_has_been_asked_for_is_well() -> None:
    assert judge(MIXED, Question()) == "1 RUNNING, 1 EXITED, 1 STARTING, 1 STOPPED"
    assert judge([], Question()) == judge([], Question(every=True)) == "no programs"


@pytest.mark.parametrize("state", ["FATAL", "UNKNOWN"])
def test_one_that_nobody_will_bring_back_is_not(state: str) -> None:
    assert unwell([*MIXED, process("y", state, "g", "why")], Question()) == f"g:y {state} (why)"
    assert unwell([process("y", state)], Question()) == f"y {state}"


@pytest.mark.parametrize("state", ["STOPPED", "STARTING", "BACKOFF", "STOPPING", "EXITED", "FATAL", "UNKNOWN"])
def test_what_is_asked_for_by_name_must_be_running_and_nothing_else(state: str) -> None:
    processes = [process("a", "RUNNING"), process("b", state)]
    assert judge(processes, Question(("a",))) == "1 RUNNING"
    assert unwell(processes, Question(("a", "b"))).startswith(f"b {state}")
    assert unwell(processes, Question(every=True)).startswith(f"b {state}")


def test_why_it_was_given_up_is_told_and_nothing_that_is_long_past() -> None:
    assert unwell([process("a", "BACKOFF", spawnerr="old")], Question(("a",))) == "a BACKOFF"


def test_names_are_those_of_initctl() -> None:
    both = [process("x", "RUNNING", "g"), process("y", "RUNNING", "g"), process("z", "RUNNING")]
    assert judge(both, Question(("g:*",))) == judge(both, Question(("g:",))) == "2 RUNNING"
    assert judge(both, Question(("g:x", "z"))) == "2 RUNNING"
    for name in ("x", "g", "g:z", "h:*", ""):
        assert unwell(both, Question((name,))) == f"no such process {name}"


def test_five_are_named_and_the_others_counted() -> None:
    assert unwell([process(name, "FATAL") for name in "abcde"], Question()) == ", ".join(f"{name} FATAL" for name in "abcde")
    assert unwell([process(name, "FATAL") for name in "abcdefg"], Question()).endswith("e FATAL, and 2 more")


def test_a_server_is_called_as_its_address_is_written() -> None:
    assert Server("/run/s").url == "unix:///run/s"
    assert Server("", "", 9001).url == "http://localhost:9001"
    assert Server("", "h", 80).url == "http://h:80"
