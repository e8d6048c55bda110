"""A scenario's whole story: every program's own, the order of a shutdown, and what to leave out when it is compared."""

from __future__ import annotations

from operator import itemgetter

from initd.record import Record
from sim.model.doings import SIGNAL, START, STOP, sort_out
from sim.model.place import next_turn
from sim.model.shutdown import close
from sim.model.silence import Silence
from sim.model.telling import Telling

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.model.course import Said
    from sim.model.doings import Doing
    from sim.model.place import Place
    from sim.scenario import Scenario
    from sim.trace import Trace

CALLS = (START, STOP, SIGNAL)
_place_and_line = itemgetter(0, 1, 2)


class Story(Record):
    """What must happen: all of it in `trace`, and in `silences` the entries that nobody can be held to."""

    trace: Trace
    silences: tuple[Silence, ...]

    def binding(self, trace: Trace) -> Trace:
        """That trace, this one's own or another's, without the entries on which the specification is silent."""
        if not self.silences:
            return trace
        return [entry for entry in trace if not any(silence.covers(entry) for silence in self.silences)]


def tell(scenario: Scenario) -> Story:
    """The story of a scenario, from the boot at 0 to `until_ns` inclusive."""
    programs = scenario.programs()
    names = [name for name, _ in programs]
    doings, strays, asked = sort_out(scenario, names)
    order = sorted(
        scenario.groups, key=lambda group: (group.priority, group.name)
    )  # and programs as they are written: §1.8
    levels: list[list[Telling]] = []
    lines: list[str] = []
    for group in order:
        level = []
        for program in group.programs:
            name = f"{group.name}:{program.name}"
            level.append(Telling(name, program, len(lines), doings[name]))
            lines.append(name)
        levels.append(level)
    tellings = [each for level in levels for each in level]
    silences: list[Silence] = []
    end = None
    if asked is None:
        for each in tellings:
            each.tell()
    else:
        end = close(levels[::-1], asked, scenario.until_ns)
    said: list[Said] = []
    for each in tellings:
        said += each.said
        silences += each.silences
    said += _strays(scenario, strays, asked, lines)
    said.sort(key=_place_and_line)
    if end is not None:
        said = _until(end[0], said, lines, silences, scenario)
    trace = [(time_ns, lines[line], what, detail) for time_ns, _, line, what, detail in said]
    if end is not None:
        trace.append((end[0][0], "", "exit", str(end[1])))
    return Story(trace, tuple(silences))


def _strays(scenario: Scenario, strays: list[Doing], asked: Place | None, lines: list[str]) -> list[Said]:
    """The answers to calls for programs nobody has; their names become lines of their own."""
    said = []
    for place, number, _, index in strays:
        if number in CALLS:
            closing = asked is not None and place > asked
            said.append((*place[:2], len(lines), "answer", f"{index} {'SHUTDOWN_STATE' if closing else 'BAD_NAME'}"))
            lines.append(scenario.ops[index].target)
    return said


def _until(end: Place, said: list[Said], lines: list[str], silences: list[Silence], scenario: Scenario) -> list[Said]:
    """What was said up to the turn in which the daemon ends; a call at that very instant may have been heard or not."""
    kept = []
    over = (end[0], next_turn(end[1]))
    for each in said:
        if each[:2] < over:
            kept.append(each)
        elif each[0] == end[0] and each[3] == "answer":
            silences.append(Silence("last-words", lines[each[2]], "answer", f"{each[4].split()[0]} "))
    return kept
