"""The configuration of a scenario, as the real parser reads it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from supervisor.datatypes import RestartUnconditionally, RestartWhenExitUnexpected

from sim.oracle.configuration import parsed, text_of
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
    (group,) = parsed(text_of(Scenario((Group("g", (program,), priority),))))
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
    read = parsed(text_of(Scenario(groups)))
    assert [(group.name, [each.name for each in group.process_configs]) for group in read] == [
        *(("g", ["p", "q"]), ("h", ["p", "q"])),
    ]


def test_what_the_real_parser_refuses_is_refused_in_its_words():
    refused = Scenario((Group("g", (Program("p", stopasgroup=True),)),))
    with pytest.raises(ValueError, match="Cannot set stopasgroup=true and killasgroup=false"):
        parsed(text_of(refused))


def test_a_text_is_parsed_once():
    scenario = Scenario((Group("once", (Program("p"),)),))
    assert parsed(text_of(scenario)) is parsed(text_of(scenario))
