"""The agent on a VM: a daemon in the background, a folder of modules, driven by the stock supervisorctl."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest

from tests.e2e.instance import Instance, alive, group_members, until

pytestmark = pytest.mark.usefixtures("as_root")

EVERYTHING = {"agent", "relay:relay-0", "relay:relay-1", "collectors:disk", "collectors:load"}


@pytest.fixture
def agent(instance: Callable[[str], Instance]) -> Instance:
    """The example, started in the background as its own comment says."""
    made = instance("vm-agent")
    started = made.run()
    assert (started.returncode, started.stderr) == (0, "")
    made.wait_until_it_answers()
    return made


def test_every_module_below_the_folder_comes_up_and_all_of_it_goes_down(agent: Instance) -> None:
    assert set(agent.states()) == EVERYTHING
    agent.until_running()
    pids = {name: agent.pid_of(name) for name in EVERYTHING}
    assert all(alive(pid) for pid in pids.values())
    log = (agent.folder / "log" / "agent.log").read_text()
    assert f"agent {pids['agent']} of {agent.folder} starts as root" in log
    assert "relay-1 is number 1" in (agent.folder / "log" / "relay-1.log").read_text()

    assert agent.ctl("shutdown").stdout == "Shut down\n"
    agent.until_gone()
    assert "leaves" in (agent.folder / "log" / "agent.log").read_text()
    assert not (agent.folder / "run" / "supervisord.pid").exists()
    assert not (agent.folder / "run" / "supervisor.sock").exists()


def test_a_killed_agent_is_back_and_a_restart_by_command_replaces_it(agent: Instance) -> None:
    agent.until_running("agent")
    first = agent.pid_of("agent")
    os.kill(first, signal.SIGKILL)
    second = agent.until_replaced("agent", first)
    answer = agent.ctl("restart", "agent")
    assert (answer.returncode, answer.stdout) == (0, "agent: stopped\nagent: started\n")
    assert agent.pid_of("agent") not in (first, second)
    assert f"agent {second} leaves" in (agent.folder / "log" / "agent.log").read_text()


def test_an_agent_that_is_killed_before_its_startsecs_is_tried_again(agent: Instance) -> None:
    first = until("the agent's first process", lambda: agent.pid_of("agent"))
    os.kill(first, signal.SIGKILL)
    until("another process", lambda: agent.pid_of("agent") not in (0, first))
    assert agent.states()["agent"] == "STARTING"
    assert "agent (terminated by SIGKILL; not expected)" in (agent.folder / "log" / "supervisord.log").read_text()


def test_reread_and_update_bring_a_new_module_in_a_new_folder_and_leave_the_others_alone(agent: Instance) -> None:
    before = {name: agent.pid_of(name) for name in EVERYTHING}
    module = agent.folder / "supervisord.d" / "extra"
    module.mkdir()
    (module / "extra.conf").write_text("[program:extra]\ncommand = sleep 1000\nstdout_logfile = NONE\n")
    assert agent.ctl("reread").stdout == "extra: available\n"
    assert "extra" not in agent.states()
    assert agent.ctl("update").stdout == "extra: added process group\n"
    agent.until_running("extra")
    assert {name: agent.pid_of(name) for name in EVERYTHING} == before

    (module / "extra.conf").unlink()
    (agent.folder / "supervisord.d" / "relay.conf").unlink()
    assert sorted(agent.ctl("update").stdout.splitlines()) == [
        "extra: removed process group",
        "extra: stopped",
        "relay: removed process group",
        "relay: stopped",
    ]
    assert set(agent.states()) == {"agent", "collectors:disk", "collectors:load"}
    assert not alive(before["relay:relay-0"])


def test_a_group_stops_with_the_children_of_its_shells_and_starts_again(agent: Instance) -> None:
    agent.until_running("collectors:disk", "collectors:load")
    group = agent.pid_of("collectors:disk")
    until("a shell and its sleep", lambda: len(group_members(group)) == 2)
    answer = agent.ctl("stop", "collectors:*")
    assert sorted(answer.stdout.splitlines()) == ["collectors:disk: stopped", "collectors:load: stopped"]
    until("the end of both", lambda: not group_members(group))
    assert agent.ctl("start", "collectors:*").returncode == 0
    agent.until_running("collectors:disk", "collectors:load")
