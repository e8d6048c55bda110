"""Work off the loop: lanes, tokens and completions (initd/kernel/port.py, `submit`)."""

from __future__ import annotations

import errno

from initd.kernel.port import Completion
from initd.signals import SIGUSR1
from tests.contract.contracts import contract, refused
from tests.contract.world import World

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from initd.kernel.port import Files


def completions(world: World, count: int) -> list[Completion]:
    """The next so many completions, in the order they came."""
    got: list[Completion] = []
    world.until(lambda: got.extend(world.kernel.take_completions()) or len(got) >= count, f"{count} completions")
    assert len(got) == count
    return got


@contract("completion-comes-later", "poll-wakes-for-completion")
def test_a_completion_ends_a_wait_without_deadline_and_is_taken_once(world: World) -> None:
    token = world.kernel.submit("lane", lambda files: 42)
    assert world.kernel.poll(None) == []
    assert world.kernel.take_completions() == [Completion(token, 42)]
    assert world.kernel.take_completions() == []


@contract("poll-wakes-for-completion")
def test_a_completion_that_nobody_has_taken_lets_no_wait_begin(world: World) -> None:
    token = world.kernel.submit("lane", lambda files: None)
    for _ in range(3):
        assert world.kernel.poll(None) == []
    assert world.kernel.take_completions() == [Completion(token)]


@contract()
def test_an_operation_reaches_the_files(world: World) -> None:
    path = world.path("file")

    def write_and_read(files: Files) -> bytes:
        files.write_file(path, b"content")
        return files.read_file(path)

    world.kernel.submit("lane", write_and_read)
    assert completions(world, 1)[0].value == b"content"


@contract()
def test_the_error_of_an_operation_is_in_its_completion(world: World) -> None:
    token = world.kernel.submit("lane", lambda files: files.read_file(world.path("missing")))
    (completion,) = completions(world, 1)
    assert (completion.token, completion.value) == (token, None)
    assert completion.error is not None
    with refused(errno.ENOENT):
        raise completion.error


@contract("lane-runs-in-order")
def test_the_operations_of_a_lane_run_one_after_the_other_in_order(world: World) -> None:
    log: list[int] = []

    def operation(number: int) -> Any:
        def run(_files: Files) -> int:
            log.append(number)
            return number

        return run

    tokens = [world.kernel.submit("lane", operation(number)) for number in range(50)]
    assert len(set(tokens)) == 50
    got = completions(world, 50)
    assert [completion.token for completion in got] == tokens
    assert [completion.value for completion in got] == list(range(50)) == log


@contract("lane-runs-in-order")
def test_a_lane_goes_on_after_an_error(world: World) -> None:
    world.kernel.submit("lane", lambda files: files.listdir(world.path("missing")))
    world.kernel.submit("lane", lambda files: "next")
    first, second = completions(world, 2)
    assert (first.value, second.value) == (None, "next")


@contract()
def test_the_next_operation_of_a_lane_runs_only_when_the_one_before_has_been_taken(world: World) -> None:
    log: list[str] = []
    world.kernel.submit("lane", lambda files: log.append("first"))
    world.kernel.submit("lane", lambda files: log.append("second"))
    world.kernel.poll(None)
    world.let_pass(0.02)
    assert log == ["first"]
    completions(world, 2)
    assert log == ["first", "second"]


@contract()
def test_many_lanes_all_come_through(world: World) -> None:
    for number in range(100):
        world.kernel.submit(f"lane {number % 20}", lambda files, number=number: number)
    values = [completion.value for completion in completions(world, 100)]
    assert sorted(values) == list(range(100))
    for lane in range(20):
        assert [value for value in values if value % 20 == lane] == list(range(lane, 100, 20))


@contract()
def test_an_operation_can_be_submitted_from_what_follows_a_completion(world: World) -> None:
    for round_number in range(10):
        world.kernel.submit("lane", lambda files, value=round_number: value)
        assert completions(world, 1)[0].value == round_number


@contract()
def test_signals_and_completions_come_side_by_side(world: World) -> None:
    world.kernel.catch_signals([SIGUSR1])
    world.kernel.submit("lane", lambda files: "done")
    world.signal_us(SIGUSR1)
    signals: list[int] = []
    got: list[Completion] = []

    def both() -> bool:
        signals.extend(world.kernel.take_signals())
        got.extend(world.kernel.take_completions())
        return bool(signals and got)

    world.until(both)
    assert (signals, [completion.value for completion in got]) == ([SIGUSR1], ["done"])
