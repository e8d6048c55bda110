"""What goes wrong in capture mode: torn tokens, long messages, an end or a rotation in the middle (supervisord-4.3 §4.4)."""

from __future__ import annotations

from sim.nemesis.nemesis import Nemesis
from sim.nemesis.signals import SIGKILL, SIGTERM, SIGUSR2

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.nemesis.nemesis import Field, Script

BEGIN, END = "<!--XSUPERVISOR:BEGIN-->", "<!--XSUPERVISOR:END-->"


class _Telling(Nemesis):
    """Some children in capture mode also say something else, beside what they would say anyway, and into it."""

    def setup(self, field: Field) -> None:
        def alter(name: str, steps: Script) -> Script:
            bound = field.reporters().get(name)
            return [["fork", [["sleep", self.ns(1) / 1e9], *self.tells(bound)]], *steps] if bound and self.fires() else steps

        field.alter.append(alter)

    def step(self, field: Field) -> None:
        """Its chances are the births of children."""

    def tells(self, bound: int) -> Script:
        """What else, where so much of a message is kept."""
        raise NotImplementedError

    def pieces(self, text: str, most: int) -> Script:
        """These words in so many writes at most, with a moment between some of them."""
        cuts = sorted({0, len(text), *(self.below(len(text)) for _ in range(self.below(most)))})
        written: Script = []
        for first, last in zip(cuts, cuts[1:]):
            written += [["write", "out", text[first:last]], ["sleep", 0.01 * self.below(4)]]
        return written


class TornTokens(_Telling):
    """Messages in pieces that end anywhere, also within a token; tokens within messages, ends without a beginning, halves."""

    name = "torn_tokens"

    def tells(self, bound: int) -> Script:
        whole = f"{BEGIN}all is well{END}"
        odd = (f"{BEGIN}{BEGIN}again{END}{END}", f"{BEGIN[:-4]}{whole}{BEGIN[-4:]}", f"{BEGIN}{END[:9]}{END}<!", END + whole)
        says: Script = []
        for _ in range(3 + self.below(8)):
            says += self.pieces(f"log\n{whole if self.below(2) else odd[self.below(len(odd))]}", 8)
        return says


class CaptureOverflow(_Telling):
    """Messages longer than what is kept of them, by one byte or by far, in one write or in many."""

    name = "capture_overflow"

    def tells(self, bound: int) -> Script:
        says: Script = []
        for number in range(1 + self.below(4)):
            size = (bound - 1, bound, bound + 1, bound + self.below(2 * bound + 1))[self.below(4)]
            said = "".join(f"{number}:{at:06} " for at in range(size // 9 + 1))[:size]
            says += self.pieces(f"{BEGIN}{said}{END}", 12)
        return says


class DiesCapturing(Nemesis):
    """Somebody ends a program that is in the middle of a message."""

    name = "dies_capturing"

    def act(self, field: Field) -> None:
        pid = self.pick(field.reporting())
        if pid is not None:
            field.kernel.outsider_kill(pid, (SIGKILL, SIGTERM)[self.below(2)])


class RotatesCapturing(Nemesis):
    """The logs are opened again, or cleared, while a program is in the middle of a message."""

    name = "rotates_capturing"

    def act(self, field: Field) -> None:
        if not field.reporting():
            return
        if self.below(2):
            field.kernel.signal_daemon(SIGUSR2)
        else:
            field.call("supervisor.clearProcessLogs", self.pick(field.programs))


REPORTERS = (TornTokens, CaptureOverflow, DiesCapturing, RotatesCapturing)
