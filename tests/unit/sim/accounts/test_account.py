"""A story in the making: names, lives as they were lived, operations with their answers, all in order of time."""

from __future__ import annotations

from initd.config.model import GroupConfig, ProcessConfig
from sim.accounts.account import REFUSED, Telling, full_names
from sim.scenario import Kind, Life

GROUP = GroupConfig("g", 5, (ProcessConfig("a", "a", "a", stopwaitsecs=3), ProcessConfig("b", "b", "b", autostart=False)))


def telling():
    made = Telling()
    return made, made.add(GROUP)


def test_programs_have_their_options_and_are_called_by_group_and_name():
    made, names = telling()
    assert names == {"a": "g:a", "b": "g:b"}
    (group,) = made.account("s", 9, {}, {}).scenario.groups
    assert (group.name, group.priority) == ("g", 5)
    assert [(each.name, each.stopwaitsecs, each.autostart) for each in group.programs] == [("a", 3, True), ("b", 10, False)]


def test_a_group_that_is_added_again_is_another_one_and_does_not_start_by_itself():
    made, _ = telling()
    assert made.add(GROUP, later=True) == {"a": "g+:a", "b": "g+:b"}
    assert not made.spec("g+:a").autostart


def test_each_child_lives_the_life_it_was_seen_to_live():
    made, _ = telling()
    made.born(10, "g:a", 1)
    made.ended(25, "g:a", 3)
    made.noticed(30, "g:a")
    made.noticed(99, "g:a")
    made.refused(40, "g:a")
    made.born(50, "g:a", 2)
    made.struck(60, "g:a", 15)
    made.struck(70, "g:a", 9)
    made.struck(80, "g:a", 9)
    made.ended(100, "g:a", -9, 95)
    made.born(200, "g:a", 3)
    made.struck(210, "g:a", 9)
    made.alive(260)
    lives = made.account("s", 300, {}, {}).scenario.groups[0].programs[0].lives
    assert lives == (
        Life(20, 3, None),
        Life(refused=REFUSED),
        Life(50, -9, None, None, 25),
        Life(None, 0, None, None, 50),
    )


def test_who_was_alive_until_its_end_was_noticed_took_until_then_to_die():
    made, _ = telling()
    made.born(10, "g:a", 1)
    made.struck(20, "g:a", 9)
    made.ended(21, "g:a", -9, None)
    made.noticed(50, "g:a")
    assert made.account("s", 99, {}, {}).scenario.groups[0].programs[0].lives == (Life(40, -9, None, None, 30),)


def test_operations_are_numbered_in_order_of_time_and_answers_follow():
    made, _ = telling()
    late = made.ask(50, Kind.START, "g:a", 0, 8)
    early = made.ask(20, Kind.STOP, "g:b", 0, 5)
    made.did(30, Kind.REFUSE, "g:a", 6, 1)
    late.answer, early.answer = (60, "OK", 9), (25, "NOT_RUNNING", 7)
    made.tell(22, "g:a", "state", "STARTING 0", 4)
    account = made.account("s", 99, {}, {})
    assert [op.kind for op in account.scenario.ops] == [Kind.STOP, Kind.REFUSE, Kind.START]
    assert account.trace == (
        (22, "g:a", "state", "STARTING 0"),
        (25, "g:b", "answer", "0 NOT_RUNNING"),
        (60, "g:a", "answer", "2 OK"),
    )
    assert [account.lines[entry] for entry in account.trace] == [4, 7, 9]


def test_of_a_program_that_is_dropped_nothing_is_left():
    made, _ = telling()
    made.born(10, "g:a", 1)
    made.did(20, Kind.START, "g:a", 2)
    made.born(30, "g:b", 3)
    made.drop("g:a")
    account = made.account("s", 99, {}, {})
    assert made.names() == ["g:b"] and not account.scenario.ops
    assert [entry[1] for entry in account.trace] == ["g:b"]


def test_lines_use_process_names_which_may_stand_for_several():
    other = GroupConfig("h", 5, (ProcessConfig("a", "a", "a"),))
    assert full_names([GROUP, other]) == {"a": ["g:a", "h:a"], "b": ["g:b"]}
