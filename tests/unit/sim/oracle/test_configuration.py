"""The configuration of a scenario, as the real parser reads it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from supervisor.datatypes import RestartUnconditionally, RestartWhenExitUnexpected

from sim.generate import PROFILES, scenario
from sim.oracle.configuration import options, parsed, text_of
from sim.scenario import Group, Program, Scenario

flags = st.booleans()
programs = st.builds(
    lambda group_kill, **options: Program("p", killasgroup=options["stopasgroup"] or group_kill, **options),
    flags,
    priority=st.integers(-5, 1000),
    autostart=flags,
    startsecs=st.integers(0, 20),
    startretries=st.integers(0, 20),
    autorestart=st.sampled_from(["true", "false", "unexpected"]),
    exitcodes=st.lists(st.integers(0, 255), max_size=3).map(tuple),
    stopsignal=st.sampled_from([1, 2, 3, 10, 12, 15]),
    stopwaitsecs=st.integers(0, 20),
    stopasgroup=flags,
)


@given(programs, st.integers(-5, 1000))
def test_the_real_parser_reads_every_option_back(program, priority):
    (group,) = parsed(Scenario((Group("g", (program,), priority),)))
    assert (group.name, group.priority) == ("g", priority)
    (config,) = group.process_configs
    for option in (
        *("name", "priority", "autostart", "startsecs", "startretries", "stopsignal", "stopwaitsecs"),
        *("stopasgroup", "killasgroup"),
    ):
        assert getattr(config, option) == getattr(program, option), option
    assert tuple(config.exitcodes) == program.exitcodes
    kinds = {"false": False, "true": RestartUnconditionally, "unexpected": RestartWhenExitUnexpected}
    assert config.autorestart is kinds[program.autorestart]


def test_programs_of_one_name_in_two_groups_are_two():
    groups = tuple(Group(name, (Program("p"), Program("q"))) for name in "gh")
    read = parsed(Scenario(groups))
    assert [(group.name, [each.name for each in group.process_configs]) for group in read] == [
        *(("g", ["p", "q"]), ("h", ["p", "q"])),
    ]


def test_what_the_real_parser_refuses_is_refused_in_its_words():
    refused = Scenario((Group("g", (Program("p", stopasgroup=True),)),))
    with pytest.raises(ValueError, match="Cannot set stopasgroup=true and killasgroup=false"):
        parsed(refused)


def test_a_program_is_read_once():
    once = Scenario((Group("once", (Program("p"),)),))
    assert parsed(once)[0] is parsed(once)[0]


@pytest.mark.parametrize("profile", PROFILES)
def test_reading_program_by_program_is_reading_the_whole_file(profile):
    for seed in range(60):
        drawn = scenario(seed, profile)
        whole = options().read(text_of(drawn))
        assert parsed(drawn) == whole  # as supervisor itself compares configurations at a reread
        assert [vars(config) for group in parsed(drawn) for config in group.process_configs] == [
            vars(config) for group in whole for config in group.process_configs
        ]


def test_a_group_of_nobody_is_one_too():
    nobody = Scenario((Group("g", (), 7), Group("f", (Program("p"),), 7)))
    assert [(group.name, group.priority) for group in parsed(nobody)] == [("f", 7), ("g", 7)]
