"""Virtual time: order, ties, choices."""

from __future__ import annotations

from sim.kernel.clock import Clock


def drain(clock: Clock) -> None:
    while clock.next_time() is not None:
        clock.happen()


def test_things_happen_in_the_order_of_their_times() -> None:
    clock, seen = Clock(0, None), []
    for time_ns in (30, 10, 20):
        clock.at(time_ns, lambda: seen.append(clock.now))
    drain(clock)
    assert seen == [10, 20, 30]


def test_things_due_at_once_keep_the_order_they_were_asked_for() -> None:
    clock, seen = Clock(0, None), []
    for name in "abc":
        clock.at(5, seen.append, name)
    drain(clock)
    assert seen == ["a", "b", "c"]


def test_a_chooser_orders_what_is_due_at_once_and_its_answers_are_recorded() -> None:
    asked = []

    def last(count: int) -> int:
        asked.append(count)
        return count - 1

    clock, seen = Clock(0, last), []
    for name in "abc":
        clock.at(5, seen.append, name)
    clock.at(6, seen.append, "alone")
    drain(clock)
    assert seen == ["c", "b", "a", "alone"]
    assert asked == [3, 2]
    assert clock.choices == [2, 1]


def test_recorded_choices_replay_the_order() -> None:
    def run(choose) -> tuple[list[str], list[int]]:
        clock, seen = Clock(0, choose), []
        for name in "abcd":
            clock.at(5, seen.append, name)
        drain(clock)
        return seen, clock.choices

    answers = iter([3, 0, 1])
    first, recorded = run(lambda _count: next(answers))
    replay = iter(recorded)
    assert run(lambda _count: next(replay)) == (first, recorded)


def test_a_lower_priority_number_goes_first_at_the_same_time() -> None:
    clock, seen = Clock(0, None), []
    clock.at(5, seen.append, "late", priority=1)
    clock.at(5, seen.append, "early", priority=0)
    drain(clock)
    assert seen == ["early", "late"]


def test_what_is_late_happens_at_its_own_moment_while_the_clock_stays() -> None:
    clock, seen = Clock(0, None), []
    clock.at(5, lambda: seen.append((clock.moment, clock.now)))
    clock.spend(20)
    clock.happen()
    assert seen == [(5, 20)]
