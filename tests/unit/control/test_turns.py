from __future__ import annotations

from initd.control.turns import STEPS_PER_TURN, Turns
from initd.drive.loop import Loop
from sim.kernel.kernel import SimKernel


def test_steps_run_in_order_and_only_so_many_a_turn() -> None:
    kernel = SimKernel()
    loop = Loop(kernel, lambda error: None)
    turns, ran = Turns(loop), list[int]()
    for number in range(2 * STEPS_PER_TURN):
        turns.add(lambda number=number: ran.append(number))
    loop.turn(0, lambda: None)
    assert ran == list(range(STEPS_PER_TURN))
    loop.turn(0, lambda: None)
    assert ran == list(range(2 * STEPS_PER_TURN))
    assert not loop.busy


def test_steps_that_take_long_leave_the_rest_to_the_next_turn() -> None:
    kernel = SimKernel()
    loop = Loop(kernel, lambda error: None)
    turns, ran = Turns(loop), list[int]()

    def step() -> None:
        ran.append(1)
        kernel.clock.spend(1_500_000)

    for _ in range(5):
        turns.add(step)
    loop.turn(0, lambda: None)
    assert len(ran) == 2
