"""Main logs as accounts: what their lines show is judged, what they leave open is unknown, and garbage is one error."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from initd.config.model import GroupConfig, ProcessConfig
from sim.accounts.account import AccountError
from sim.accounts.mainlog import Reader
from sim.invariants import Outcome
from sim.judge import verdicts

BEGIN = "0 INFO supervisord started with pid 1"
RUNNING = "INFO success: web entered RUNNING state, process has stayed up for > than 1 seconds (startsecs)"
UP = ("1 INFO spawned: 'web' with pid 7", f"3 {RUNNING}")
FAILED = "1.2 WARN exited: web (exit status 1; not expected)"
STOP = "5 DEBG killing web (pid 7) with signal SIGTERM"


def groups(*processes):
    every = processes or (ProcessConfig("web", "web", "/usr/bin/web"),)
    return [GroupConfig(each.name, each.priority, (each,)) for each in every]


def web(**options):
    return ProcessConfig("web", "web", "/usr/bin/web", **options)


def lines(*said):
    """Lines of `SECONDS LEVEL text`."""
    made = []
    for each in said:
        when, rest = each.split(" ", 1)
        seconds = float(when)
        made.append(f"2026-03-01 10:{int(seconds) // 60:02}:{seconds % 60:06.3f}".replace(".", ",") + f" {rest}")
    return made


def read(said, *processes):
    return Reader("log", groups(*processes)).read(lines(*said))


def outcomes(said, *processes):
    (account,) = read((BEGIN, *said), *processes)
    found = {}
    for each in verdicts(account):
        found.setdefault(each.outcome, {})[each.law] = each
    return [found.get(outcome, {}) for outcome in (Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN)]


def guilty(said, *processes):
    return set(outcomes(said, *processes)[1])


def test_a_log_in_order_passes_what_it_shows_and_leaves_the_rest_unknown():
    passed, failed, unknown = outcomes((*UP, STOP, "5.1 INFO stopped: web (terminated by SIGTERM)"))
    assert not failed
    assert {"S1", "S2", "S3", "S4", "S6", "S7", "S8", "T1", "T2", "T3", "T4", "V1", "V4"} == set(passed)
    assert {"S10", "S12", "S13", "T7", "V5", "S11", "T5", "V2", "V3", "R7"} <= set(unknown)
    assert all(each.text for each in unknown.values())


def test_without_lines_at_loglevel_debug_nothing_is_known_of_stops():
    passed, failed, unknown = outcomes((*UP, "5.1 INFO stopped: web (terminated by SIGTERM)"))
    assert not failed
    assert {"T1", "T2", "T3", "T4", "S6", "S8", "V1"} <= set(unknown) and "S3" in passed


@pytest.mark.parametrize(
    ("law", "said"),
    [
        ("S1", ("1 WARN exited: web (exit status 1; not expected)",)),
        ("S1", (*UP, STOP, f"6 {RUNNING}")),
        ("S2", (f"1 {RUNNING}",)),
        ("S3", (*UP, "4 INFO spawned: 'web' with pid 8")),
        ("S4", ("1 INFO spawned: 'web' with pid 7", f"1.5 {RUNNING}")),
        ("S6", (STOP.replace("web", "other"), UP[0], FAILED, "1.6 INFO spawned: 'web' with pid 8")),
        ("S8", (STOP.replace("web", "other"), UP[0], FAILED,
                "1.3 INFO gave up: web entered FATAL state, too many start retries too quickly")),
        ("S11", (*UP, "4 WARN received SIGTERM indicating exit request", "5 WARN exited: web (exit status 1; not expected)",
                 "6 INFO spawned: 'web' with pid 8")),
        ("T1", (*UP, "5 DEBG killing web (pid 7) with signal SIGKILL")),
        ("T1", (*UP, "5 DEBG killing web (pid 7) process group with signal SIGTERM")),
        ("T2", (*UP, STOP, "6 WARN killing 'web' (7) with SIGKILL", "6 DEBG killing web (pid 7) with signal SIGKILL")),
        ("T3", (*UP, STOP, "29 WARN stopped: web (terminated by SIGTERM)")),
        ("T4", (*UP, STOP, "6 INFO exited: web (exit status 0; expected)")),
        ("V1", (STOP.replace("web", "other"), UP[0], "29 INFO something else")),
        ("V4", (STOP.replace("web", "other"), "29 INFO something else")),
    ],
)  # fmt: skip
def test_a_planted_violation_is_found_by_its_name(law, said):
    assert law in guilty(sorted(said, key=lambda line: float(line.split()[0])))


def test_groups_that_are_stopped_out_of_turn_break_t5():
    first, last = ProcessConfig("a", "a", "a", priority=1), ProcessConfig("b", "b", "b", priority=2)
    begin = tuple(each.replace("web", name).replace("pid 7", f"pid {pid}") for name, pid in (("a", 7), ("b", 8)) for each in UP)
    shut = "5 WARN received SIGTERM indicating exit request"
    a = ("6 DEBG killing a (pid 7) with signal SIGTERM", "6.1 INFO stopped: a (terminated by SIGTERM)")
    b = ("7 DEBG killing b (pid 8) with signal SIGTERM", "7.1 INFO stopped: b (terminated by SIGTERM)")
    order = sorted(begin, key=lambda line: float(line.split()[0]))
    assert "T5" in guilty((*order, shut, *a, *b), first, last)
    b = tuple(each.replace("7", "6", 1) for each in b)
    a = tuple(each.replace("6", "7", 1) for each in a)
    assert not guilty((*order, shut, *b, *a), first, last)


def test_times_may_look_a_little_too_short_and_a_tolerance_says_how_much():
    said = (UP[0], FAILED, "2.15 INFO spawned: 'web' with pid 8", STOP.replace("web", "other"))
    assert not guilty(said)
    (account,) = read((BEGIN, *said))
    assert {each.law for each in verdicts(account, tolerance_ns=1_000_000) if each.outcome is Outcome.FAIL} == {"S6"}


def test_each_start_of_the_daemon_is_a_story_of_its_own():
    found = read((BEGIN, *UP, "9 INFO supervisord started with pid 2", "10 INFO spawned: 'web' with pid 9"))
    assert [account.title for account in found] == ["start 1", "start 2"]
    assert found[1].trace[0][0] == 1_000_000_000


def test_lines_before_the_first_start_belong_to_nothing():
    before = ("0 CRIT Supervisor is running as root.", f"1{BEGIN[1:]}")
    (account,) = read((*before, f"2{UP[0][1:]}"))
    assert account.trace[0][0] == 1_000_000_000


def test_programs_that_lines_are_not_clear_about_are_not_judged_and_that_is_no_pass():
    twice = [GroupConfig(name, 1, (web(),)) for name in ("one", "two")]
    (account,) = Reader("log", twice).read(lines(BEGIN, *UP))
    assert set(account.unjudged) == {"one:web", "two:web"} and not account.trace
    assert any(each.outcome is Outcome.UNKNOWN and "one:web" in each.law for each in verdicts(account))
    stranger = outcomes((*UP, "4 INFO spawned: 'somebody' with pid 9"))[2]
    assert "in no section" in stranger["somebody"].text
    near = outcomes((UP[0], "1.9 WARN exited: web (exit status 1; not expected)"))[2]
    assert "line 3" in near["web:web"].text


def test_a_spawn_that_fails_is_that_of_the_program_it_names_or_else_of_nobody_known():
    named = ("1 INFO spawnerr: Too many processes in process table to spawn 'web'",)
    (account,) = read((BEGIN, *named))
    assert [entry[3] for entry in account.trace] == ["STARTING 0", "BACKOFF 1"]
    (account,) = read((BEGIN, "1 INFO spawnerr: can't find command '/usr/bin/web'"))
    assert [entry[3] for entry in account.trace] == ["STARTING 0", "BACKOFF 1"]
    (account,) = read((BEGIN, "1 INFO spawnerr: command is empty"))
    assert "does not say which program" in account.unjudged["web:web"]


def test_a_clock_that_is_set_back_leaves_what_depends_on_it_unknown():
    unknown = outcomes((*UP, "2 INFO something else"))[2]
    assert "set back before line 4" in unknown["S4"].text and "set back" in unknown["T2"].text


def test_tracebacks_and_output_of_programs_may_go_on_below():
    said = (BEGIN, *UP, "4 DEBG 'web' stdout output:")
    whole = [*lines(*said), "hello", "", "world", *lines("5 CRIT uncaptured python exception"), "Traceback", *lines("6 INFO x")]
    assert Reader("log", groups()).read(whole)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ([], 1),
        (lines("0 INFO nothing of interest"), 1),
        ([*lines(BEGIN), "garbage"], 2),
        ([*lines(BEGIN, *UP), "2026-03-01 10:00 INFO spawned: 'web' with pid 8"], 4),
        ([*lines(BEGIN), "2026-13-01 10:00:00,000 INFO x"], 2),
        ([*lines(BEGIN), "2026-03-01 10:00:00,000 NOTE x"], 2),
        ([*lines(BEGIN), "٢٠٢٦-03-01 10:00:00,000 INFO x"], 2),
        (["\x00\x01\x02"], 1),
        (["[program:web]"], 1),
    ],
)
def test_garbage_is_one_error_with_the_line(text, number):
    with pytest.raises(AccountError) as raised:
        Reader("log", groups()).read(text)
    assert str(raised.value).startswith(f"log:{number}: ") and "\n" not in str(raised.value)


WORDS = st.sampled_from(["spawned: 'web' with pid 7", "exited: web (exit status 1; not expected)",
    "stopped: web (exit status 0)",
    "success: web entered RUNNING state, process has stayed up for > than 1 seconds", "received SIGTERM indicating exit request",
    "gave up: web entered FATAL state, x", "killing web (pid 7) with signal SIGWHAT", "killing web (pid 7) with signal SIGTERM",
    "unknown problem killing web (7):", "stopped: web (terminated by )", "stopped: web (terminated by SIGTERM)", "spawnerr: ''",
    "supervisord started with pid 1", "sending web (pid 7) sig SIGHUP",
    "exited: web (unknown termination cause 0x00ff; expected)",
    "Attempted to kill web, which is in BACKOFF state."])  # fmt: skip


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 5_000), st.sampled_from(["INFO", "DEBG", "WARN"]), WORDS | st.text(max_size=12))))
def test_whatever_a_log_says_there_is_a_verdict_or_one_error_and_never_a_traceback(said):
    text = [*lines(BEGIN), *(f"2026-03-01 10:00:{ms // 1000:02},{ms % 1000:03} {level} {words}" for ms, level, words in said)]
    try:
        for account in Reader("log", groups()).read(text):
            assert all(each.law != "story" for each in verdicts(account)), "a story that speaks of what is not there"
    except AccountError as error:
        assert "\n" not in str(error)
