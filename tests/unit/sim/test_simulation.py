"""A run of the shipped daemon on a simulated kernel: what is recorded, and how it ends."""

from __future__ import annotations

import errno

import pytest

from initd.states import ProcessState
from sim.kernel import Deadlock, SimKernel
from tests.property.worlds import MAIN_LOG, TERM, World, ns, program

GROUP = "[group:g]\nprograms=a,b\n"


def test_changes_carry_the_virtual_time_since_the_start_and_the_name_that_supervisorctl_shows():
    world = World(GROUP + program("a") + program("b", autostart="false") + program("c"))
    simulation = world.run(5).simulation
    assert [(change.time_ns, change.name, change.change.new) for change in simulation.changes] == [
        (0, "c", ProcessState.STARTING),
        (0, "g:a", ProcessState.STARTING),
        (ns(1) + 1, "c", ProcessState.RUNNING),
        (ns(1) + 1, "g:a", ProcessState.RUNNING),
    ]


def test_states_are_by_the_same_names():
    world = World(GROUP + program("a") + program("b", autostart="false") + program("c"))
    assert world.run(5).simulation.states() == {
        "c": ProcessState.RUNNING,
        "g:a": ProcessState.RUNNING,
        "g:b": ProcessState.STOPPED,
    }


def test_who_watches_hears_of_each_change_when_it_happens():
    world = World(program("p"))
    heard = []
    world.simulation._on_change = lambda change: heard.append((world.kernel.now, change.time_ns))
    world.run(5)
    assert heard == [(0, 0), (ns(1) + 1, ns(1) + 1)]


def test_a_run_ends_when_its_time_is_over_although_nothing_happens():
    world = World(program("p", autostart="false")).run(3600)
    assert world.kernel.now == ns(3600)
    assert world.status is None


def test_a_run_without_an_end_goes_on_until_the_daemon_has_ended():
    world = World(program("p"))
    world.signal(1000, TERM)
    world.run()
    assert world.status == 0
    assert world.kernel.now == ns(1000)


def test_a_run_without_an_end_in_which_nothing_can_happen_any_more_is_a_deadlock():
    with pytest.raises(Deadlock):
        World(program("p")).run()


def test_a_start_that_comes_to_nothing_is_kept_with_its_reason():
    world = World(program("p"))
    world.files.fail(MAIN_LOG, errno.EROFS, "open_append")
    simulation = world.run(5).simulation
    assert simulation.exit_status == 2
    assert simulation.failure.key == "logfile"


def test_the_main_log_can_be_read_at_any_time():
    world = World(program("p"))
    logs = []
    world.at(0.5, lambda: logs.append(world.simulation.main_log()))
    world.run(5)
    assert "spawned: 'p'" in logs[0]
    assert "success: p" not in logs[0]
    assert "success: p" in world.simulation.main_log()


def test_the_same_run_twice_is_the_same_to_the_last_byte():
    def run():
        world = World(program("p") + program("q"), {"p": "crash after 0.3s", "q": "exit 1 after 2s"}, tick_ns=1000)
        world.run(60)
        return world.simulation.changes, world.seen, world.log()

    assert run() == run()


def test_a_daemon_that_is_not_pid_1_runs_as_well():
    world = World(program("p"), pid=4711).run(5)
    assert world.state("p") == "RUNNING"
    assert world.lines("supervisord started with pid 4711")
    assert isinstance(world.kernel, SimKernel)
