"""What of a program's options the core decides by."""

from __future__ import annotations

import pytest

from initd.config.model import Autorestart, GroupConfig, ProcessConfig
from initd.drive.policies import group_policy, process_policy
from initd.supervise.policy import ProcessPolicy, Restart


def test_every_rule_of_a_program_reaches_the_core():
    config = ProcessConfig(
        name="p", program="x", command="c", priority=3, autostart=False, startsecs=4, startretries=5,
        autorestart=Autorestart.ALWAYS, exitcodes=(6, 7), stopsignal=8, stopwaitsecs=9, stopasgroup=True, killasgroup=True,
    )  # fmt: skip
    assert process_policy(config) == ProcessPolicy("p", 3, False, 4, 5, Restart.ALWAYS, (6, 7), 8, 9, True, True)


def test_the_defaults_of_a_program_are_the_defaults_of_the_core():
    assert process_policy(ProcessConfig("p", "p", "c")) == ProcessPolicy("p")


@pytest.mark.parametrize("mode", Autorestart)
def test_every_mode_of_autorestart_has_its_rule(mode):
    assert process_policy(ProcessConfig("p", "p", "c", autorestart=mode)).autorestart.value == mode.value


def test_a_group_keeps_its_priority_and_the_order_of_its_members():
    members = (ProcessConfig("b", "x", "c", priority=9), ProcessConfig("a", "x", "c", priority=1))
    policy = group_policy(GroupConfig("g", 5, members))
    assert (policy.name, policy.priority) == ("g", 5)
    assert [(each.name, each.priority) for each in policy.processes] == [("b", 9), ("a", 1)]
