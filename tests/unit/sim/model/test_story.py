"""Whole stories: who is told of, when they end, and what must hold of every one of them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sim.model
from sim.model import tell
from sim.scenario import SECOND_NS, TICK_NS, Group, Kind, Life, Op, Program, Scenario
from sim.trace import by_program
from tests.unit.sim.model.stories import ns, op, program, sketch, story

ticks = st.integers(0, 40 * 512).map(lambda number: number * TICK_NS)
near = st.sampled_from([0, 1, 100, 256, 511, 512, 513, 1024, 1536, 5120, 6000]).map(lambda number: number * TICK_NS)
edge = st.integers(0, 2)
spans = st.builds(int.__add__, near, edge)
lives = st.builds(
    Life, st.none() | spans, st.sampled_from([0, 0, 1, 3, -9, -11]), st.none() | st.just(0) | spans,
    st.none() | st.integers(0, 3), st.just(0) | spans, st.sampled_from(["", "", "", "EAGAIN"]),
)  # fmt: skip
programs = st.builds(
    Program, st.just("p"), st.lists(lives, min_size=1, max_size=4).map(tuple), st.just(999),
    st.booleans() | st.just(True), st.integers(0, 3), st.integers(-1, 3), st.sampled_from(["true", "false", "unexpected"]),
    st.sampled_from([(0,), (), (0, 3)]), st.sampled_from([15, 2]), st.integers(1, 12), st.booleans(), st.booleans(),
)  # fmt: skip
groups = st.lists(st.tuples(programs, st.integers(1, 3)), min_size=1, max_size=3).map(
    lambda found: tuple(Group(name, (each,), priority) for name, (each, priority) in zip("ghi", found))
)
targets = st.sampled_from(["g:p", "g:p", "h:p"])
calm = st.one_of(
    st.builds(Op, ticks, st.sampled_from([Kind.START, Kind.STOP]), targets),
    st.builds(Op, ticks, st.just(Kind.SIGNAL), targets, st.sampled_from([0, 1, 15, 40])),
    st.builds(Op, ticks, st.just(Kind.OUTSIDER), targets, st.sampled_from([1, 9])),
    st.builds(Op, ticks, st.just(Kind.REFUSE), targets, st.sampled_from([1, 3])),
)
shutdowns = st.builds(Op, ticks, st.just(Kind.SHUTDOWN))


def in_order(ops: list[Op]) -> tuple[Op, ...]:
    return tuple(sorted(ops, key=lambda each: each.time_ns))


running = st.builds(Scenario, groups, st.lists(calm, max_size=8).map(in_order), st.just(60 * SECOND_NS))
ending = st.builds(
    Scenario, groups, st.tuples(st.lists(calm, max_size=6), shutdowns).map(lambda both: in_order([*both[0], both[1]])),
    st.just(200 * SECOND_NS),
)  # fmt: skip
scenarios = running | ending

EDGES = {
    "": {"STARTING"},
    "STOPPED": {"STARTING"},
    "STARTING": {"RUNNING", "BACKOFF", "STOPPING", "UNKNOWN"},
    "RUNNING": {"EXITED", "STOPPING", "UNKNOWN"},
    "BACKOFF": {"STARTING", "FATAL", "STOPPED"},
    "STOPPING": {"STOPPED", "UNKNOWN"},
    "EXITED": {"STARTING"},
    "FATAL": {"STARTING"},
    "UNKNOWN": {"EXITED", "STOPPED"},
}


def state_lists(scenario, trace):
    """Each program with its states as (time, name, rest)."""
    stories = by_program(trace)
    for name, each in scenario.programs():
        states = [(entry[0], *entry[3].partition(" ")[::2]) for entry in stories.get(name, []) if entry[2] == "state"]
        yield name, each, states


def time_goes_forward_and_stays_within_the_scenario(scenario, trace):
    times = [entry[0] for entry in trace]
    assert times == sorted(times)
    assert not times or (times[0] >= 0 and times[-1] <= scenario.until_ns)


def states_follow_the_documented_edges(scenario, trace):
    for _, _, states in state_lists(scenario, trace):
        names = ["", *(state for _, state, _ in states)]
        assert all(new in EDGES[old] for old, new in zip(names, names[1:]))


def there_is_at_most_one_child_and_it_comes_from_starting(scenario, trace):
    for name, told in by_program(trace).items():
        alive, forks, previous = False, 0, ("", "")
        for _, _, what, detail in told:
            if what == "spawn":
                assert not alive and previous[1].startswith("STARTING")
                assert int(detail) == forks, name
                alive = True
            elif what == "state":
                forks += detail.startswith("STARTING")
                alive = alive and not detail.startswith(("BACKOFF", "EXITED", "STOPPED"))
            previous = (what, detail)


def signals_go_to_children_only(scenario, trace):
    for told in by_program(trace).values():
        state = ""
        for _, _, what, detail in told:
            state = detail.partition(" ")[0] if what == "state" else state
            assert what != "signal" or state in ("STARTING", "RUNNING", "STOPPING")


def a_failure_is_counted_and_waited_for(scenario, trace):
    for _, each, states in state_lists(scenario, trace):
        failures = 0
        for (before_ns, before, count), (now_ns, state, detail) in zip([(0, "", ""), *states], states):
            if state == "BACKOFF":
                failures += 1
            elif state in ("RUNNING", "EXITED", "FATAL"):
                failures = 0
            if state in ("BACKOFF", "STARTING"):
                assert int(detail) == failures
            if (before, state) == ("BACKOFF", "STARTING"):
                assert now_ns == before_ns + int(count) * SECOND_NS + 1
                assert int(count) <= each.startretries
            if before == "BACKOFF" and int(count) > each.startretries:
                assert (now_ns, state) == (before_ns, "FATAL")


def running_takes_startsecs(scenario, trace):
    for _, each, states in state_lists(scenario, trace):
        for (before_ns, before, _), (now_ns, state, _), after in zip(states, states[1:], [*states[2:], None]):
            lived_ns = now_ns - before_ns
            if state == "RUNNING":
                exact = lived_ns == each.startsecs * SECOND_NS + 1
                assert exact or (lived_ns == each.startsecs * SECOND_NS and after[:2] == (now_ns, "EXITED"))
            elif (before, state) == ("STARTING", "BACKOFF"):
                assert lived_ns < each.startsecs * SECOND_NS or lived_ns == 0


def restarts_follow_autorestart_and_never_exceed_the_burst(scenario, trace):
    for name, each, states in state_lists(scenario, trace):
        by_client = {op.time_ns for op in scenario.ops if op.kind is Kind.START and op.target == name}
        restarts = []
        for (exited_ns, before, how), (now_ns, state, _) in zip(states, states[1:]):
            if (before, state) == ("EXITED", "STARTING") and now_ns not in by_client:
                assert each.autorestart == "true" or (each.autorestart, how) == ("unexpected", "unexpected")
                assert now_ns - exited_ns <= SECOND_NS // 5
                restarts.append(now_ns)
        for first, second in zip(restarts, restarts[5:]):
            assert second - first >= SECOND_NS // 5
        for first, second in zip(restarts, restarts[10:]):
            assert second - first >= 6 * (SECOND_NS // 5)


def an_exit_that_wants_a_restart_gets_it(scenario, trace):
    for _, each, states in state_lists(scenario, trace):
        if any(op.kind is Kind.STOP for op in scenario.ops):
            continue  # it may have called the restart off
        if states and states[-1][1] == "EXITED" and states[-1][0] + SECOND_NS // 5 < scenario.until_ns:
            assert each.autorestart == "false" or (each.autorestart, states[-1][2]) == ("unexpected", "expected")


def sigkill_comes_every_stopwaitsecs_after_the_stop(scenario, trace):
    for name, each in scenario.programs():
        since_ns, wait_ns = None, each.stopwaitsecs * SECOND_NS
        untold = sum(
            op.kind is Kind.REFUSE and op.target == name for op in scenario.ops
        )  # a refused one leaves no entry
        for time_ns, _, what, detail in by_program(trace).get(name, []):
            if what == "state":
                since_ns = time_ns if detail == "STOPPING" else None
            elif what == "signal" and detail.startswith("9"):
                assert since_ns is not None
                assert time_ns in [since_ns + wait_ns * number for number in range(1, untold + 2)]
                assert detail == ("9 group" if each.killasgroup else "9")
                since_ns = time_ns


def every_call_is_answered_once_or_waits_for_a_stop(scenario, trace):
    given_answers = [int(entry[3].split()[0]) for entry in trace if entry[2] == "answer"]
    assert len(set(given_answers)) == len(given_answers)
    end_ns = next((entry[0] for entry in trace if entry[2] == "exit"), scenario.until_ns + 1)
    names = {name for name, _ in scenario.programs()}
    for index, each in enumerate(scenario.ops):
        if each.kind in (Kind.START, Kind.STOP, Kind.SIGNAL) and each.time_ns < end_ns and index not in given_answers:
            states = [entry[3] for entry in trace if entry[1:3] == (each.target, "state") and entry[0] <= each.time_ns]
            assert each.kind is Kind.START and each.target in names and states[-1] == "STOPPING"


def down_since(states):
    """When the program last came to count as down; None if it does not."""
    since_ns: int | None = 0
    for time_ns, _, _, detail in states:
        if detail.partition(" ")[0] not in ("STOPPED", "EXITED", "FATAL", "UNKNOWN"):
            since_ns = None
        elif since_ns is None:
            since_ns = time_ns
    return since_ns


def a_shutdown_starts_nothing_and_takes_group_after_group(scenario, trace):
    shutdown_ns = next(each.time_ns for each in scenario.ops if each.kind is Kind.SHUTDOWN)
    turn_ns = shutdown_ns
    for group in sorted(scenario.groups, key=lambda group: group.priority)[::-1]:
        states = [entry for entry in trace if entry[1] == f"{group.name}:p" and entry[2] == "state"]
        late = [entry for entry in states if entry[0] > shutdown_ns]
        assert not any(entry[3].startswith("STARTING") for entry in late)
        assert all(entry[0] == turn_ns for entry in late if entry[3] == "STOPPING")
        since_ns = down_since(states)
        turn_ns = None if turn_ns is None or since_ns is None else max(turn_ns, since_ns)
    exits = [entry for entry in trace if entry[2] == "exit"]
    assert exits == trace[-1:] or not exits
    assert [entry for entry in exits if entry[3] == "0"] == ([] if turn_ns is None else [(turn_ns, "", "exit", "0")])


ALWAYS = (
    time_goes_forward_and_stays_within_the_scenario,
    states_follow_the_documented_edges,
    there_is_at_most_one_child_and_it_comes_from_starting,
    signals_go_to_children_only,
    a_failure_is_counted_and_waited_for,
    running_takes_startsecs,
    sigkill_comes_every_stopwaitsecs_after_the_stop,
    every_call_is_answered_once_or_waits_for_a_stop,
)
BEFORE_A_SHUTDOWN = (restarts_follow_autorestart_and_never_exceed_the_burst, an_exit_that_wants_a_restart_gets_it)
IN_A_SHUTDOWN = (a_shutdown_starts_nothing_and_takes_group_after_group,)


def assert_sound(scenario, checks):
    trace = tell(scenario).trace
    for check in checks:
        check(scenario, trace)


@given(running)
def test_every_story_without_a_shutdown_is_sound(scenario):
    assert_sound(scenario, ALWAYS + BEFORE_A_SHUTDOWN)


@given(ending)
def test_every_story_with_a_shutdown_is_sound(scenario):
    assert_sound(scenario, ALWAYS + IN_A_SHUTDOWN)


@given(scenarios, st.integers(0, 60))
def test_a_shorter_scenario_has_the_beginning_of_the_story(scenario, seconds):
    until_ns = seconds * SECOND_NS
    whole = tell(scenario).trace
    assert tell(scenario.replace(until_ns=until_ns)).trace == [entry for entry in whole if entry[0] <= until_ns]


@given(running)
def test_programs_do_not_concern_each_other(scenario):
    together = by_program(tell(scenario).trace)
    for group in scenario.groups:
        alone = by_program(tell(scenario.replace(groups=(group,))).trace)
        assert alone.get(f"{group.name}:p") == together.get(f"{group.name}:p")


@given(programs, ticks)
def test_a_start_by_a_client_begins_the_story_that_a_boot_would_have_begun(each, later_ns):
    booted = tell(Scenario((Group("g", (each.replace(autostart=True),)),), (), 60 * SECOND_NS)).trace
    start = Op(later_ns, Kind.START, "g:p")
    started = tell(Scenario((Group("g", (each.replace(autostart=False),)),), (start,), later_ns + 60 * SECOND_NS)).trace
    assert [entry for entry in started if entry[2] != "answer"] == [
        (entry[0] + later_ns, *entry[1:]) for entry in booted
    ]


def test_a_call_for_nobody_is_answered():
    ops = (op(1, "stop", "g:x"), op(2, "shutdown", ""), op(2.5, "start", "x:a"))
    told = story(program(Life(stop_ns=SECOND_NS)), ops=ops)
    assert (ns(1), "g:x", "answer", "0 BAD_NAME") in told.trace
    assert (ns(2.5), "x:a", "answer", "2 SHUTDOWN_STATE") in told.trace


def test_programs_are_told_of_in_the_order_in_which_they_boot():
    told = story(
        Group("late", (program(),), 9), Group("early", (program(priority=9), program(name="b", priority=1)), 1), until=0
    )
    assert [entry[1] for entry in told.trace if entry[2] == "spawn"] == ["early:a", "early:b", "late:a"]


def test_the_last_instant_belongs_to_the_story():
    assert sketch(story(program(Life(3 * SECOND_NS)), until=3).trace)[-1] == "3: EXITED expected"


ALLOWED = {"__future__", "bisect", "operator", "collections.abc", "typing"}
ALLOWED |= {"initd.record", "initd.states", "initd.errors", "initd.signals", "sim.scenario", "sim.trace"}


@pytest.mark.parametrize("path", sorted(Path(sim.model.__file__).parent.glob("*.py")), ids=lambda path: path.name)
def test_the_model_imports_only_the_vocabulary(path):
    nodes = list(ast.walk(ast.parse(path.read_text())))
    found = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    found |= {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    assert all(name in ALLOWED or name.startswith("sim.model") for name in found)
