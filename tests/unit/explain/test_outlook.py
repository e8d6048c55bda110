"""Where a program is and what comes next, state by state."""

from __future__ import annotations

from typing import Any

import pytest

from initd.explain.evidence import Evidence
from initd.explain.outlook import outlook
from initd.states import ProcessState
from tests.unit.explain.known import SECOND_NS, ended, facts, told

START = "`initctl start app`"


@pytest.mark.parametrize(
    ("state", "more", "said"),
    [
        ("BACKOFF", {"failures": 2, "due_ns": 1_500_000_000, "due_at": "12:00:03"},
         "Next try: in 1.5 s, at 12:00:03, the 3rd of 4 (startretries=3)."),
        ("BACKOFF", {"failures": 4, "due_ns": 0}, "It has had all of its tries: 4 (startretries=3)."),
        ("FATAL", {}, f"No more tries: it had 4 tries (startretries=3). {START} begins anew."),
        ("FATAL", {"startretries": 0}, f"No more tries: it had 1 try (startretries=0). {START} begins anew."),
        ("EXITED", {},
         f"It is not started again: autorestart=unexpected, and this is what exitcodes=0 expects. {START} starts it."),
        ("EXITED", {"autorestart": "false"}, f"It is not started again: autorestart=false. {START} starts it."),
        ("EXITED", {"due_ns": 200_000_000},
         "It starts again in 0.20 s: its restarts follow each other too fast to do so at once."),
        ("STOPPED", {}, f"It was stopped on request. {START} starts it."),
        ("STOPPED", {"ever_started": False}, "It has not been started yet."),
        ("STOPPED", {"ever_started": False, "autostart": False}, f"It has not been started: autostart=false. {START} starts it."),
        ("STARTING", {}, "Its start is being prepared: its command, its user and its log files are being looked up."),
        ("STARTING", {"pid": 7, "since_ns": SECOND_NS},
         "It has been up for 1.0 s as pid 7, and counts as RUNNING after startsecs=1."),
        ("RUNNING", {"pid": 7, "since_ns": 300 * SECOND_NS}, "It has been up for 5 min as pid 7."),
        ("STOPPING", {}, "It is being stopped before its start was over."),
        ("STOPPING", {"pid": 7, "due_ns": 4 * SECOND_NS},
         "It was sent SIGTERM as pid 7 and has not ended yet; SIGKILL follows in 4.0 s (stopwaitsecs=10)."),
        ("STOPPING", {"pid": 7, "due_ns": SECOND_NS, "kills": 1},
         "It was sent SIGKILL as pid 7 and has not ended yet; SIGKILL follows again in 1.0 s (stopwaitsecs=10)."),
        ("STOPPING", {"pid": 7}, "It was sent SIGTERM as pid 7 and has not ended yet."),
        ("UNKNOWN", {}, "It could not be signalled, and whether it still runs is not known."),
    ],
)  # fmt: skip
def test_each_state_has_its_sentence(state: str, more: dict[str, Any], said: str) -> None:
    assert outlook(facts(ProcessState[state], **more)) == said


@pytest.mark.parametrize("state", list(ProcessState))
def test_there_is_something_to_say_of_every_state_with_and_without_a_past(state: ProcessState) -> None:
    assert told(state, Evidence()).lines
    assert told(state, Evidence(), ends=ended(1)).lines


def test_what_was_before_is_told_of_a_program_that_is_up_but_has_no_short_form() -> None:
    found = told(ProcessState.RUNNING, pid=7, ends=ended(3, life_s=60))
    assert found.short == ""
    assert found.lines[1:] == ("The time before: ended with 3.", "It ended with 3 after 60 s.")


def test_a_program_that_was_stopped_is_not_said_to_have_failed() -> None:
    assert told(ProcessState.STOPPED, ends=ended(3)).short == ""
