"""Single processes that join and leave groups: what plugins ask for, in the whole daemon on a simulated machine."""

from __future__ import annotations

from typing import Any

import pytest

from initd.errors import ConfigError, ProtocolFault
from tests.property.worlds import World, program

OWN = "[supervisord]\nenvironment=OWN=shared\n"


def world(*actions: Any) -> World:
    """A daemon in which these happen, from 3 s on, two seconds apart; each is given the service."""
    machine = World(program("p") + OWN, servers=True)
    machine.files.program("/usr/bin/new")
    for at, action in enumerate(actions):
        machine.at(3 + 2 * at, lambda action=action: action(machine.simulation.session.service))
        machine.call(3.5 + 2 * at, "getState")  # wakes the loop, which knows nothing of what we did
    return machine.run(4 + 2 * len(actions))


class Answers(list[Any]):
    """What calls came to."""

    def take(self, answer: Any) -> None:
        self.append(answer.text if isinstance(answer, ProtocolFault) else answer)


def adding(answers: Answers, group: str, section: str) -> Any:
    def add(service: Any) -> None:
        for process in service.read_program(section, {"command": "/usr/bin/new"}, group):
            service.add_member(group, process, answers.take)

    return add


def test_options_are_read_as_in_a_file_with_the_names_of_one() -> None:
    service = world().simulation.session.service
    options = {"Command": "/usr/bin/new %(ENV_OWN)s %(program_name)s %(group_name)s %(process_num)d", "numprocs": "2"}
    options["process_name"] = "%(program_name)s_%(process_num)d"
    found = service.read_program("program:x", options, "p")
    assert [process.name for process in found] == ["x_0", "x_1"]
    assert found[1].command == "/usr/bin/new shared x p 1"
    assert found[0].serverurl == "unix:///var/run/s.sock" and found[0].auto_serverurl
    assert found[0].environment == {}
    with pytest.raises(ConfigError, match=r"does not specify a command in section 'program:x' \(file: '/etc/"):
        service.read_program("program:x", {}, "p")


def test_who_joins_counts_as_configured_and_is_gone_when_it_has_left() -> None:
    answers = Answers()
    seen: list[Any] = []

    def look(service: Any) -> None:
        seen.append([each.name for each in service.live_group("p").processes])

    def new(service: Any) -> Any:
        return service.process("p", "new").instance

    machine = world(
        adding(answers, "p", "program:new"),
        look,
        lambda service: service.remove_member(new(service), answers.take),
        lambda service: service.stop(new(service), True, answers.take),
        lambda service: service.remove_member(new(service), answers.take),
        look,
    )
    assert answers == [True, "STILL_RUNNING", True, True]
    assert seen == [["p", "new"], ["p"]]
    assert len(machine.spawned("new")) == 1
    assert len(machine.simulation.session.driver.programs) == 1


def test_who_cannot_join_leaves_nothing_behind() -> None:
    answers = Answers()
    machine = world(adding(answers, "p", "program:p"), adding(answers, "nope", "program:new"))
    assert answers == ["ALREADY_ADDED", "BAD_NAME"]
    session = machine.simulation.session
    assert len(session.driver.programs) == 1
    assert session.service.members._joining == {}
