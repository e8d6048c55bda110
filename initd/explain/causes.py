"""Why a program ended, or never began: one function a cause, each None where it is not it. The first that answers is told.

What is said was seen: the end itself, what the program printed, who lives on, what stands in the way. Pure.
"""

from __future__ import annotations

from initd.drive.resolve import split
from initd.explain import clues, daemons
from initd.explain.amounts import seconds, size, times
from initd.explain.lookups import BUILTINS
from initd.record import Record
from initd.signals import SIGKILL, signal_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from initd.drive.program import End
    from initd.explain.evidence import Evidence
    from initd.explain.facts import Facts
    from initd.explain.lookups import Search

QUOTED = 160
"""So much of a line of output is repeated."""


class Cause(Record):
    """`short` is half a sentence, `lines` say what was seen, `advice` what to do."""

    short: str
    lines: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()


def cause(facts: Facts, evidence: Evidence) -> Cause:
    """Why its last try ended; facts have at least one."""
    judges = _CHILDLESS if not facts.ends[-1].pid else _ENDED
    return next(found for judge in judges if (found := judge(facts, evidence)) is not None)


# -- how it ended ----------------------------------------------------------------------------------------------------


def manner(end: End) -> str:
    """`ended with 3`, or `killed by SIGSEGV`."""
    return f"ended with {end.code}" if end.signal is None else f"killed by {signal_name(end.signal)}"


def _same(facts: Facts, end: End) -> int:
    """How many of the last tries ended like that one."""
    row = [(each.pid > 0, each.code, each.signal, each.text) for each in facts.ends]
    wanted = (end.pid > 0, end.code, end.signal, end.text)
    return next((at for at, each in enumerate(reversed(row)) if each != wanted), len(row))


def _ended(facts: Facts, it: str = "It") -> str:
    """`It ended with 1 after 0.02 s, three times.`"""
    end = facts.ends[-1]
    count = _same(facts, end)
    often = f", {times(count)}" if count > 1 else ""
    was = "was " if end.signal is not None else ""
    return f"{it} {was}{manner(end)} after {seconds(_lived(end))}{often}."


def _quote(line: str) -> str:
    return f"It said: {line[:QUOTED]}"


def _told(facts: Facts, evidence: Evidence) -> tuple[str, ...]:
    """How it ended, and what it said that explains it."""
    line = evidence.clue.line if evidence.clue is not None else ""
    return (_ended(facts), _quote(line)) if line else (_ended(facts),)


# -- there never was a child -----------------------------------------------------------------------------------------


def _not_found(facts: Facts, evidence: Evidence) -> Cause | None:
    found = evidence.search
    if found is None:
        return None
    near = f" ({found.near[0].rpartition('/')[2]}?)" if found.near else ""
    return Cause(f"command {found.word} not found{near}", *_searched(facts, found))


def _searched(facts: Facts, found: Search) -> tuple[tuple[str, ...], tuple[str, ...]]:
    lines, advice = [], []
    if found.searched:
        lines.append(f"{found.word} is in none of the directories of its PATH: {':'.join(found.searched)}.")
    elif found.word.startswith("/"):
        lines.append(f"There is no file {found.word}.")
    else:
        lines.append(f"There is no file {found.word} in the directory of the daemon, from which commands are looked up.")
    name, equals, _ = found.word.partition("=")
    if found.word in BUILTINS:
        advice.append(f"{found.word} is a word of the shell: use command=/bin/sh -c '...', or an option (directory=).")
    elif equals and name.isidentifier():
        advice.append(f"Variables are set by environment={found.word}, not before the command.")
    elif found.elsewhere:
        advice.append(f"It is at {found.elsewhere}: write the whole path, or add its directory to the PATH by environment=.")
    elif found.near:
        advice.append(f"Similar names there: {', '.join(found.near)}.")
    return tuple(lines), tuple(advice)


def _refused(facts: Facts, evidence: Evidence) -> Cause | None:
    if not evidence.path or evidence.path in (path for path, _ in facts.logs):
        return None
    return Cause(f"may not run {evidence.path}", (facts.ends[-1].text + ".", *_stopper(evidence)))


def _no_log(facts: Facts, evidence: Evidence) -> Cause | None:
    if not evidence.path:
        return None
    return Cause(f"cannot open its log {evidence.path}", (facts.ends[-1].text + ".", *_stopper(evidence)))


