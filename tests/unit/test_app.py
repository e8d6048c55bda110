"""Sessions one after the other, and what surrounds them: hooks, exit statuses, the end."""

from __future__ import annotations

import errno

import pytest

from initd.app import TURNS_PER_REST
from initd.config.model import Notice
from initd.errors import EXIT_USAGE
from initd.supervise.supervisor import EXIT_GAVE_UP
from tests.property.worlds import CONF, HUP, MAIN_LOG, SOCKET, TERM, World, ns, program


def hooked(world):
    """What the hooks heard, in order."""
    heard = []
    hooks = world.simulation.application._hooks
    hooks.failed = lambda error: heard.append(("failed", error.text))
    hooks.started = lambda session: heard.append(("started", len(world.spawned()))) or True
    hooks.stopped = lambda: heard.append(("stopped", len(world.kernel.processes())))
    return heard


def test_started_comes_before_the_first_child_and_stopped_after_the_last():
    world = World(program("p"))
    heard = hooked(world)
    world.signal(5, TERM)
    world.run(10)
    assert heard == [("started", 0), ("stopped", 0)]
    assert world.status == 0
    assert len(world.spawned()) == 1


def test_a_main_log_that_cannot_be_opened_ends_the_first_start_before_anything_is_touched():
    world = World(program("p"))
    heard = hooked(world)
    world.files.fail(MAIN_LOG, errno.EACCES, "open_append")
    world.run(10)
    assert heard == [("failed", f"could not open the main log {MAIN_LOG}: Permission denied"), ("stopped", 0)]
    assert world.status == EXIT_USAGE
    assert not world.spawned()


def test_a_main_log_that_cannot_be_opened_again_does_not_end_a_reload():
    world = World(program("p"))
    world.at(4, lambda: world.files.fail(MAIN_LOG, errno.EACCES, "open_append"))
    world.signal(5, HUP)
    world.signal(15, TERM)
    world.run(20)
    assert len(world.spawned("p")) == 2
    assert world.status == 0


def test_each_session_after_the_first_is_announced_before_it_opens_anything():
    world = World(program("p"), servers=True)
    heard = []

    def renewed(session):
        heard.append(session.servers)
        session.notices.append(Notice("crit", "somebody else now"))

    world.simulation.application._hooks.renewed = renewed
    world.signal(5, HUP)
    world.signal(15, TERM)
    world.run(20)
    assert heard == [None]
    log = world.log().partition("received SIGHUP")[2]
    assert 0 < log.index("CRIT somebody else now") < log.index("RPC interface 'supervisor' initialized")


def test_a_program_that_is_given_up_on_makes_the_exit_status_1():
    world = World(program("p"), {"p": "dstate 1000s"})
    world.signal(5, TERM)
    world.run(100)
    assert world.status == EXIT_GAVE_UP


def test_a_reload_reads_the_configuration_again_and_keeps_the_process():
    world = World(program("p") + program("q"), servers=True)
    world.signal(5, HUP)
    world.at(1, lambda: world.write_config(program("q") + program("r")))
    late = world.call(7, "getAllProcessInfo")
    world.run(10)
    assert [info["name"] for info in late.value] == ["q", "r"]
    assert world.entered("q", "STARTING") == [0, ns(5)]
    assert world.state("r") == "RUNNING"
    assert world.status is None


def test_many_reloads_leave_nothing_open():
    world = World(program("p"), servers=True)
    for second in range(1, 21):
        world.signal(second, HUP)
    world.run(30)
    assert len(world.spawned("p")) == 21
    assert world.kernel.open_count() == World(program("p"), servers=True).run(5).kernel.open_count()


def test_servers_that_cannot_be_opened_again_do_not_end_a_reload():
    world = World(program("p"), servers=True)
    world.at(4, lambda: world.kernel.faults.fail("listen_unix", errno.EACCES))
    world.signal(5, HUP)
    world.run(10)
    assert world.state("p") == "RUNNING"
    assert world.lines("could not open the HTTP servers")


def test_a_shutdown_during_a_restart_wins():
    world = World(program("p"), {"p": "slow term 2s"})
    world.signal(5, HUP)
    world.signal(6, TERM)
    world.run(20)
    assert len(world.spawned("p")) == 1
    assert world.status == 0


def test_a_hangup_during_a_shutdown_is_ignored():
    world = World(program("p"), {"p": "slow term 2s"})
    world.signal(5, TERM)
    world.signal(6, HUP)
    world.run(20)
    assert world.lines("ignored SIGHUP indicating restart request (shutdown in progress)")
    assert len(world.spawned("p")) == 1
    assert world.status == 0


def test_idle_is_called_when_enough_has_happened_and_there_is_a_while_to_wait():
    world = World(program("p", stdout_logfile="/var/log/p.log"), {"p": "print x every 1s"})
    rests = []
    world.simulation.application._hooks.idle = lambda: rests.append(world.kernel.now)
    world.run(TURNS_PER_REST * 2)
    assert 1 <= len(rests) <= 5
    busy = World(program("p", stdout_logfile="/var/log/p.log"), {"p": "print x every 0.05s"})
    busy.simulation.application._hooks.idle = lambda: rests.append(-1)
    busy.kernel.at(0, lambda: ticking(busy))
    busy.run(100)
    assert -1 not in rests


def ticking(world):
    """Give the loop a timer every 10 ms, so that there is never a while to wait."""
    world.simulation.session.loop.after(10_000_000, lambda: ticking(world))


@pytest.mark.parametrize("pid", [1, 60])
def test_an_escaped_daemon_is_ended_as_pid_1_and_left_alone_otherwise(pid):
    world = World(program("p", autorestart="false", startsecs=0), {"p": "daemonize"}, pid=pid)
    world.signal(5, TERM)
    world.run(20)
    assert world.status == 0
    assert len(world.kernel.processes()) == (0 if pid == 1 else 1)


def test_the_socket_is_gone_or_dead_after_the_end_and_the_configuration_was_never_written():
    world = World(program("p"), servers=True)
    before = world.files.data(CONF)
    world.signal(5, TERM)
    world.run(20)
    assert world.files.data(CONF) == before
    with pytest.raises(OSError, match=SOCKET):
        world.kernel.connect_unix(SOCKET)
