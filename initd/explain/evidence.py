"""What can be looked up about a program that does not run: its output, what it left behind, its command, who is in its way.

Runs off the loop, on one look at the process table for all programs that are asked about.
"""

from __future__ import annotations

from initd.drive.resolve import split
from initd.explain import clues, lookups, memory
from initd.explain.clues import Clue
from initd.explain.lookups import EXECUTE, WRITE, Search
from initd.explain.memory import Kills
from initd.record import Record
from initd.signals import SIGKILL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from initd.drive.program import End
    from initd.explain.facts import Facts
    from initd.kernel.port import Files, Seen

OUTPUT_BYTES = 4096
"""So much of the end of each log is read."""
TICK_NS = 20_000_000
"""The process table tells births to a hundredth of a second; twice that to be safe."""
CANT_FIND = "can't find command "
CANT_RUN = ("command at ", "no permission to run command ")
NO_LOGS = "unknown error making dispatchers for "


class Left(Record):
    """A process that was born while a run lasted, belongs to it and is still alive after its end."""

    pid: int
    title: str
    end: End


class Evidence(Record):
    """What was found; fields are empty where there was nothing to look for, or nothing was found.

    `holders` are (pid, title) of those that listen on `port`, pid 0 for one that is not to be found out. `obstacle` is the
    component of a path that stopped it, `interpreter` what a script names and is not there. `path` is what was to be executed.
    """

    lines: tuple[str, ...] = ()
    clue: Clue | None = None
    left: tuple[Left, ...] = ()
    search: Search | None = None
    path: str = ""
    obstacle: str = ""
    interpreter: str = ""
    port: int = 0
    holders: tuple[tuple[int, str], ...] = ()
    kills: Kills | None = None


def gather(files: Files, asked: Sequence[Facts]) -> list[Evidence]:
    """The evidence for each program."""
    table: list[Seen] = []
    if any(end.pid for facts in asked for end in facts.ends):
        table = files.processes()
    return [_evidence(files, facts, table) for facts in asked]


def _evidence(files: Files, facts: Facts, table: Sequence[Seen]) -> Evidence:
    if not facts.ends:
        return Evidence()
    end = facts.ends[-1]
    if not end.pid:
        return _without_child(files, facts, end)
    lines = clues.last_lines(output(files, facts))
    clue = clues.read(lines, end) if end.code or end.signal else None
    found = Evidence(lines, clue, left_behind(facts, table, files))
    if end.signal == SIGKILL and not end.sent:
        return found.replace(kills=memory.kills(files))
    return found if clue is None else _pursue(files, facts, found, clue, table)


def output(files: Files, facts: Facts) -> bytes:
    """The end of what the last run has written."""
    if facts.recent is not None:
        return facts.recent
    pieces = []
    for path, start in facts.logs:
        try:
            size = files.size(path)
            first = max(start if start <= size else 0, size - OUTPUT_BYTES)
            pieces.append(files.read_at(path, first, size - first))
        except OSError:
            continue
    return b"\n".join(pieces)


def left_behind(facts: Facts, table: Sequence[Seen], files: Files) -> tuple[Left, ...]:
    """Who came out of the runs that have ended and lives on, without those that another of them is the parent of."""
    live = set(facts.live)
    parents = {seen.pid: seen.parent for seen in table}

    def is_ours(pid: int) -> bool:  # of a child that lives: no program's past
        while pid and pid != facts.daemon:
            if pid in live:
                return True
            pid = parents.get(pid, 0)
        return False

    executable = _executable(files, facts)
    found = []
    for seen in table:
        if seen.pid != facts.daemon and not is_ours(seen.pid):
            end = next((end for end in reversed(facts.ends) if end.pid and _came_of(seen, end, facts, files, executable)), None)
            if end is not None:
                found.append(Left(seen.pid, seen.title, end))
    pids = {left.pid for left in found}
    return tuple(left for left in found if parents.get(left.pid) not in pids)


