"""Programs that write too much, fork too much, leave too much behind, or all end at once (simulation.md P15, P19, P21, P30)."""

from __future__ import annotations

from sim.nemesis.nemesis import Nemesis

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.nemesis.nemesis import Field, Script


class _Altered(Nemesis):
    """Some children also do something else, beside what they would do anyway."""

    def setup(self, field: Field) -> None:
        field.alter.append(lambda name, steps: [*self.more(), *steps] if self.fires() else steps)

    def more(self) -> Script:
        """What else."""
        raise NotImplementedError

    def step(self, field: Field) -> None:
        """Its chances are the births of children."""


class Flood(_Altered):
    """Writes far more than a pipe holds, in lines and without any, for some seconds."""

    name = "flood"

    def more(self) -> Script:
        piece = 1000 + self.below(100_000)
        return [["fork", [["repeat", 8, [["write", ("out", "err")[self.below(2)], piece], ["sleep", 0.3]]]]]]


class ForkBomb(_Altered):
    """Forks as fast as it can, for a while; its children end again."""

    name = "fork_bomb"

    def more(self) -> Script:
        offspring = [["fork", [["sleep", self.ns(1) / 1e9], ["exit", 0]]]] * (2 + self.below(8))
        return [["fork", [["repeat", 2 + self.below(6), [*offspring, ["sleep", 0.1]]]]]]


class OrphanSwarm(_Altered):
    """Leaves children behind whose parent is gone, some in a session of their own, some ignoring SIGTERM."""

    name = "orphan_swarm"

    def more(self) -> Script:
        orphan: Script = [*([["setsid"]] if self.below(2) else []), *([["ignore", "TERM"]] if self.below(3) == 0 else [])]
        orphan += [["sleep", self.ns(4) / 1e9], ["exit", self.below(3)]]
        return [["fork", [*([["fork", orphan]] * (1 + self.below(6))), ["exit", 0]]]]


class ExitStorm(Nemesis):
    """All programs end at one instant."""

    name = "exit_storm"

    def act(self, field: Field) -> None:
        for pid in field.children():
            field.kernel.outsider_kill(pid, 9)


CROWDS = (Flood, ForkBomb, OrphanSwarm, ExitStorm)
