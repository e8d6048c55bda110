"""The catalogue of behaviours and how it is spelled."""

from __future__ import annotations

import re

import pytest

from sim.children.behaviours import CATALOGUE, FOREVER, BehaviourError, parse_assignment, parse_behaviour, script_for
from sim.children.steps import check


@pytest.mark.parametrize("example", [example for _, _, example in CATALOGUE])
def test_every_example_of_the_catalogue_is_a_script(example) -> None:
    assert check(parse_behaviour(example).steps(1))


@pytest.mark.parametrize(("pattern", "example"), [(pattern, example) for pattern, _, example in CATALOGUE])
def test_every_example_is_understood_by_its_own_phrase(pattern, example) -> None:
    assert re.fullmatch(pattern, example)
    assert next(known for known, _, _ in CATALOGUE if re.fullmatch(known, example)) == pattern


def test_phrases_are_carried_out_in_order_and_what_comes_to_no_end_runs_for_ever() -> None:
    assert parse_behaviour("ignore TERM, print up, crash after 300ms exit 4").steps(1) == [
        ["ignore", "TERM"],
        ["write", "out", "up\n"],
        ["sleep", 0.3],
        ["exit", 4],
    ]
    assert parse_behaviour("ignore term").steps(1)[-1] == ["pause"]


def test_a_crash_can_be_by_signal() -> None:
    assert parse_behaviour("crash after 1s by KILL").steps(1) == [
        ["sleep", 1.0],
        ["default", "KILL"],
        ["raise", "KILL"],
        ["pause"],
    ]


def test_flapping_ends_after_so_many_attempts() -> None:
    flap = parse_behaviour("flap 3 times after 0.2s then ignore TERM, run")
    assert [flap.steps(attempt)[-1] for attempt in (1, 3)] == [["exit", 1], ["exit", 1]]
    assert flap.steps(4) == [["ignore", "TERM"], ["pause"]]
    assert parse_behaviour("flap 1 time").steps(2) == [["pause"]]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("crsh after 1s", r"no behaviour 'crsh after 1s'; did you mean"),
        ("crash after soon", r"no duration 'soon': expected a number with ns"),
        ("ignore NOTHING", r"no signal 'NOTHING'"),
        ("exec fails EWHAT", r"no errno 'EWHAT'"),
        ("", r"no behaviour ''"),
    ],
)
def test_what_is_not_understood_is_named_with_what_was_expected(text, reason) -> None:
    with pytest.raises(BehaviourError, match=reason):
        parse_behaviour(text)


def test_an_assignment_names_a_program() -> None:
    name, behaviour = parse_assignment("web: exit 0 after 5s")
    assert (name, behaviour.steps(1)) == ("web", [["sleep", 5.0], ["exit", 0]])
    assert parse_assignment("web:web_00: run")[0] == "web:web_00"
    for text in ("exit 0", ": exit 0"):
        with pytest.raises(BehaviourError, match="expected NAME: BEHAVIOUR"):
            parse_assignment(text)


def test_a_program_is_looked_up_from_the_most_exact_name_to_the_least() -> None:
    env = {"SUPERVISOR_PROCESS_NAME": "web_00", "SUPERVISOR_GROUP_NAME": "web"}
    every = {"web:web_00": "exit 1", "web_00": "exit 2", "/bin/web": "exit 3", "web": "exit 4", "*": "exit 5"}
    for expected in (1, 2, 3, 4, 5):
        assert script_for(every, ("/bin/web",), env, 1) == [["exit", expected]]
        del every[next(iter(every))]
    assert script_for({}, ("/bin/web",), env, 1) == FOREVER.steps(1)


def test_a_function_may_answer_with_text_steps_or_a_behaviour() -> None:
    for answer in ("exit 7", [["exit", 7]], parse_behaviour("exit 7")):
        assert script_for(lambda argv, env, attempt, answer=answer: answer, ("x",), {}, 1) == [["exit", 7]]
    with pytest.raises(ValueError, match="no such step"):
        script_for([["explode"]], ("x",), {}, 1)
