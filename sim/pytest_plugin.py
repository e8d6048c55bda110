"""For people's own tests: their supervisord.conf on a simulated machine, and Hypothesis strategies of what may happen to it.

A pytest plugin (entry point `pytest11`), so it is loaded in every pytest run where this package is installed: it adds one
fixture, and imports the simulator and Hypothesis only when they are used. Documented in docs/simulator.md.
"""

from __future__ import annotations

import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping

    from hypothesis.strategies import SearchStrategy

    from sim.outlook import Outlook

SECOND_NS = 1_000_000_000


class SimulatedDaemon:
    """The shipped daemon with a configuration of the real disk, on a machine that has whatever that names."""

    def __init__(self, config_path: str | os.PathLike[str], behaviours: Mapping[str, str]) -> None:
        from sim.children.conditions import parse
        from sim.outlook import Run

        self._run = Run(str(config_path), dict(parse(f"{name}: {what}") for name, what in behaviours.items()))
        self._ran = False

    def run(self, duration: str) -> Outlook:
        """Run for that long in virtual time, e.g. `60s`; the report. Once only: RuntimeError."""
        from sim.children.behaviours import seconds

        if self._ran:
            raise RuntimeError("a simulation runs once; ask initd_simulation for another")
        self._ran = True
        return self._run.run(round(seconds(duration) * SECOND_NS))

    def state(self, name: str) -> str:
        """The state of a process now, by the name supervisorctl shows; KeyError."""
        return self._run.simulation.states()[name].name

    def changes(self, name: str) -> list[tuple[float, str]]:
        """The states a process entered, each with its time in seconds; KeyError for one that does not exist."""
        self.state(name)
        seen = self._run.simulation.changes
        return [(each.time_ns / SECOND_NS, each.change.new.name) for each in seen if each.name == name]

    @property
    def log(self) -> str:
        """The daemon's own log."""
        return self._run.simulation.main_log()


@pytest.fixture(scope="session")
def initd_simulation() -> Callable[..., SimulatedDaemon]:
    """Call it with a configuration's path and `behaviours={name: what}`; every call is a machine of its own.

    Of the session, so that Hypothesis may call a test many times with it.
    """

    def simulated(
        config_path: str | os.PathLike[str], behaviours: Mapping[str, str] | None = None
    ) -> SimulatedDaemon:
        return SimulatedDaemon(config_path, behaviours or {})

    return simulated


def times(until: str = "10m") -> SearchStrategy[str]:
    """Times to the millisecond from 0 to `until`, as behaviours spell them."""
    from hypothesis import strategies

    from sim.children.behaviours import seconds

    return strategies.integers(0, round(seconds(until) * 1000)).map(lambda ms: f"{ms}ms")


def outages(until: str = "10m") -> SearchStrategy[str]:
    """One span, `down from A to B`, that ends by `until`; needs more than a millisecond."""
    from hypothesis import strategies

    from sim.children.behaviours import seconds

    moments = strategies.integers(0, round(seconds(until) * 1000))
    pairs = strategies.lists(moments, min_size=2, max_size=2, unique=True).map(sorted)
    return pairs.map(lambda pair: f"down from {pair[0]}ms to {pair[1]}ms")


def behaviours(until: str = "10m") -> SearchStrategy[str]:
    """What a program may do: run, end with any status or by a signal, come up late, be slow or deaf to SIGTERM, flap."""
    from hypothesis import strategies

    when, code = times(until), strategies.integers(0, 255)
    return strategies.one_of(
        strategies.just("run"),
        strategies.builds("exit {} after {}".format, code, when),
        strategies.builds("crash after {} by {}".format, when, strategies.sampled_from(("SEGV", "KILL", "ABRT"))),
        strategies.builds("slow start {}".format, when),
        strategies.builds("slow term {}".format, when),
        strategies.just("ignore TERM"),
        strategies.builds("flap {} times after {} then run".format, strategies.integers(1, 20), times("3s")),
    )
