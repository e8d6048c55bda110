"""A child that outlives a reload, because its kill was not permitted, costs the next session nothing."""

from __future__ import annotations

import errno

import pytest

from tests.property.worlds import HUP, World, program


@pytest.mark.parametrize("life", ["print hello every 0.5s", "run", "flood 100000", "exit 3 after 9s"])
def test_a_child_that_could_not_be_stopped_before_a_reload_keeps_the_next_session_neither_awake_nor_short(life):
    world = World(program("p", stopwaitsecs=1, autorestart="false"), {"p": life})
    world.at(4, lambda: world.kernel.faults.fail("kill", errno.EPERM))
    world.signal(5, HUP)
    world.at(5.5, world.kernel.faults.heal)
    world.run(30)
    assert len(world.lines("supervisord started with pid")) == 2
    fresh = World(program("p", stopwaitsecs=1, autorestart="false"), {"p": life}).run(20)
    assert world.kernel.open_count() == fresh.kernel.open_count()
    assert world.state("p") == fresh.state("p")
