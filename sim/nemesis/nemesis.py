"""What a nemesis is: one way the world around the daemon misbehaves (simulation.md §4.6).

Activation has two stages: a nemesis is on for a run or not (the run draws that), and when it is on, it fires with a
probability at each of its chances. Chances are the steps the run gives it, or the calls it has set itself on. Each draws
from a source of its own, so that leaving one out changes nothing about the others.
"""

from __future__ import annotations

from random import Random

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    from sim.kernel import SimKernel
    from sim.kernel.sockets import SimClient
    from sim.stage.follower import Followers
    from sim.stage.visitors import Visitors

    Script = list[Any]

    class Field(Protocol):
        """Where a nemesis acts: a machine with the daemon on it, and its clients."""

        @property
        def kernel(self) -> SimKernel: ...
        @property
        def programs(self) -> tuple[str, ...]:
            """The names a client gives to programs."""

        @property
        def visitors(self) -> Visitors:
            """Those who use its web pages."""

        @property
        def followers(self) -> Followers:
            """Those who follow its logs."""

        @property
        def alter(self) -> list[Callable[[str, Script], Script]]:
            """Each is asked for the script of every child, by its program and what it would do otherwise."""

        @property
        def pools(self) -> tuple[str, ...]:
            """The names of the pools of listeners."""

        def listeners(self) -> list[int]:
            """The living children that are listeners, ascending."""

        def busy(self) -> list[int]:
            """Those of them that have an event and have not answered."""

        def reporters(self) -> dict[str, int]:
            """The programs with stdout in capture mode, and how much of a message is kept."""

        def reporting(self) -> list[int]:
            """The living children that are in the middle of a message, ascending."""

        def rewrite(self, name: str, option: str, value: str) -> None:
            """Have the configuration file say that of a pool from now on."""

        def children(self) -> list[int]:
            """The living children that are programs, ascending."""

        def deadline(self) -> int | None:
            """When the daemon has something to do next by the clock."""

        def connect(self) -> SimClient | None: ...
        def call(self, method: str, *params: Any) -> Any: ...
        def forgive(self, client: SimClient) -> None:
            """That client is not owed a reply."""


SECOND_NS = 1_000_000_000


class Nemesis:
    """The base: `name`, `harmless` where no program's fate may depend on it, and what the run calls in turn."""

    name = ""
    harmless = False

    def __init__(self, seed: int) -> None:
        self.rng = Random(f"{seed}:{self.name}")
        self.chance = (0.1, 0.25, 0.6)[self.below(3)]
        self.on = True
        self.fired = 0
        self.witness: Callable[[str], None] | None = None

    def setup(self, field: Field) -> None:
        """Before the daemon starts."""

    def step(self, field: Field) -> None:
        """A chance: fire with the probability of this run."""
        if self.fires():
            self.act(field)

    def act(self, field: Field) -> None:
        """Do it."""

    def heal(self, field: Field) -> None:
        """No more of it from here on, and nothing of it left that would not pass by itself."""
        self.on = False

    def probes(self) -> dict[str, int]:
        """What a campaign counts: how often it has fired."""
        return {self.name: self.fired}

    # draws
    def fires(self) -> bool:
        """Draw whether this chance is taken."""
        if not self.on or self.rng.random() >= self.chance:
            return False
        self.fired += 1
        self.seen()
        return True

    def seen(self) -> None:
        """Tell whoever watches that it acts on the programs as they are now."""
        if self.witness is not None:
            self.witness(self.name)

    def below(self, count: int) -> int:
        """0 to count - 1, evenly."""
        return int(self.rng.random() * count)

    def ns(self, seconds: float) -> int:
        """A time within that many seconds."""
        return int(self.rng.random() * seconds * SECOND_NS)

    def pick(self, choices: Any) -> Any:
        """One of them; None if there are none."""
        return choices[self.below(len(choices))] if choices else None
