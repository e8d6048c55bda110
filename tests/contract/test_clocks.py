"""The three clocks (clock_gettime(2)) and the passing of time in `poll`."""

from __future__ import annotations

from tests.contract.contracts import contract
from tests.contract.world import World

MS = 1_000_000


@contract("wall-runs-with-mono")
def test_the_wall_clock_runs_along_with_the_monotonic_one(world: World) -> None:
    before = world.kernel.mono(), world.kernel.wall()
    world.let_pass(0.05)
    passed = world.kernel.mono() - before[0], world.kernel.wall() - before[1]
    assert passed[0] >= 50 * MS
    assert abs(passed[1] - passed[0]) < 20 * MS


@contract("boot-never-behind-mono")
def test_the_boot_clock_is_never_behind_the_monotonic_one_and_runs_with_it(world: World) -> None:
    mono, boot = world.kernel.mono(), world.kernel.boot()
    assert boot >= mono
    world.let_pass(0.02)
    assert world.kernel.boot() - boot >= 20 * MS


@contract()
def test_the_monotonic_clock_never_goes_back(world: World) -> None:
    readings = []
    for _ in range(50):
        readings.append(world.kernel.mono())
        world.kernel.poll(0)
    assert readings == sorted(readings)


@contract()
def test_the_local_time_of_a_wall_time_has_its_second(world: World) -> None:
    now_s = world.kernel.wall() // 1_000_000_000
    year, month, day, hour, minute, second = world.kernel.local_time(now_s * 1_000_000_000)
    assert year > 2000 and 1 <= month <= 12 and 1 <= day <= 31 and 0 <= hour < 24 and 0 <= minute < 60
    assert second == now_s % 60


@contract("poll-waits-for-the-deadline")
def test_poll_returns_nothing_at_its_deadline_and_not_before(world: World) -> None:
    deadline_ns = world.kernel.mono() + 30 * MS
    assert world.kernel.poll(deadline_ns) == []
    assert world.kernel.mono() >= deadline_ns


@contract("poll-past-deadline-returns")
def test_poll_does_not_wait_for_a_deadline_that_has_passed(world: World) -> None:
    before_ns = world.kernel.mono()
    assert world.kernel.poll(before_ns - 5) == []
    assert world.kernel.mono() - before_ns < 5_000 * MS
