"""Has a simulated run recorded as `initd --record` records a real one."""

from __future__ import annotations

import io
from _thread import get_ident

from initd.app import Application, Hooks
from initd.config.load import load
from initd.recorded import Recorded
from initd.session import Environment
from sim.replay import Replayed, replay_file
from sim.simulation import Simulation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from initd.supervise.effects import Effect


class Recorder:
    """From now on that simulation, which has not run yet, is recorded; `text` is the recording once it has run.

    `take` is given every piece instead, if there is one.
    """

    def __init__(self, simulation: Simulation, take: Callable[[bytes], None] | None = None) -> None:
        self._pieces: list[bytes] = []
        before = simulation.session.environment
        arguments, kernel = before.arguments, simulation.kernel
        self.recorded = recorded = Recorded(take or self._pieces.append, arguments, before.host, kernel.files, get_ident)
        config = load(arguments, recorded.host)

        def heard(effect: Effect) -> None:
            recorded.effect(effect)
            simulation._heard(effect)

        port = recorded.kernel(kernel)
        environment = Environment(port, recorded.host, arguments, before.console, before.nofile, heard)
        self.hooks = Hooks(failed=simulation._failed)
        application = Application(environment, config, recorded.hooks(self.hooks))
        simulation.application = application
        recorded.begin(application.session, lambda text: application.session.log("warn", text))

    @property
    def text(self) -> bytes:
        """The recording so far."""
        self.recorded.flush()
        return b"".join(self._pieces)


def replayed(text: bytes) -> Replayed:
    """What comes of replaying it."""
    return replay_file(io.BytesIO(text), "recording")
