"""Programs that put themselves into the background, by a double fork of their own or by python-daemon, and their pidfiles."""

from __future__ import annotations

import site
import sys

from initd.kernel.port import ExitStatus
from initd.signals import SIGKILL, SIGTERM
from sim.children.behaviours import parse_behaviour
from tests.contract.contracts import CHILD, contract
from tests.contract.world import Kid, World


def life(world: World, behaviour: str) -> Kid:
    """A child that behaves like that; `{file}` is a file of ours."""
    site.main()  # this process, too, was started without
    steps = parse_behaviour(behaviour.replace("{file}", world.path("pid"))).steps(1)
    return world.spawn(steps, env={"PACKAGES": ":".join(sys.path)})


def written(world: World) -> bytes:
    """The pidfile, once there is one and it is not empty."""

    def text() -> bytes:
        try:
            return world.files.read_file(world.path("pid"))
        except FileNotFoundError:
            return b""

    found: bytes = world.until(text, "a pidfile")
    return found


def stays(world: World, kid: Kid) -> bool:
    """Whether it has closed its streams, as python-daemon does last of all, and still is there."""
    world.until(lambda: world.readable(kid.stdout, 0.01) and world.readable(kid.stderr, 0.01))
    return world.alive(kid.pid)


@contract()
def test_python_daemon_below_pid_1_stays_in_front_unless_it_is_told_to_detach(world: World) -> None:
    for how in ("by default", "in front"):
        kid = life(world, f"python-daemon {how} for 60s")
        assert stays(world, kid), how
        kid.kill(SIGKILL)
        kid.end()
    assert life(world, "python-daemon detached for 60s").end() == ExitStatus(0)


@contract(role=CHILD)
def test_python_daemon_below_any_other_process_detaches_unless_it_is_told_to_stay(world: World) -> None:
    for how in ("by default", "detached"):
        assert life(world, f"python-daemon {how} for 60s").end() == ExitStatus(0), how
    kid = life(world, "python-daemon in front for 60s")
    assert stays(world, kid)
    kid.kill(SIGKILL)
    kid.end()


@contract()
def test_python_daemon_ends_with_1_by_sigterm_and_takes_its_pidfile_away(world: World) -> None:
    kid = life(world, "python-daemon in front with pidfile {file}")
    assert written(world) == b"%d\n" % kid.pid
    kid.kill(SIGTERM)
    assert kid.end() == ExitStatus(1)
    assert world.files.listdir(world.directory) == []


@contract()
def test_python_daemon_ends_with_1_where_somebody_has_its_pidfile(world: World) -> None:
    world.put_file(world.path("pid"), b"1\n")
    assert life(world, "python-daemon in front with pidfile {file}").end() == ExitStatus(1)
    assert world.files.read_file(world.path("pid")) == b"1\n"


@contract()
def test_a_daemon_that_detached_is_in_its_own_session_and_its_pid_is_in_the_file(world: World) -> None:
    kid = life(world, "python-daemon detached with pidfile {file}")
    assert kid.end() == ExitStatus(0)
    pid = int(written(world))
    assert pid != kid.pid and pid in world.kernel.children()
    world.kernel.kill(pid, SIGTERM)
    assert world.reap(pid) == ExitStatus(1)


@contract()
def test_a_pidfile_that_comes_late_is_not_there_when_the_program_has_ended(world: World) -> None:
    kid = life(world, "daemonize with late pidfile {file} for 60s")
    assert kid.end() == ExitStatus(0)
    assert world.files.listdir(world.directory) == []
    pid = int(written(world))
    assert pid != kid.pid and world.alive(pid)


@contract()
def test_a_stale_pidfile_names_nobody_an_empty_one_nothing_and_a_foreign_one_us(world: World) -> None:
    for kind in ("stale", "empty", "foreign"):
        kid = life(world, f"daemonize with {kind} pidfile {{file}} for 60s")
        assert kid.end() == ExitStatus(0)
        text = world.files.read_file(world.path("pid"))
        if kind == "stale":
            assert world.state(int(text)) == "" and int(text) != kid.pid
        else:
            assert text == (b"" if kind == "empty" else b"%d\n" % world.kernel.getpid())


@contract("fork-eagain")
def test_a_bomb_comes_to_the_limit_of_its_user_and_no_further(world: World) -> None:
    kid = life(world, "fork bomb limited to 8, print over, run")
    assert kid.line() == "over"
    kid.kill(SIGKILL)
    kid.end()
    orphans = world.kernel.children()
    assert len(orphans) == 8 - 1
