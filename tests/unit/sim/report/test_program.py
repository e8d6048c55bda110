"""A program in a line."""

from __future__ import annotations

import pytest

from sim.report.program import described, lived, seconds
from sim.scenario import SECOND_NS, Life, Program


def test_only_what_is_not_as_by_default_is_said():
    assert described("a:a", Program("a")) == "a:a  lives: for ever"
    program = Program("a", (Life(SECOND_NS, 3), Life()), startsecs=0, autostart=False, exitcodes=())
    assert described("g:a", program) == "g:a  autostart=false startsecs=0 exitcodes=none  lives: 1s then exit 3; for ever"


@pytest.mark.parametrize(
    ("life", "said"),
    [
        (Life(refused="EAGAIN"), "fork refused (EAGAIN)"),
        (Life(SECOND_NS // 2, -9), "0.5s then death by signal 9"),
        (Life(None, 0, None), "for ever, ignores signals"),
        (Life(None, 0, SECOND_NS, 4), "for ever, stops 1s after a signal with exit 4"),
        (Life(kill_ns=1), "for ever, dies 0.000000001s after SIGKILL"),
    ],
)
def test_a_life_is_told_as_it_goes(life, said):
    assert lived(life) == said


def test_times_are_told_to_the_nanosecond_without_zeros():
    assert [seconds(each) for each in (0, 1, 1_500_000_000, -2 * SECOND_NS)] == ["0s", "0.000000001s", "1.5s", "-2s"]
