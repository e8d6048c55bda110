"""The story as people read it."""

from __future__ import annotations

from sim.report import timeline
from sim.scenario import SECOND_NS, Group, Kind, Op, Program, Scenario
from sim.stage.core import play


def test_a_story_has_a_column_per_program_and_a_line_per_instant():
    groups = (Group("a", (Program("a"),)), Group("b", (Program("b", autostart=False),)))
    ops = (Op(2 * SECOND_NS, Kind.STOP, "a:a"), Op(3 * SECOND_NS, Kind.SHUTDOWN))
    scenario = Scenario(groups, ops, 5 * SECOND_NS)
    assert timeline(scenario, play(scenario)) == [
        "          t(s)  daemon            a:a               b:b",
        "   0.000000000  .                 STARTING 0        .",
        "   0.000000000  .                 [spawn 1]         .",
        "   1.000000001  .                 RUNNING           .",
        "   2.000000000  .                 > stop #0         .",
        "   2.000000000  .                 STOPPING          .",
        "   2.000000000  .                 [signal 15]       .",
        "   2.000000000  .                 [answer 0 OK]     .",
        "   2.000000000  .                 STOPPED           .",
        "   3.000000000  > shutdown #1     .                 .",
        "   3.000000000  [exit 0]          .                 .",
    ]