def _stopper(evidence: Evidence) -> tuple[str, ...]:
    return (evidence.obstacle + ".",) if evidence.obstacle else ()


def _other_text(facts: Facts, evidence: Evidence) -> Cause:
    return Cause(facts.ends[-1].text, (facts.ends[-1].text + ".",))


# -- there was one ---------------------------------------------------------------------------------------------------


def _stopped(facts: Facts, evidence: Evidence) -> Cause | None:
    end = facts.ends[-1]
    if not end.sent:
        return None
    return Cause(f"{manner(end)} after {signal_name(end.sent)} from initd", (_ended(facts),))


def _daemonizes(facts: Facts, evidence: Evidence) -> Cause | None:
    left = next((each for each in evidence.left if each.end.code == 0 and facts.too_quick(each.end)), None)
    words = _words(facts.command)
    if left is None:
        if facts.ends[-1].code != 0 or not facts.too_quick(facts.ends[-1]) or not daemons.known(words):
            return None
        why = f"{daemons.known(words)} goes into the background unless it is told not to."
        return Cause("goes into the background", (_ended(facts), why), (_use(words),))
    was = _ended(facts) if facts.ends[-1].code == 0 else f"It ended with 0 after {seconds(_lived(left.end))}."
    lines: tuple[str, ...] = (was, f"A process it left behind ({_who(left.pid, left.title)}) is still alive: it daemonizes.")
    if facts.ends[-1].code != 0:
        lines = (*lines, _ended(facts, "Since then it"), *_told(facts, evidence)[1:])
    return Cause(f"daemonizes: pid {left.pid} lives on", lines, (_use(words), _clear(evidence)))


def _use(words: list[str]) -> str:
    advice = daemons.advice(words)
    if advice:
        return f"Use {advice}: what stays in the foreground can be supervised."
    return "Have it stay in the foreground: its manual names the switch (-F, -f, -n, --foreground, --no-daemon or the like)."


def _clear(evidence: Evidence) -> str:
    pids = " ".join(str(left.pid) for left in evidence.left)
    return f"End what it left behind before that: kill {pids}"


def _lived(end: End) -> int:
    return end.ended_ns - end.began_ns


def _who(pid: int, title: str) -> str:
    return f"pid {pid}, {title[:80]}" if title else f"pid {pid}"


def _setup(facts: Facts, evidence: Evidence) -> Cause | None:
    if evidence.clue is None or evidence.clue.kind != clues.SETUP:
        return None
    what, _, rest = evidence.clue.about.partition(" ")
    if what == "setuid":
        return Cause(f"cannot become {facts.user}", _told(facts, evidence), ("Only root can become another user.",))
    if what == "chdir":
        return Cause(f"cannot enter directory={facts.directory}", (*_told(facts, evidence), *_stopper(evidence)))
    seen = _stopper(evidence)
    if evidence.interpreter:
        shown = "an empty #! line" if evidence.interpreter == "#!" else evidence.interpreter
        seen = (f"{evidence.path} is a script, and its interpreter is not there: {shown}.",)
    elif rest.endswith("ENOENT") and not seen:
        seen = (f"{evidence.path} is there, but not the loader it needs: it was built for another system.",)
    elif rest.endswith("ENOEXEC"):
        seen = (f"{evidence.path} is no program for this machine, or a script without a first line like #!/bin/sh.",)
    return Cause(f"cannot execute {evidence.path}", (*_told(facts, evidence), *seen))


def _library(facts: Facts, evidence: Evidence) -> Cause | None:
    if evidence.clue is None or evidence.clue.kind != clues.LIBRARY:
        return None
    advice = "Install the package that has it, or name its directory by environment=LD_LIBRARY_PATH=..."
    return Cause(f"library {evidence.clue.about} is missing", _told(facts, evidence), (advice,))


