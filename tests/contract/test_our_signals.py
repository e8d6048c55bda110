"""Signals to the daemon itself, as PID 1 and as any other process (signal(7), pid_namespaces(7))."""

from __future__ import annotations

from initd.signals import SIGCHLD, SIGHUP, SIGKILL, SIGPIPE, SIGSTOP, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH, SIGXFSZ
from tests.contract.contracts import CHILD, contract
from tests.contract.world import World


@contract("caught-signals-are-a-set", "take-signals-once-ascending")
def test_caught_signals_are_taken_once_each_in_order_of_number(world: World) -> None:
    world.kernel.catch_signals([SIGUSR2, SIGTERM, SIGUSR1])
    for number in (SIGTERM, SIGUSR2, SIGUSR1, SIGUSR2, SIGTERM):
        world.signal_us(number)
    assert world.kernel.take_signals() == [SIGUSR1, SIGUSR2, SIGTERM]
    assert world.kernel.take_signals() == []


@contract()
def test_a_caught_signal_ends_a_wait_without_deadline(world: World) -> None:
    world.kernel.catch_signals([SIGTERM])
    world.spawn([["sleep", 0.05], ["kill", "parent", "TERM"], ["pause"]])
    assert world.kernel.poll(None) == []
    assert world.kernel.take_signals() == [SIGTERM]


@contract()
def test_a_signal_that_is_there_already_does_not_let_poll_wait(world: World) -> None:
    world.kernel.catch_signals([SIGHUP])
    world.signal_us(SIGHUP)
    world.kernel.poll(None)
    assert world.kernel.take_signals() == [SIGHUP]


@contract()
def test_catching_more_signals_keeps_those_caught_before(world: World) -> None:
    world.kernel.catch_signals([SIGUSR1])
    world.kernel.catch_signals([SIGUSR2])
    world.signal_us(SIGUSR1)
    world.signal_us(SIGUSR2)
    assert world.kernel.take_signals() == [SIGUSR1, SIGUSR2]


@contract("pid1-ignores-uncaught")
def test_pid_1_survives_what_it_does_not_catch(world: World) -> None:
    kid = world.ready([["kill", "init", "USR1"], ["kill", "init", "TERM"]])
    world.signal_us(SIGHUP)
    world.let_pass(0.02)
    assert world.alive(kid.pid)
    assert world.kernel.take_signals() == []


@contract("init-safe-from-inside")
def test_pid_1_cannot_be_killed_or_stopped_from_inside(world: World) -> None:
    kid = world.ready([["kill", "init", "STOP"], ["kill", "init", "KILL"]])
    world.signal_us(SIGKILL)
    world.signal_us(SIGSTOP)
    world.let_pass(0.02)
    assert world.alive(kid.pid)


@contract("uncaught-signal-kills", role=CHILD)
def test_any_other_daemon_dies_of_what_it_does_not_catch(world: World) -> None:
    assert world.dies_of(SIGUSR1, lambda: world.signal_us(SIGUSR1))


@contract(role=CHILD)
def test_any_other_daemon_is_killed_even_by_its_child(world: World) -> None:
    def provoke() -> None:
        world.spawn([["kill", "parent", "KILL"]])
        world.let_pass(5)

    assert world.dies_of(SIGKILL, provoke)


@contract(role=CHILD)
def test_signals_that_mean_nothing_by_default_are_survived(world: World) -> None:
    for number in (SIGWINCH, SIGCHLD, SIGPIPE, SIGXFSZ):
        world.signal_us(number)
    world.let_pass(0.01)
    assert world.kernel.take_signals() == []


@contract(role=CHILD)
def test_a_caught_signal_kills_no_daemon(world: World) -> None:
    world.kernel.catch_signals([SIGTERM])
    world.signal_us(SIGTERM)
    assert world.kernel.take_signals() == [SIGTERM]
    assert world.kernel.getpid() != 1
