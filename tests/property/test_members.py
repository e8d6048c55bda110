"""Processes that join and leave groups at any time: core, driver and configuration agree about who is there."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from initd.errors import ProtocolFault
from tests.property.worlds import HUP, TERM, World, program

NAMES = ("a", "b", "c")
GROUPS = ("p", "q")
LIVES = ("run", "exit 1 after 0.5s", "slow term 2s", "exit 0 after 3s")
steps = st.lists(
    st.tuples(
        st.sampled_from(("join", "join", "leave", "start", "stop", "kill", "drop", "add", "hup", "full")),
        st.sampled_from(GROUPS),
        st.sampled_from(NAMES),
        st.sampled_from((0.0, 0.1, 1.0, 3.0)),
    ),
    max_size=14,
)


class Play:
    """One daemon, to which things are done."""

    def __init__(self, lives: dict[str, str]) -> None:
        self.world = World(program("p") + program("q", autostart="false"), lives, servers=True)
        self.asked = 0
        self.answers: list[Any] = []
        for name in NAMES:
            self.world.files.program(f"/usr/bin/{name}")

    def do(self, verb: str, group: str, name: str) -> None:
        """Ask the session of that moment; whoever is not there cannot be asked anything."""
        service = self.world.simulation.session.service
        process = service.process(group, name)
        if verb == "join":
            (config,) = service.read_program(f"program:{name}", {"command": f"/usr/bin/{name}"}, group)
            self._ask(service.add_member, group, config)
        elif verb == "drop":
            self._ask(service.remove_group, group)
        elif verb == "add":
            self._ask(service.add_group, group)
        elif verb == "hup":
            self.world.kernel.signal_daemon(HUP)
        elif verb == "full":
            self.world.files.fail("/tmp", 28, "make_temp")
        elif process is not None and verb == "leave":
            self._ask(service.remove_member, process.instance)
        elif process is not None and verb == "start":
            self._ask(service.start, process.instance, False)
        elif process is not None and verb == "stop":
            self._ask(service.stop, process.instance, True)
        elif process is not None and process.pid and verb == "kill":
            self.world.kernel.outsider_kill(process.pid, 9)

    def _ask(self, call: Any, *arguments: Any) -> None:
        self.asked += 1
        call(*arguments, self.answers.append)

    def look(self) -> None:
        """Everybody must name the same processes."""
        session = self.world.simulation.session
        core = {
            process.instance: (group.name, process.name) for group in session.core.groups for process in group.processes
        }
        assert set(session.driver.programs) == set(core)
        for instance, program_ in session.driver.programs.items():
            assert (program_.group, program_.config.name) == core[instance]
        configured = {(group.name, each.name) for group in session.active_groups() for each in group.processes}
        assert configured == set(core.values())


@settings(max_examples=150, deadline=None)
@given(steps, st.fixed_dictionaries({name: st.sampled_from(LIVES) for name in (*NAMES, *GROUPS)}))
def test_whoever_comes_and_goes_everybody_agrees_who_is_there(steps: list[Any], lives: dict[str, str]) -> None:
    play = Play(lives)
    when = 1.0
    for verb, group, name, pause in steps:
        when += pause
        play.world.at(when, lambda verb=verb, group=group, name=name: play.do(verb, group, name))
        play.world.call(when, "getState")
    play.world.at(when + 0.5, lambda: None if play.world.simulation.session.exit else play.look())
    play.world.signal(when + 1, TERM)
    play.world.run(when + 60)
    assert play.world.status == 0
    if not any(verb == "hup" for verb, *_ in steps):  # a restart has no answers for those of before it
        assert len(play.answers) == play.asked
    assert all(answer is True or isinstance(answer, ProtocolFault) for answer in play.answers)
