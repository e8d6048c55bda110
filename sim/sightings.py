"""What sieges have met: each nemesis while a program was in each state, and everything the daemon must sometimes have said.

A pair of state and nemesis is met when the nemesis acts while a program is in that state (simulation.md §4.7). A probe is a line
of the main log that some siege must lead to: were one never written, the sieges would be blind where it comes from.
"""

from __future__ import annotations

import re
from collections import Counter
from html import escape

from initd.record import Record
from initd.states import ProcessState
from sim.nemesis import NEMESES
from sim.stage.siege import play, siege_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.stage.siege import Besieged, Siege

    Pair = tuple[str, str]

PROBES = {
    "a program gives up": "gave up: . entered FATAL state",
    "a program comes up": "success: . entered RUNNING state",
    "an end that was expected": r"exited: . \(exit status \d+; expected\)",
    "an end that was not": r"exited: . \(exit status \d+; not expected\)",
    "a crash": r"exited: . \(terminated by SIGSEGV; not expected\)",
    "an end by somebody else's SIGKILL": r"exited: . \(terminated by SIGKILL; not expected\)",
    "a stop by its signal": r"stopped: . \(terminated by SIGTERM\)",
    "a stop that takes SIGKILL": r"stopped: . \(terminated by SIGKILL\)",
    "a stop with an exit status": r"stopped: . \(exit status \d+\)",
    "SIGKILL after stopwaitsecs": "killing '.' .* with SIGKILL",
    "a program that may not be signalled": r"unknown problem killing . \(\d+\)",
    "a waited stop": "waiting for . to stop",
    "a shutdown that waits for several": "waiting for ., .* to die",
    "no descriptor for a spawn": "spawnerr: too many open files to spawn",
    "no descriptor at all": "spawnerr: unknown error making dispatchers for '.': ENFILE",
    "no process for a spawn": "spawnerr: Too many processes in process table to spawn",
    "no memory for a spawn": "spawnerr: unknown error during fork for '.': ENOMEM",
    "an orphan": "reaped unknown pid",
    "a crowd of orphans": r"reaped \d+ more unknown pids",
    "a log that cannot be written": "could not write to log target .* output is lost",
    "a log that can be written again": r"takes output again, \d+ bytes were lost",
    "a log that cannot be rotated": "could not rotate log file .* it goes on growing",
    "a system log that takes nothing": "could not write to log target '/dev/log'",
    "a system log that takes records again": r"log target '/dev/log' takes output again, \d+ bytes were lost",
    "a system log that is given up": r"log target '/dev/log' is closed, \d+ bytes were lost",
    "a record too long for the system log": "log target '/dev/log': Message too long",
    "a restart": "received SIGHUP indicating restart request",
    "a shutdown": "received SIGTERM indicating exit request",
    "logs opened again": "received SIGUSR2 indicating log reopen request",
    "a signal that means nothing": "received SIGUSR1: ignored",
}  # fmt: skip
"""What must sometimes be there in the main log, by name."""
INTO_UNKNOWN = "kill_errno"
"""The nemesis without which no program gets into UNKNOWN, the rarest state."""
BIRTHS = (("rpc_storm",), ("rpc_storm", "client_leaves"), ("rpc_storm", "exit_storm"))
"""Nemeses by which others are born meanwhile, in turn."""
AIMED = 60
STATES = tuple(state.name for state in ProcessState)


class Sightings(Record):
    """How often each nemesis acted in each state, and in how many sieges each probe was hit."""

    pairs: Counter[Pair]
    probes: Counter[str]
    sieges: int


def measure(sieges: int) -> Sightings:
    """What that many sieges meet; for a pair that none of them has met some more, which are aimed at it."""
    found = Sightings(Counter(), Counter(), sieges)
    for seed in range(sieges):
        _add(found, siege_of(seed))
    for state, name in [(state, name) for name in NEMESES for state in STATES] if sieges else []:
        for seed in range(AIMED):
            if found.pairs[state, name]:
                break
            together = (INTO_UNKNOWN, *BIRTHS[seed % len(BIRTHS)], name)
            _add(found, siege_of(seed).replace(nemeses=tuple(dict.fromkeys(together))))
    return found


def _add(found: Sightings, siege: Siege) -> None:
    shown: list[Besieged] = []
    play(siege, shown.append, lambda nemesis, states: found.pairs.update((each, nemesis) for each in states))
    log = shown[0].main_log()
    found.probes.update(name for name, pattern in PROBES.items() if re.search(pattern, log))


def unseen(found: Sightings) -> list[str]:
    """What no siege has met, if there were any sieges."""
    if not found.sieges:
        return []
    pairs = [f"{state} x {name}" for name in NEMESES for state in STATES if not found.pairs[state, name]]
    return pairs + [f"probe {name!r}" for name in PROBES if not found.probes[name]]


def text(found: Sightings) -> list[str]:
    """Every probe with its count, what was not met, and how much was."""
    if not found.sieges:
        return []
    missing = unseen(found)
    lines = [f"{found.probes[name]:>10}  {name}" for name in PROBES]
    lines += [f"UNSEEN {each}" for each in missing]
    every = len(STATES) * len(NEMESES) + len(PROBES)
    lines.append(
        f"{every - len(missing)} of {every} pairs of state and nemesis and probes met in {found.sieges} sieges"
    )
    return lines


def html(found: Sightings) -> str:
    """A part of a page: the pairs as a heat map, then the probes."""
    if not found.sieges:
        return ""
    most = max(found.pairs.values(), default=1)
    head = "".join(f"<th>{state}</th>" for state in STATES)
    rows = []
    for name in NEMESES:
        counts = [found.pairs[state, name] for state in STATES]
        cells = "".join(f'<td style="background:{heat(count, most)}">{count}</td>' for count in counts)
        rows.append(f"<tr><th>{name}</th>{cells}</tr>")
    probes = "".join(f"<tr><td>{escape(name)}</td><td>{found.probes[name]}</td></tr>" for name in PROBES)
    return (
        f"<h2>State by nemesis, {found.sieges} sieges</h2><table class=\"heat\"><tr><th></th>{head}</tr>{''.join(rows)}</table>"
        f"<h2>What must sometimes be there</h2><table><tr><th>probe</th><th>sieges</th></tr>{probes}</table>"
    )


def heat(count: int, most: int) -> str:
    """A colour: the greener the more, red for none."""
    return f"hsl(120 60% {92 - 50 * count.bit_length() // most.bit_length()}%)" if count else "#f99"