def _came_of(seen: Seen, end: End, facts: Facts, files: Files, executable: tuple[int, int] | None) -> bool:
    """Whether that process came out of that run: by its group or session, by its environment, or because it is our child, or
    executes the very same file, and was born meanwhile."""
    if end.pid in (seen.group, seen.session):
        return True
    if not end.began_ns - TICK_NS <= seen.born_ns <= end.ended_ns + TICK_NS:
        return False
    names = {word for word in seen.env if word.startswith(("SUPERVISOR_PROCESS_NAME=", "SUPERVISOR_GROUP_NAME="))}
    if names:
        return names == {f"SUPERVISOR_PROCESS_NAME={facts.process}", f"SUPERVISOR_GROUP_NAME={facts.group}"}
    if executable is not None and _file(files, seen.exe) == executable:
        return True
    return seen.parent == facts.daemon and not any(_within(seen, ends) for ends in facts.others)


def _within(seen: Seen, ends: Sequence[End]) -> bool:
    return any(end.began_ns - TICK_NS <= seen.born_ns <= end.ended_ns + TICK_NS for end in ends)


def _executable(files: Files, facts: Facts) -> tuple[int, int] | None:
    """Which file the command is, whatever its name."""
    found = _resolved(files, facts)
    return _file(files, found) if found else None


def _file(files: Files, path: str) -> tuple[int, int] | None:
    try:
        return files.file_id(path) if path else None
    except OSError:
        return None


def _resolved(files: Files, facts: Facts) -> str:
    """The path of the command's first word; the word itself where it is nowhere."""
    from initd.drive.resolve import CommandError, resolve

    try:
        return resolve(files, facts.command, {"PATH": facts.path}).path
    except CommandError:
        return _words(facts.command)[0]


def _words(command: str) -> list[str]:
    try:
        return split(command) or [""]
    except ValueError:
        return [""]


def _without_child(files: Files, facts: Facts, end: End) -> Evidence:
    word = _words(facts.command)[0]
    if end.text.startswith(CANT_FIND):
        return Evidence(search=lookups.search(files, word, facts.path, facts.directory))
    if end.text.startswith(CANT_RUN):
        path = end.text[end.text.find("'") + 1 : end.text.rfind("'")]
        stopped = lookups.obstacle(files, path, lookups.who(files, None), EXECUTE)
        return Evidence(path=path, obstacle=stopped)
    if end.text.startswith(NO_LOGS):
        daemon = lookups.who(files, None)
        for path, _ in facts.logs:
            folder = path.rpartition("/")[0]
            stopped = lookups.obstacle(files, folder, daemon, WRITE) if folder else ""
            if not stopped and _file(files, path) is not None:
                stopped = lookups.obstacle(files, path, daemon, WRITE)
            if stopped:
                return Evidence(path=path, obstacle=stopped)
    return Evidence()


def _pursue(files: Files, facts: Facts, found: Evidence, clue: Clue, table: Sequence[Seen]) -> Evidence:
    """Look further where a clue points to."""
    user = lookups.who(files, facts.uid)
    if clue.kind == clues.PORT:
        return _holders(files, facts, found, clue, table)
    if clue.kind == clues.MISSING:
        return found.replace(search=lookups.search(files, clue.about, facts.path, facts.directory))
    if clue.kind in (clues.REFUSED, clues.DENIED) and clue.about.startswith("/"):
        need = EXECUTE if clue.kind == clues.REFUSED else WRITE
        return found.replace(path=clue.about, obstacle=lookups.obstacle(files, clue.about, user, need))
    if clue.kind == clues.SETUP:
        return _setup(files, facts, found, clue, user)
    return found


def _setup(files: Files, facts: Facts, found: Evidence, clue: Clue, user: lookups.Who) -> Evidence:
    if clue.about.startswith("chdir "):
        path = facts.directory or ""
        return found.replace(path=path, obstacle=lookups.obstacle(files, path, user, EXECUTE) if path else "")
    path = _resolved(files, facts)
    missing = lookups.interpreter(files, path)
    return found.replace(path=path, interpreter=missing, obstacle=lookups.obstacle(files, path, user, EXECUTE))


def _holders(files: Files, facts: Facts, found: Evidence, clue: Clue, table: Sequence[Seen]) -> Evidence:
    titles = {seen.pid: seen.title for seen in table}
    parents = {seen.pid: seen.parent for seen in table}
    nearby = [line for line in found.lines if line != clue.line]
    for port in clues.ports_in(clue.line) or clues.ports_in(facts.command, *nearby):
        pids = files.listeners(port)
        if pids:  # who has inherited it is not named beside whom it is from
            first = [pid for pid in pids if parents.get(pid) not in pids]
            return found.replace(port=port, holders=tuple((pid, titles.get(pid, "")) for pid in first))
    return found