def _shell(facts: Facts, evidence: Evidence) -> Cause | None:
    clue, found = evidence.clue, evidence.search
    if facts.ends[-1].code not in (clues.NO_COMMAND, clues.NOT_EXECUTABLE):
        return None
    if clue is not None and clue.kind == clues.MISSING and found is not None:
        lines, advice = _searched(facts, found)
        return Cause(f"its shell found no {clue.about}", (*_told(facts, evidence), *lines), advice)
    if clue is not None and clue.kind == clues.REFUSED:
        return Cause(f"its shell may not run {clue.about}", (*_told(facts, evidence), *_stopper(evidence)))
    what = "was not found" if facts.ends[-1].code == clues.NO_COMMAND else "could not be executed"
    lines = (*_last_words(facts, evidence), f"{facts.ends[-1].code} is what a shell ends with when a command {what}.")
    return Cause(f"ended with {facts.ends[-1].code}: a command {what}", lines)


def _killed(facts: Facts, evidence: Evidence) -> Cause | None:
    end, kills = facts.ends[-1], evidence.kills
    if end.signal != SIGKILL:
        return None
    lines = (_ended(facts), "initd did not send that signal.")
    if kills is None:
        return Cause("killed by SIGKILL, not from initd", lines)
    counted = f"The kernel has killed for want of memory here: {kills.file} counts {kills.count} (oom_kill)"
    if kills.file == "/proc/vmstat":
        return Cause("killed by SIGKILL, maybe for want of memory", (*lines, f"{counted}, on the whole machine since it booted."))
    limit = f"; the limit is {size(kills.limit)}" if kills.limit else ""
    advice = ("Give it more memory, or have it use less.",)
    return Cause("killed by the OOM killer", (*lines, f"{counted}{limit}."), advice)


def _port(facts: Facts, evidence: Evidence) -> Cause | None:
    if evidence.clue is None or evidence.clue.kind != clues.PORT:
        return None
    lines = _told(facts, evidence)
    if not evidence.port:
        return Cause("its address is in use", (*lines, "Nobody listens there any more, or not on TCP."))
    shown = [_who(pid, title) if pid else "a process of another user or container" for pid, title in evidence.holders]
    left = {each.pid for each in evidence.left}
    mine = ", which it left behind itself" if left.intersection(pid for pid, _ in evidence.holders) else ""
    who = "; ".join(shown)
    return Cause(f"port {evidence.port} is in use", (*lines, f"Port {evidence.port} is held by {who}{mine}."))


def _disk(facts: Facts, evidence: Evidence) -> Cause | None:
    if evidence.clue is None or evidence.clue.kind != clues.DISK:
        return None
    return Cause("no space left on a disk", _told(facts, evidence), ("df -h and df -i tell which file system is full.",))


def _denied(facts: Facts, evidence: Evidence) -> Cause | None:
    if evidence.clue is None or evidence.clue.kind != clues.DENIED:
        return None
    about = f": {evidence.clue.about}" if evidence.clue.about else ""
    user = f"It runs as user={facts.user}." if facts.user else "It runs as the user of the daemon."
    return Cause(f"permission denied{about}", (*_told(facts, evidence), user, *_stopper(evidence)))


def _signal(facts: Facts, evidence: Evidence) -> Cause | None:
    end = facts.ends[-1]
    if end.signal is None:
        return None
    return Cause(manner(end), (*_last_words(facts, evidence), "initd did not send that signal."))


def _exit(facts: Facts, evidence: Evidence) -> Cause:
    end = facts.ends[-1]
    lines = _last_words(facts, evidence)
    if evidence.left:
        who = "; ".join(_who(left.pid, left.title) for left in evidence.left)
        lines = (*lines, f"It left behind what is still alive: {who}.")
    if end.code == 0 and facts.too_quick(end):
        advice = f"For a program that is meant to end so soon: startsecs=0 (now {facts.startsecs})."
        return Cause(f"{manner(end)} within startsecs={facts.startsecs}", lines, (advice,))
    return Cause(manner(end), lines)


def _last_words(facts: Facts, evidence: Evidence) -> tuple[str, ...]:
    said = (f"Its last words: {evidence.lines[-1][:QUOTED]}",) if evidence.lines else ()
    return (_ended(facts), *said)


def _words(command: str) -> list[str]:
    try:
        return split(command)
    except ValueError:
        return []


_CHILDLESS: tuple[Callable[[Facts, Evidence], Cause | None], ...] = (_not_found, _refused, _no_log, _other_text)
_ENDED: tuple[Callable[[Facts, Evidence], Cause | None], ...] = (
    _stopped,
    _daemonizes,
    _setup,
    _library,
    _shell,
    _killed,
    _port,
    _disk,
    _denied,
    _signal,
    _exit,
)
