"""Nemeses one by one: each fires, does what it says, and is over once it is healed."""

from __future__ import annotations

import re

import pytest

from sim.nemesis import FOLLOWING, NEMESES, RECEIVING, VISITING, Nemesis
from sim.stage.siege import SIEGE_NS, Besieged, Siege, play

OPTIONS = (
    "startsecs=1\nautorestart=true\nstopwaitsecs=2\nstdout_logfile=/var/log/%s.out\nstderr_logfile=NONE\n"
    "stdout_logfile_maxbytes=500\nstdout_logfile_backups=1\n"
)
PROGRAMS = tuple(
    (name, OPTIONS % name, what)
    for name, what in (("a", "print hello every 0.1s"), ("b", "crash after 1.5s exit 1"), ("c", "run forever"))
)
PROGRAMS = ((*PROGRAMS[0][:1], PROGRAMS[0][1] + "stdout_syslog=true\n", PROGRAMS[0][2]), *PROGRAMS[1:])
PROGRAMS += (("d", OPTIONS % "d" + "socket=unix:///var/run/d.sock\n", "crash after 1.5s exit 1"),)
NAMED = {
    *("clock_step", "clock_drift", "suspend_resume", "sigchld_drop", "sigchld_delay", "spurious_wake", "signal_storm"),
    *("outsider_kill", "outsider_stop", "fork_errno", "exec_errno", "pipe_errno", "kill_errno", "eintr", "pid_squeeze"),
    *("dstate", "slow_disk", "enospc", "log_rename_fail", "flood", "fork_bomb", "orphan_swarm", "exit_storm"),
    *("reload_storm", "rpc_storm", "client_stalls", "reader_stalls", "order_shuffle", "boundary_jump"),
}


@pytest.fixture
def eager(monkeypatch):
    """Every chance is as likely taken as it ever is."""
    begin = Nemesis.__init__

    def eagerly(nemesis, seed):
        begin(nemesis, seed)
        nemesis.chance = 0.6

    monkeypatch.setattr(Nemesis, "__init__", eagerly)


def test_all_that_the_design_names_are_there():
    assert NAMED | {"client_leaves", "share_errno"} | set(RECEIVING) | set(VISITING) | set(FOLLOWING) == set(NEMESES)


@pytest.mark.parametrize("name", NEMESES)
def test_each_alone_fires_and_breaks_nothing(eager, name):
    company = ("rpc_storm",) if name == "kill_errno" else ()  # by itself the daemon has nobody to signal before the end
    result = play(Siege(1, 1, PROGRAMS, (name, *company)))
    assert dict(result.probes)[name] > 0
    assert result.broken == ()


@pytest.mark.parametrize("name", NEMESES)
def test_each_is_over_once_it_is_healed(name):
    site = Besieged(Siege(1, 1, PROGRAMS, (name,)))
    (nemesis,) = site.nemeses
    nemesis.chance = 1
    nemesis.setup(site)
    site.run(SIEGE_NS)
    nemesis.heal(site)
    fired = nemesis.fired
    nemesis.step(site)
    assert not nemesis.fires()
    assert nemesis.fired == fired


def test_leaving_one_out_changes_nothing_about_the_draws_of_another():
    one, other = (NEMESES["outsider_kill"](5) for _ in range(2))
    NEMESES["flood"](5).fires()
    assert [one.fires() for _ in range(50)] == [other.fires() for _ in range(50)]


@pytest.mark.parametrize(
    ("name", "word"),
    [("share_errno", "Could not create FastCGI socket"),
     ("outsider_kill", "terminated by SIG"), ("fork_errno", "spawnerr"), ("pipe_errno", "too many open files|EN"),
     ("exec_errno", "exit status 127"), ("exit_storm", "terminated by SIGKILL"), ("reload_storm", "restart request"),
     ("orphan_swarm", "reaped unknown pid"), ("signal_storm", "SIGUSR"),
     ("log_absent", "'/dev/log': .*; output is lost"), ("log_dies", "'/dev/log' takes output again, [1-9]"),
     ("log_errno", "'/dev/log': .*; output is lost")],
)  # fmt: skip
def test_the_daemon_has_met_it(eager, name, word):
    site = Besieged(Siege(2, 1, PROGRAMS, (name,)))
    (nemesis,) = site.nemeses
    nemesis.setup(site)
    for at in range(1, 20):
        site.kernel.at_rest(at * SIEGE_NS // 20, lambda: nemesis.step(site))
    site.run(SIEGE_NS)
    assert re.search(word, site.simulation.main_log())
