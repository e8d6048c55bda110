"""Judges what a real daemon did by the checkers that judge stories of the simulator: `initd-sim judge FILE`.

Every law gets a verdict in every session of the file: pass, fail, or unknown where the file does not tell enough, which
is no pass.
"""

from __future__ import annotations

from initd.kernel.transcript import is_recording
from initd.record import Record
from sim.accounts import mainlog, recording
from sim.invariants import Finding, Outcome, judge
from sim.invariants.judge import NAMES
from sim.invariants.meanings import meaning
from sim.scenario import SECOND_NS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from initd.config.model import GroupConfig
    from sim.accounts.account import Account

SLACK_NS = 2 * SECOND_NS
"""How late things may be: supervisord's loop turns once a second, and the machine may have been busy."""
RECORDED = ("R4", "T8")
"""Laws beyond those of stories that a recording shows."""


def order(law: str) -> tuple[str, int]:
    """What laws are sorted by."""
    letters = law.rstrip("0123456789")
    return letters, int(law[len(letters) :] or 0)


LAWS = tuple(sorted({*NAMES, *RECORDED}, key=order))
"""Every law a file may be judged by."""


class Verdict(Record):
    """What is said of a law in one session: with a failure its place in the file, else the reason of an unknown."""

    law: str
    outcome: Outcome
    text: str = ""
    line: int = 0
    finding: Finding | None = None


def read(path: str, groups: Sequence[GroupConfig] | None) -> list[Account]:
    """The sessions in a recording, or with the groups of a configuration in a main log.

    InitdError with the line for a file that is neither, or damaged; OSError.
    """
    if is_recording(path):
        return recording.accounts(path)
    return mainlog.accounts(path, groups or ())


def verdicts(
    account: Account, slack_ns: int = SLACK_NS, tolerance_ns: int | None = None, laws: Collection[str] | None = None
) -> list[Verdict]:
    """A verdict on every law, or on those asked for, in one session."""
    blur_ns = account.tolerance_ns if tolerance_ns is None else tolerance_ns
    found = {each.name: each for each in judge(account.scenario, list(account.trace), slack_ns, blur_ns)}
    lines = dict(account.broken)
    for each in account.broken:
        found.setdefault(each[0].name, each[0])
    names = sorted({*LAWS, *found} if laws is None else laws, key=order)
    made = []
    for law in names:
        finding = found.get(law)
        if law in account.unknown:
            made.append(Verdict(law, Outcome.UNKNOWN, account.unknown[law]))
        elif finding is not None:
            line = lines.get(finding) or account.lines.get(finding.entry, 0)
            made.append(Verdict(law, finding.outcome, finding.text, line, finding))
        else:
            made.append(Verdict(law, Outcome.PASS))
    made += [Verdict(name, Outcome.UNKNOWN, f"not judged: {why}") for name, why in account.unjudged.items()]
    return made


def report(path: str, account: Account, found: Sequence[Verdict]) -> list[str]:
    """What is wrong or unknown in one session, line by line."""
    said = []
    for each in found:
        if each.finding is not None:
            entry = each.finding.entry
            place = f"{path}:{each.line}: " if each.line else ""
            when = f"{entry[0] / 1e9:.6f} s after the boot, {entry[1] or 'the daemon'}"
            said.append(f"{each.outcome.value.upper()} {each.law} {place}{account.title}, {when}: {each.text}")
            if sentence := meaning(f"{each.law} {each.outcome.value}"):
                said.append(f"  must hold: {sentence}")
        elif each.outcome is Outcome.UNKNOWN:
            said.append(f"UNKNOWN {each.law} {account.title}: {each.text}")
    return said


def summary(every: Sequence[Verdict], seconds: float) -> str:
    """One line as pytest ends with."""
    counts = [sum(each.outcome is outcome for each in every) for outcome in (Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN)]
    unknown = f", {counts[2]} unknown" if counts[2] else ""
    return f"{counts[0]} passed, {counts[1]} failed{unknown} in {seconds:.2f}s"
