"""The two interpreters of the step language know the same words."""

from __future__ import annotations

import pytest

from sim.children import real, steps, virtual


def test_both_interpreters_carry_out_every_verb() -> None:
    simulated_only = {"exec-error", "struck"}
    inline = {"sleep"}
    assert set(virtual._WAITING) | set(virtual._INSTANT) | inline == set(steps.VERBS)
    assert set(real.VERBS) == set(steps.VERBS) - simulated_only


def test_output_of_a_number_of_bytes_is_lines_of_80() -> None:
    assert len(steps.payload(1000)) == 1000
    assert steps.payload(170).split(b"\n") == [b"x" * 79, b"x" * 79, b"x" * 10]


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("exit", "a script is a list"),
        ([["fly"]], "no such step"),
        ([[]], "no such step"),
        ([["exit"]], "takes 1 to 1 arguments"),
        ([["fork", [["fly"]]]], "no such step"),
        ([["repeat", 2, [["exit", 1, 2]]]], "takes 1 to 1"),
    ],
)
def test_a_wrong_script_is_refused_before_it_runs(script, reason) -> None:
    with pytest.raises(ValueError, match=reason):
        steps.check(script)


def test_a_command_line_for_the_real_interpreter_carries_the_script() -> None:
    assert steps.real_argv("py", "/real.py", [["exit", 1]]) == ("py", "-I", "-S", "/real.py", '[["exit", 1]]')
