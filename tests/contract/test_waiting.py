"""Children that end: peeking, reaping, zombies, exit statuses (wait(2), waitid(2))."""

from __future__ import annotations

import errno

from initd.kernel.port import ExitStatus
from initd.signals import SIGCHLD, SIGKILL, SIGSEGV, SIGTERM
from tests.contract.contracts import contract, refused
from tests.contract.world import World


@contract("zombie-until-reaped", "peek-leaves-the-zombie")
def test_a_dead_child_stays_a_zombie_until_it_is_reaped(world: World) -> None:
    kid = world.spawn([["exit", 3]])
    world.until(lambda: world.kernel.peek_exited() == kid.pid)
    assert world.state(kid.pid) == "Z"
    assert world.kernel.peek_exited() == kid.pid
    assert world.kernel.reap(kid.pid) == ExitStatus(3)
    assert world.kernel.peek_exited() is None
    assert world.state(kid.pid) == ""


@contract()
def test_every_exit_code_comes_back_modulo_256(world: World) -> None:
    for code in (0, 1, 127, 255, 256, 259):
        assert world.spawn([["exit", code]]).end() == ExitStatus(code % 256)


@contract("death-by-signal-status")
def test_a_death_by_signal_has_a_signal_and_no_code(world: World) -> None:
    for name, number in (("TERM", SIGTERM), ("SEGV", SIGSEGV), ("KILL", SIGKILL)):
        status = world.spawn([["raise", name], ["pause"]]).end()
        assert (status.code, status.signal) == (None, number)


@contract()
def test_a_script_that_runs_out_of_steps_exits_0(world: World) -> None:
    assert world.spawn([]).end() == ExitStatus(0)


@contract("peek-oldest-child-first")
def test_peek_names_the_oldest_dead_child_not_the_first_to_die(world: World) -> None:
    older = world.ready([])
    younger = world.ready([])
    younger.kill(SIGKILL)
    world.until(lambda: world.state(younger.pid) == "Z")
    older.kill(SIGKILL)
    world.until(lambda: world.state(older.pid) == "Z")
    assert world.kernel.peek_exited() == older.pid
    older.end()
    assert world.kernel.peek_exited() == younger.pid


@contract("reap-running-would-block")
def test_reaping_a_child_that_lives_would_block(world: World) -> None:
    kid = world.ready([])
    with refused(errno.EAGAIN):
        world.kernel.reap(kid.pid)
    kid.kill(SIGKILL)
    kid.end()


@contract("reap-echild")
def test_reaping_what_is_no_child_of_ours_is_refused(world: World) -> None:
    grandchild = int(world.spawn([["fork", [["tell", "pid"], ["pause"]]], ["pause"]]).facts()["pid"])
    for pid in (grandchild, world.kernel.getpid(), 31_999):
        with refused(errno.ECHILD):
            world.kernel.reap(pid)


@contract()
def test_a_child_can_be_reaped_out_of_order_and_only_once(world: World) -> None:
    kids = [world.spawn([["exit", code]]) for code in range(4)]
    for index in (2, 0, 3, 1):
        assert kids[index].end() == ExitStatus(index)
        with refused(errno.ECHILD):
            world.kernel.reap(kids[index].pid)
    assert world.kernel.peek_exited() is None


@contract()
def test_peek_is_none_without_children_and_with_living_ones(world: World) -> None:
    assert world.kernel.peek_exited() is None
    world.ready([])
    assert world.kernel.peek_exited() is None


@contract("children-with-zombies-ascending")
def test_our_children_are_listed_zombies_included(world: World) -> None:
    kids = [world.ready([]) for _ in range(3)]
    kids[1].kill(SIGKILL)
    world.until(lambda: world.state(kids[1].pid) == "Z")
    assert world.kernel.children() == sorted(kid.pid for kid in kids)
    kids[1].end()
    assert world.kernel.children() == sorted([kids[0].pid, kids[2].pid])


@contract("sigchld-at-exit", "poll-wakes-for-signal")
def test_the_end_of_a_child_wakes_poll_by_sigchld(world: World) -> None:
    world.kernel.catch_signals([SIGCHLD])
    kid = world.spawn([["sleep", 0.05], ["exit", 0]])
    world.kernel.poll(None)
    assert world.kernel.take_signals() == [SIGCHLD]
    assert world.kernel.peek_exited() == kid.pid


@contract("sigchld-coalesces")
def test_the_signals_of_many_exits_are_one(world: World) -> None:
    world.kernel.catch_signals([SIGCHLD])
    kids = [world.spawn([["exit", 0]]) for _ in range(8)]
    for kid in kids:
        world.until(lambda: world.state(kid.pid) == "Z")  # noqa: B023 - used at once
    assert world.kernel.take_signals() == [SIGCHLD]
    assert world.kernel.take_signals() == []
    for kid in kids:
        kid.end()


@contract("chld-ignored-means-no-zombie")
def test_a_parent_that_ignores_sigchld_leaves_no_zombies(world: World) -> None:
    parent = world.spawn([["ignore", "CHLD"], ["fork", [["tell", "pid"], ["exit", 1]]], ["pause"]])
    pid = int(parent.facts()["pid"])
    world.until(lambda: world.state(pid) == "")
    assert world.alive(parent.pid)


@contract()
def test_a_parent_reaps_its_own_children(world: World) -> None:
    steps = [
        ["fork", [["exit", 1]]],
        ["fork", [["sleep", 0.02], ["exit", 2]]],
        ["wait"],
        ["write", "out", "all\n"],
        ["pause"],
    ]
    parent = world.spawn(steps)
    assert parent.line() == "all"
    assert world.kernel.peek_exited() is None


@contract("exit-closes-descriptors")
def test_the_end_of_a_process_closes_what_it_had_open_even_before_it_is_reaped(world: World) -> None:
    kid = world.spawn([["write", "out", "bye"], ["exit", 0]])
    assert kid.output() == b"bye"
    assert world.kernel.peek_exited() == kid.pid or world.until(lambda: world.kernel.peek_exited() == kid.pid)
