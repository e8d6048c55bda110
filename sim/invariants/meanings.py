"""What each check demands, in one sentence, and which part of the specification demands it.

The names are those of simulation.md §4.5 and E1 to E8 for listeners, those of what sees a story as a whole (`model`, `oracle`,
`M1`), and those of what goes wrong in playing it (`play`, `story`). § is supervisord-4.3.md, D docs/deliberate-differences.md.
"""

from __future__ import annotations

MEANINGS: dict[str, tuple[str, str]] = {
    "R1": ("every child that has ended is waited for exactly once", "pid1"),
    "R2": ("no zombie is left for longer than it takes to wake up", "pid1"),
    "R3": ("an end is a program's only if that very child was its own and not reaped before", "§2.4"),
    "R4": ("no signal is sent to a pid after its reap", "§2.4"),
    "R5": ("children of others are reaped, and change no program's state", "pid1"),
    "R6": ("the daemon never sleeps beyond its next deadline", "§2.3"),
    "R7": ("the daemon ends once, after a shutdown, with the status that is documented", "§2.8, D7"),
    "R8": ("there are as many descriptors after a full stop as there were before the first start", "D18"),
    "R9": ("a child inherits descriptors 0, 1 and 2, and no other", "§3"),
    "R10": ("the work of one turn of the loop is bounded", "D8"),
    "S1": ("a state is followed only by one that the table of transitions allows", "§2.4"),
    "S2": ("a program has a process just in those states that stand for one", "§2.1"),
    "S3": ("a program never has two processes at a time", "§2.4"),
    "S4": ("RUNNING comes only after more than startsecs, or for one that ends at exactly startsecs", "§2.4"),
    "S5": ("BACKOFF comes only after a start that failed or a life shorter than startsecs", "§2.4"),
    "S6": ("after the k-th failure in a row the wait is more than k seconds, and no longer than it takes to wake up", "§2.4"),
    "S7": ("a start has at most startretries + 1 attempts", "§2.4"),
    "S8": ("FATAL comes just when the attempts are used up, and nothing starts after it without a command", "§2.4"),
    "S9": ("the count of failures is 0 after RUNNING, EXITED and FATAL, and is kept over a stop in BACKOFF", "§2.4"),
    "S10": ("what was stopped by a command is not started without one", "§2.4"),
    "S11": ("nothing is started once a shutdown has begun", "D5"),
    "S12": ("EXITED is followed by a start just if autorestart says so for that exit", "§2.4"),
    "S13": ("a program with autostart=false does not start at boot", "§2.9"),
    "S14": ("every change of state is told once, and each begins where the one before it ended", "§2.4"),
    "T1": ("a stop begins with stopsignal, sent to the group just if stopasgroup is set", "§2.4"),
    "T2": ("no SIGKILL before stopwaitsecs are over", "§2.4"),
    "T3": ("SIGKILL when stopwaitsecs are over, to the group just if killasgroup is set", "§2.4"),
    "T4": ("a stop ends STOPPED, whatever the exit status", "§2.4"),
    "T5": ("a shutdown stops the group with the highest priority number first, and the next when that is down", "§2.8"),
    "T6": ("programs start in ascending order of priority", "§2.8"),
    "T7": ("stopping what does not run is answered NOT_RUNNING and changes nothing", "§5.4"),
    "T8": ("nothing the daemon has started outlives it", "D6"),
    "L1": ("what was read of a program is in its log or counted as dropped, in order", "§4.2, D9"),
    "L2": ("no log grows beyond its limit by more than one piece, and no more backups are kept than asked for", "§4.2"),
    "L3": ("a log that fails changes no program's state", "§4.2"),
    "L4": ("what is kept in memory for a log is bounded", "§4.2"),
    "E1": ("a listener is sent one event at a time, and only while it is RUNNING and has said READY", "§6.4"),
    "E2": ("a pool sends what it has asked for, and again only what was refused, or was with one that broke off", "§6.4, D13"),
    "E3": ("serials grow, an event keeps its numbers, and what comes back is sent before what is newer", "§6.2, §6.5"),
    "E4": ("a pool never holds more than buffer_size events", "§6.5"),
    "E5": ("every event of a pool is taken, or waits, or its loss is told", "§6.5"),
    "E6": ("a tick is a slice the wall clock has shown, and none is told twice or made up for", "§6.3"),
    "E7": ("what a program writes between the tokens is an event's data, and nothing of it is in its log", "§4.4, D9"),
    "E8": ("an output event has just what was read, in order", "§4.6"),
    "V1": ("every start ends RUNNING, EXITED or FATAL in time", "§2.4"),
    "V2": ("every stop ends STOPPED in time if SIGKILL works", "§2.4"),
    "V3": ("a shutdown ends in time, even with children that do not die", "§2.8, D7"),
    "V4": ("what has autostart is started at boot", "§2.9, D4"),
    "V5": ("every call gets its answer, and only one", "§5.4"),
    "V6": ("the daemon wakes up no more often than things happen", "§2.3"),
    "M1": ("one scenario has one story, however often it is played", "simulation.md §4.5"),
    "M2": ("choices that are played again lead to the same story", "simulation.md §4.5"),
    "M3": ("a core restored from its snapshot goes on as if nothing had happened", "simulation.md §4.5"),
    "O4": ("what must not matter changes nothing", "simulation.md §4.4"),
    "model": ("the story is the one that the reference model tells", "docs/reference-model.md"),
    "oracle": ("the story is supervisor 4.3.0's, but for the deliberate differences", "docs/deliberate-differences.md"),
    "lagging": ("by its own poll supervisor 4.3.0 tells the same, only later", "docs/deliberate-differences.md"),
    "stages": ("the core alone and the whole daemon tell the same story", "sim/scenario.py"),
    "judge": ("what is to be judged can be judged", "simulation.md §4.8"),
    "process": ("a process that judges comes to its end", "simulation.md §4.8"),
    "order": ("time does not run backwards in a story", "sim/trace.py"),
    "story": ("a story speaks only of what its scenario has", "sim/trace.py"),
    "play": ("the supervisor and the stage it plays on do not break down", "simulation.md §4.5"),
}
"""By name: the sentence, and where it comes from."""


def meaning(reason: str) -> str:
    """The sentence for what begins with a check's name, or nothing where there is none."""
    return MEANINGS.get(reason.partition(" ")[0], ("", ""))[0]
