"""The catalogue of behaviours as whole lives: a script does on the simulated kernel what it does on Linux."""

from __future__ import annotations

from initd.kernel.port import HANGUP, READABLE, ExitStatus
from initd.signals import SIGKILL, SIGSEGV, SIGTERM
from sim.children.behaviours import parse_behaviour
from tests.contract.contracts import contract
from tests.contract.world import Kid, World


def life(world: World, behaviour: str) -> Kid:
    """A child that behaves like that."""
    return world.spawn(parse_behaviour(behaviour).steps(1))


def settled(world: World, behaviour: str) -> Kid:
    """A child that has set up what it does on a signal."""
    kid = life(world, f"{behaviour}, print ready")
    assert kid.line() == "ready"
    return kid


def reap_all(world: World) -> int:
    """Reap until there is nobody left; how many there were."""
    count = 0
    while world.kernel.children():
        world.kernel.reap(world.until(world.kernel.peek_exited))
        count += 1
    return count


@contract()
def test_ends_come_as_they_are_said(world: World) -> None:
    for behaviour, status in (
        ("exit 0 after 0.03s", ExitStatus(0)),
        ("crash after 0.03s exit 7", ExitStatus(7)),
        ("crash", ExitStatus(1)),
        ("crash after 0.03s by KILL", ExitStatus(None, SIGKILL)),
        ("slow start 0.03s, exit 2", ExitStatus(2)),
        ("partial lines", ExitStatus(None, SIGTERM)),
        ("flood 1000", ExitStatus(None, SIGTERM)),
    ):
        kid = life(world, behaviour)
        if status.signal == SIGTERM:
            world.until(lambda: world.kernel.pending(kid.stdout))  # noqa: B023 - used at once
            kid.kill(SIGTERM)
        assert kid.end() == status, behaviour
    assert life(world, "segv").end().signal == SIGSEGV


@contract()
def test_sigterm_is_answered_as_it_is_said(world: World) -> None:
    for behaviour, status in (
        ("run", ExitStatus(None, SIGTERM)),
        ("exit 3 on TERM", ExitStatus(3)),
        ("slow term 0.05s exit 4", ExitStatus(4)),
    ):
        kid = life(world, f"print ready, {behaviour}") if behaviour == "run" else settled(world, behaviour)
        if behaviour == "run":
            assert kid.line() == "ready"
        kid.kill(SIGTERM)
        assert kid.end() == status, behaviour


@contract()
def test_who_ignores_sigterm_lives_until_sigkill(world: World) -> None:
    kid = settled(world, "ignore TERM HUP")
    kid.kill(SIGTERM)
    kid.kill(1)
    world.let_pass(0.03)
    assert world.alive(kid.pid)
    kid.kill(SIGKILL)
    assert kid.end().signal == SIGKILL


@contract()
def test_who_exits_on_the_second_sigterm_survives_the_first(world: World) -> None:
    kid = settled(world, "exit on second term")
    kid.kill(SIGTERM)
    world.let_pass(0.05)
    assert world.alive(kid.pid)
    kid.kill(SIGTERM)
    assert kid.end() == ExitStatus(0)


@contract()
def test_a_daemonizing_program_leaves_a_daemon_to_us(world: World) -> None:
    kid = life(world, "daemonize for 0.05s")
    assert kid.end() == ExitStatus(0)
    assert reap_all(world) == 2, "the one between and the daemon"


@contract()
def test_a_daemon_that_keeps_the_pipe_keeps_it_open_after_the_program(world: World) -> None:
    kid = life(world, "daemonize keep pipe for 0.1s")
    kid.end()
    assert world.readable(kid.stdout, 0.02) == 0
    assert world.readable(kid.stdout) == READABLE | HANGUP


@contract()
def test_a_daemon_that_closes_its_streams_lets_go_of_the_pipe(world: World) -> None:
    kid = life(world, "daemonize for 20s")
    assert world.readable(kid.stdout, 10) == READABLE | HANGUP
    kid.end()
    assert len(world.kernel.children()) >= 1


@contract()
def test_orphans_are_all_left_to_us_with_those_between(world: World) -> None:
    kid = life(world, "fork orphans 3 for 0.05s, exit 0")
    assert kid.end() == ExitStatus(0)
    assert reap_all(world) == 6


@contract()
def test_an_orphan_holds_the_pipe_or_not(world: World) -> None:
    holding = life(world, "orphan holds pipe for 0.1s, exit 0")
    holding.end()
    assert world.readable(holding.stdout, 0.02) == 0
    assert world.readable(holding.stdout) == READABLE | HANGUP
    apart = life(world, "orphan new session for 20s, exit 0")
    apart.end()
    assert world.readable(apart.stdout, 10) == READABLE | HANGUP


@contract()
def test_a_fork_bomb_makes_so_many_processes(world: World) -> None:
    kid = life(world, "fork bomb 10, exit 0")
    assert kid.end() == ExitStatus(0)
    assert len(world.kernel.children()) == 10


@contract()
def test_a_program_that_stops_itself_stops(world: World) -> None:
    kid = life(world, "stop self after 0.02s")
    world.until(lambda: world.state(kid.pid) == "T")


@contract()
def test_closed_streams_are_the_end_of_both_pipes(world: World) -> None:
    kid = life(world, "close stdio")
    assert world.readable(kid.stdout) == world.readable(kid.stderr) == READABLE | HANGUP
    assert world.alive(kid.pid)


@contract()
def test_stdin_is_read_to_its_end(world: World) -> None:
    kid = life(world, "read stdin, exit 5")
    world.kernel.write(kid.stdin, b"x" * 1000)
    world.let_pass(0.02)
    assert world.alive(kid.pid)
    world.kernel.close(kid.stdin)
    assert kid.end() == ExitStatus(5)


@contract()
def test_a_listener_speaks_the_event_protocol(world: World) -> None:
    kid = life(world, "listen OK")
    for _ in range(2):
        assert kid.line() == "READY"
        world.kernel.write(kid.stdin, b"ver:3.0 server:s serial:1 pool:p poolserial:1 eventname:TICK_5 len:7\nwhen:10")
        assert kid.line() == "RESULT 2"
        # The result has no end of line of its own: the next READY follows it.
        world.until(lambda: kid.said(b"OK"))
    world.kernel.close(kid.stdin)
    assert kid.end() == ExitStatus(0)
