"""Who can be signalled, and what the refusals are (kill(2), killpg(3))."""

from __future__ import annotations

import errno

from initd.signals import SIGCONT, SIGKILL, SIGTERM, SIGUSR1
from tests.contract.contracts import CHILD, contract, refused
from tests.contract.world import Kid, World

USER = 65534
OTHER = 54321


def dead(world: World, kid: Kid) -> Kid:
    """The child, dead and not yet reaped."""
    kid.kill(SIGKILL)
    world.until(lambda: world.state(kid.pid) == "Z")
    return kid


@contract("kill-zombie-ok")
def test_a_zombie_can_be_signalled_to_no_effect(world: World) -> None:
    kid = dead(world, world.ready([]))
    for number in (0, SIGTERM, SIGKILL):
        world.kernel.kill(kid.pid, number)
    assert kid.end().signal == SIGKILL


@contract("kill-esrch")
def test_after_the_reap_there_is_nobody_to_signal(world: World) -> None:
    kid = dead(world, world.ready([]))
    kid.end()
    with refused(errno.ESRCH):
        world.kernel.kill(kid.pid, SIGTERM)
    with refused(errno.ESRCH):
        world.kernel.kill(kid.pid, 0)


@contract("kill-einval")
def test_a_number_that_is_no_signal_is_refused(world: World) -> None:
    kid = world.ready([])
    for number in (65, -1):
        with refused(errno.EINVAL):
            world.kernel.kill(kid.pid, number)
        with refused(errno.EINVAL):
            world.kernel.killpg(kid.pid, number)


@contract("kill-refuses-groups")
def test_kill_reaches_one_process_never_a_group(world: World) -> None:
    kid = world.ready([])
    for pid in (0, -1, -kid.pid):
        with refused(errno.EINVAL):
            world.kernel.kill(pid, SIGKILL)
    assert world.alive(kid.pid)


@contract("killpg-refuses-everybody")
def test_killpg_refuses_the_numbers_that_mean_everybody(world: World) -> None:
    for pgid in (1, 0, -1):
        with refused(errno.EINVAL):
            world.kernel.killpg(pgid, SIGKILL)


@contract()
def test_signal_0_only_asks_whether_the_process_is_there(world: World) -> None:
    kid = world.ready([])
    world.kernel.kill(kid.pid, 0)
    world.kernel.killpg(kid.pid, 0)
    world.let_pass(0.02)
    assert world.alive(kid.pid)


@contract("root-may-signal-all")
def test_root_may_signal_a_process_of_another_user(world: World) -> None:
    kid = world.ready([["uid", USER]])
    kid.kill(SIGTERM)
    assert kid.end().signal == SIGTERM


@contract("kill-eperm")
def test_a_user_may_not_signal_a_process_of_another_dead_or_alive(world: World) -> None:
    alive = world.ready([])
    zombie = dead(world, world.ready([]))
    world.become_user(USER)
    for kid in (alive, zombie):
        with refused(errno.EPERM):
            world.kernel.kill(kid.pid, SIGTERM)
        with refused(errno.EPERM):
            world.kernel.kill(kid.pid, 0)
        with refused(errno.EPERM):
            world.kernel.killpg(kid.pid, SIGTERM)
    assert world.alive(alive.pid)


@contract()
def test_a_user_may_signal_its_own(world: World) -> None:
    kid = world.ready([["uid", USER]])
    world.become_user(USER)
    kid.kill(SIGTERM)
    assert kid.end().signal == SIGTERM


@contract("killpg-partly-permitted-ok")
def test_a_group_may_be_signalled_when_one_member_may(world: World) -> None:
    kid = world.spawn(
        [["fork", [["uid", OTHER], ["tell", "pid"], ["pause"]]], ["uid", USER], ["tell", "pid"], ["pause"]]
    )
    (member,) = {int(kid.facts()["pid"]), int(kid.facts()["pid"])} - {kid.pid}
    world.become_user(USER)
    world.kernel.killpg(kid.pid, SIGTERM)
    assert kid.end().signal == SIGTERM
    world.let_pass(0.02)
    assert world.alive(member)


@contract("killpg-esrch")
def test_a_group_without_members_is_refused(world: World) -> None:
    kid = dead(world, world.ready([]))
    kid.end()
    with refused(errno.ESRCH):
        world.kernel.killpg(kid.pid, SIGTERM)


