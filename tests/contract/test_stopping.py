"""Stopped processes and groups that lose their session (signal(7), setpgid(2), POSIX on orphaned process groups)."""

from __future__ import annotations

from initd.signals import SIGCHLD, SIGCONT, SIGHUP, SIGKILL, SIGSTOP, SIGTERM, SIGTSTP
from tests.contract.contracts import contract
from tests.contract.world import Kid, World


def stopped(world: World, kid: Kid) -> Kid:
    """The child, stopped."""
    kid.kill(SIGSTOP)
    world.until(lambda: world.state(kid.pid) == "T")
    return kid


@contract("term-waits-for-cont")
def test_a_signal_to_a_stopped_child_waits_for_it_to_go_on(world: World) -> None:
    kid = stopped(world, world.ready([]))
    kid.kill(SIGTERM)
    world.let_pass(0.03)
    assert world.state(kid.pid) == "T"
    kid.kill(SIGCONT)
    assert kid.end().signal == SIGTERM


@contract("kill-ends-a-stopped-process")
def test_sigkill_ends_a_stopped_child(world: World) -> None:
    kid = stopped(world, world.ready([]))
    kid.kill(SIGKILL)
    assert kid.end().signal == SIGKILL


@contract("cont-cancels-pending-stops")
def test_sigcont_cancels_a_stop_that_is_pending(world: World) -> None:
    kid = world.ready([["block", "TSTP"], ["handle", "USR1", [["unblock", "TSTP"], ["write", "out", "on\n"]]]])
    kid.kill(SIGTSTP)
    kid.kill(SIGCONT)
    kid.kill(10)
    assert kid.line() == "on"
    world.let_pass(0.02)
    assert world.alive(kid.pid)


@contract("stop-cancels-pending-cont")
def test_a_stop_cancels_a_sigcont_that_is_pending(world: World) -> None:
    steps = [["handle", "CONT", [["write", "out", "cont\n"]]], ["block", "CONT"]]
    kid = world.ready([*steps, ["handle", "USR1", [["unblock", "CONT"], ["write", "out", "done\n"]]]])
    kid.kill(SIGCONT)
    stopped(world, kid)
    kid.kill(10)
    kid.kill(SIGCONT)
    lines = [kid.line(), kid.line()]
    assert sorted(lines) == ["cont", "done"]
    world.let_pass(0.02)
    assert world.kernel.pending(kid.stdout) == 0


@contract("stop-tells-parent")
def test_the_stop_of_a_child_is_a_sigchld_with_nothing_to_reap(world: World) -> None:
    kid = world.ready([])
    world.kernel.catch_signals([SIGCHLD])
    stopped(world, kid)
    world.until(lambda: world.kernel.take_signals() == [SIGCHLD])
    assert world.kernel.peek_exited() is None


@contract("continue-tells-parent")
def test_the_continuation_of_a_child_is_a_sigchld_too(world: World) -> None:
    kid = stopped(world, world.ready([]))
    world.kernel.catch_signals([SIGCHLD])
    kid.kill(SIGCONT)
    world.until(lambda: world.kernel.take_signals() == [SIGCHLD])
    assert world.kernel.peek_exited() is None
    assert world.alive(kid.pid)


@contract()
def test_a_child_that_stops_itself_goes_on_where_it_was(world: World) -> None:
    kid = world.spawn([["write", "out", "before\n"], ["raise", "STOP"], ["write", "out", "after\n"], ["exit", 2]])
    assert kid.line() == "before"
    world.until(lambda: world.state(kid.pid) == "T")
    kid.kill(SIGCONT)
    assert kid.line() == "after"
    assert kid.end().code == 2


@contract()
def test_the_time_of_a_sleep_runs_on_while_the_sleeper_is_stopped(world: World) -> None:
    kid = world.spawn([["write", "out", "on\n"], ["sleep", 0.1], ["exit", 0]])
    assert kid.line() == "on"
    stopped(world, kid)
    world.let_pass(0.2)
    resumed_ns = world.kernel.mono()
    kid.kill(SIGCONT)
    kid.end()
    assert world.kernel.mono() - resumed_ns < 90_000_000


# A group is orphaned when no member's parent is in the same session but another group. `LEADER` makes a session, a child
# of it makes a group in there: that group hangs by its leader's parent alone.
LEADER = [
    ["fork", [["setsid"], ["tell", "pid"], ["fork", [["setpgid"], ["tell", "pid"], ["pause"]]], ["pause"]]],
    ["pause"],
]


@contract("terminal-stop-needs-a-connected-group")
def test_a_terminal_stop_signal_stops_nobody_in_an_orphaned_group(world: World) -> None:
    connected = world.ready([])
    connected.kill(SIGTSTP)
    world.until(lambda: world.state(connected.pid) == "T")
    orphaned = int(world.spawn([["fork", [["setsid"], ["tell", "pid"], ["pause"]]], ["pause"]]).facts()["pid"])
    world.kernel.kill(orphaned, SIGTSTP)
    world.let_pass(0.03)
    assert world.alive(orphaned)


@contract("orphaned-stopped-group-hup-cont")
def test_a_stopped_group_that_becomes_orphaned_is_hung_up(world: World) -> None:
    outer = world.spawn(LEADER)
    leader, member = int(outer.facts()["pid"]), int(outer.facts()["pid"])
    world.kernel.kill(member, SIGSTOP)
    world.until(lambda: world.state(member) == "T")
    world.kernel.kill(leader, SIGKILL)
    world.until(lambda: member in world.kernel.children())
    assert world.reap(member).signal == SIGHUP


@contract()
def test_a_group_that_becomes_orphaned_while_it_runs_is_left_alone(world: World) -> None:
    outer = world.spawn(LEADER)
    leader, member = int(outer.facts()["pid"]), int(outer.facts()["pid"])
    world.kernel.kill(leader, SIGKILL)
    world.until(lambda: member in world.kernel.children())
    world.let_pass(0.02)
    assert world.alive(member)
