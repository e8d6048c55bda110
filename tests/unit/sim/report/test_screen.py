"""A failure on one screen, whatever failed."""

from __future__ import annotations

import pytest

from sim.generate import PROFILES, scenario
from sim.report.screen import HERE, LINES, Place, around, place, screen
from sim.scenario import SECOND_NS, Group, Kind, Life, Op, Program, Scenario
from sim.stage import core

REASON = "S6 fail at 1.500000000 a:a: backoff 1 too short: 1000000000 ns"
SUPERVISOR = ["supervisor 4.3.0 does not do that", "  supervisor 4.3.0: BACKOFF 1"]


def test_the_place_is_read_out_of_the_reason():
    assert place(REASON) == Place("S6", 1_500_000_000, "a:a")
    assert place("V3 fail at 2.000000001 -: shutdown for 9 ns") == Place("V3", 2_000_000_001, "")
    assert place("model fail for a:a: told 'x', expected 'y'") == Place("model", None, "")
    assert place("play fail: RuntimeError()") == Place("play", None, "")
    assert place("odd") == Place("odd", None, "")


def test_it_shows_the_law_the_scenario_the_story_supervisor_and_how_to_replay_it():
    case = Scenario((Group("a", (Program("a", (Life(SECOND_NS // 2),)),)),), (Op(SECOND_NS, Kind.SHUTDOWN),), 3 * SECOND_NS)
    lines = screen("FAILED profile plain seed 1", [REASON], case, core.play(case), SUPERVISOR, "initd-sim replay x.json")
    assert lines == [
        "FAILED profile plain seed 1",
        f"  {REASON}",
        "  must hold: after the k-th failure in a row the wait is more than k seconds, and no longer than it takes to wake up",
        "  a:a  lives: 0.5s then exit 0",
        "          t(s)  daemon            a:a",
        "   0.000000000  .                 STARTING 0",
        "   0.000000000  .                 [spawn 1]",
        "   0.500000000  .                 BACKOFF 1",
        "   1.000000000  > shutdown #0     FATAL",
        f"   1.000000000  [exit 0]          .{HERE}",
        *SUPERVISOR,
        "replay: initd-sim replay x.json",
    ]


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_it_is_never_longer_than_a_screen_nor_wider_than_a_wide_one(profile):
    for seed in range(60):
        case = scenario(seed, profile)
        trace = core.play(case)
        at = trace[len(trace) // 2][0] / 1e9 if trace else 0
        reasons = [f"S6 fail at {at:.9f} a:a: {'x' * 300}"] * 5
        lines = screen("FAILED", reasons, case, trace, [*SUPERVISOR, "y" * 300], "initd-sim replay " + "z" * 200)
        assert len(lines) <= LINES
        assert all(len(line) <= 160 for line in lines[:-1])
        assert lines[-1].endswith("z" * 200), "a command is never cut"
        assert not trace or sum(line.endswith(HERE) for line in lines) == 1


def test_the_rows_about_a_time_are_kept_and_what_is_left_out_is_counted():
    rows = ["head", *(f"{at:>14.9f}  x" for at in range(30))]
    shown = around(rows, 15_000_000_000)
    assert shown[0] == "head"
    assert shown[1].endswith("7 lines before") and shown[-1].endswith("12 lines more")
    assert f"{15:>14.9f}  x{HERE}" in shown
    assert around(rows, None)[-1] == rows[-1], "nobody knows where"
    assert around(["head"], 5) == ["head"]