@contract("killpg-zombie-only-ok")
def test_a_group_of_a_zombie_alone_can_be_signalled(world: World) -> None:
    kid = dead(world, world.ready([]))
    world.kernel.killpg(kid.pid, SIGTERM)
    kid.end()


@contract("killpg-dead-leader-ok")
def test_a_group_whose_leader_is_reaped_can_be_signalled(world: World) -> None:
    kid = world.spawn([["fork", [["tell", "pid"], ["pause"]]], ["exit", 0]])
    member = int(kid.facts()["pid"])
    kid.end()
    world.kernel.killpg(kid.pid, SIGTERM)
    assert world.reap(member).signal == SIGTERM


@contract()
def test_killpg_reaches_the_child_the_moment_spawn_returns(world: World) -> None:
    for _ in range(5):
        kid = world.spawn([["pause"]])
        world.kernel.killpg(kid.pid, SIGKILL)
        assert kid.end().signal == SIGKILL


@contract()
def test_killpg_spares_who_has_left_the_group(world: World) -> None:
    kid = world.spawn([["fork", [["setsid"], ["tell", "pid"], ["pause"]]], ["pause"]])
    away = int(kid.facts()["pid"])
    world.kernel.killpg(kid.pid, SIGKILL)
    kid.end()
    assert world.alive(away)
    world.kernel.kill(away, SIGKILL)
    assert world.reap(away).signal == SIGKILL


@contract("kill-all-spares-us")
def test_pid_1_signals_everybody_but_itself(world: World) -> None:
    kids = [world.ready([]), world.ready([["fork", [["setsid"], ["pause"]]]])]
    assert world.kernel.kill_all(SIGKILL) is True
    for kid in kids:
        assert kid.end().signal == SIGKILL
    orphan = world.until(world.kernel.peek_exited)
    assert world.reap(orphan).signal == SIGKILL


@contract("kill-all-counts-zombies")
def test_signalling_everybody_finds_zombies_and_then_nobody(world: World) -> None:
    kid = dead(world, world.ready([]))
    assert world.kernel.kill_all(SIGCONT) is True
    kid.end()
    assert world.kernel.kill_all(SIGCONT) is False


@contract("kill-all-only-as-init", role=CHILD)
def test_only_pid_1_may_signal_everybody(world: World) -> None:
    kid = world.ready([])
    with refused(errno.EPERM):
        world.kernel.kill_all(SIGKILL)
    assert world.alive(kid.pid)


@contract("ignored-signal-is-dropped")
def test_an_ignored_signal_has_no_effect_even_after_it_is_default_again(world: World) -> None:
    kid = world.ready([["ignore", "USR1"], ["handle", "USR2", [["default", "USR1"], ["write", "out", "default\n"]]]])
    kid.kill(SIGUSR1)
    world.let_pass(0.02)
    kid.kill(12)
    assert kid.line() == "default"
    world.let_pass(0.02)
    assert world.alive(kid.pid)
    kid.kill(SIGUSR1)
    assert kid.end().signal == SIGUSR1


@contract("handler-runs")
def test_a_handler_runs_in_the_middle_of_a_sleep_which_then_goes_on(world: World) -> None:
    began_ns = world.kernel.mono()
    kid = world.spawn(
        [["handle", "USR1", [["write", "out", "caught\n"]]], ["write", "out", "on\n"], ["sleep", 0.3], ["exit", 4]]
    )
    assert kid.line() == "on"
    kid.kill(SIGUSR1)
    assert kid.line() == "caught"
    assert kid.end().code == 4
    assert world.kernel.mono() - began_ns >= 300_000_000


@contract("blocked-signal-stays-pending")
def test_a_blocked_signal_stays_pending_until_it_is_unblocked(world: World) -> None:
    kid = world.ready([["block", "TERM"], ["handle", "USR1", [["unblock", "TERM"]]]])
    kid.kill(SIGTERM)
    kid.kill(SIGTERM)
    world.let_pass(0.02)
    assert world.alive(kid.pid)
    kid.kill(SIGUSR1)
    assert kid.end().signal == SIGTERM


@contract("pending-not-inherited")
def test_a_signal_pending_on_the_parent_is_not_pending_on_a_child(world: World) -> None:
    steps = [
        ["block", "TERM"],
        ["raise", "TERM"],
        ["fork", [["unblock", "TERM"], ["write", "out", "alive\n"], ["exit", 0]]],
        ["pause"],
    ]
    assert world.spawn(steps).line() == "alive"
