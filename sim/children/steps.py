"""The step language: a JSON list of steps that a simulated and a real process understand alike (simulation.md §4.3).

A script that runs out of steps exits 0. A step the system refuses is skipped, but for a write that nobody reads: it ends
the process with status 1, or by SIGPIPE where that is set to its default. Streams are `out`, `err` or a number; signals
are names without SIG; durations are seconds.

    ["exit", code]                 end                          ["sleep", seconds]   a handler may run meanwhile
    ["pause"]                      for ever                     ["dstate", seconds]  not even SIGKILL; takes a disk to freeze
    ["write", stream, text|count]  text, or that many bytes     ["close", number]    close a descriptor
    ["enlarge", number, bytes]     make a pipe hold that much
    ["ignore", SIG]  ["default", SIG]  ["handle", SIG, steps]   ["block", SIG]  ["unblock", SIG]
    ["raise", SIG]                 a signal to itself           ["kill", who, SIG]   who: a pid, parent, group or init
    ["fork", steps]                a child that runs them       ["wait"]             until every child is reaped
    ["setsid"]  ["setpgid"]        a session or group of its own; ["setpgid", "parent"] joins the parent's group
    ["subreaper"]                  adopt orphans below          ["uid", number]      become that user
    ["limit", count]               that user may have so many processes (RLIMIT_NPROC; root any number)
    ["daemon", how, pidfile, steps]  what python-daemon makes of it: `detached`, `in front` or `by default`; pidfile may be ""
    ["loop", steps]                for ever                     ["repeat", n, steps]
    ["read"]                       stdin until its end          ["copy"]             stdin to stdout until its end
    ["accept", text]               one connection to the socket that is stdin: answered, {pid} being its own, and closed;
                                   exit 1 if stdin is none
    ["listen", result, seconds]    one round of the event listener protocol
    ["hear"]                       one whole event from stdin; its end ends the process with status 0
    ["live", ends, status, stop, stop_status, kill]  a life of a scenario (`sim.scenario.Life`), which has these as `…_ns` and
                                   `…status`; `kill` other than 0 is simulated only
    ["struck", number]             that signal has come: how a simulated `live` hears of it; simulated only
    ["save", path, text]           write a file; {pid} in the text is its own, {ppid} its parent's
    ["claim", path]                write its pid there, or exit 1 if there is such a file  ["unlink", path]
    ["exec-error", errno]          the program cannot be executed: there is no other step
    ["tell", key, …]               `key=value` words on one line of stdout; keys: pid ppid pgid sid uid gid groups cwd
                                   umask nofile fds argv attempt env:NAME
"""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

VERBS: dict[str, tuple[int, int]] = {
    "exit": (1, 1), "sleep": (1, 1), "pause": (0, 0), "dstate": (1, 1), "write": (2, 2), "close": (1, 1), "ignore": (1, 1),
    "default": (1, 1), "handle": (2, 2), "block": (1, 1), "unblock": (1, 1), "raise": (1, 1), "kill": (2, 2), "fork": (1, 1),
    "wait": (0, 0), "setsid": (0, 0), "setpgid": (0, 1), "subreaper": (0, 0), "uid": (1, 1), "loop": (1, 1), "repeat": (2, 2),
    "read": (0, 0), "copy": (0, 0), "listen": (2, 2), "hear": (0, 0), "save": (2, 2), "tell": (1, 99), "exec-error": (1, 1),
    "live": (5, 5), "struck": (1, 1), "limit": (1, 1), "daemon": (3, 3), "claim": (1, 1), "unlink": (1, 1), "enlarge": (2, 2),
    "accept": (1, 1),
}  # fmt: skip
"""Each verb with the least and the most arguments it takes."""
_LINE = b"x" * 79 + b"\n"


def check(steps: object) -> list[Any]:
    """The steps, if they are a script; ValueError that says which step is wrong."""
    if not isinstance(steps, list):
        raise ValueError(f"a script is a list of steps, not {steps!r}")
    for step in steps:
        if not isinstance(step, list) or not step or step[0] not in VERBS:
            raise ValueError(f"no such step: {step!r}; verbs are {', '.join(sorted(VERBS))}")
        least, most = VERBS[step[0]]
        if not least <= len(step) - 1 <= most:
            raise ValueError(f"{step!r}: {step[0]} takes {least} to {most} arguments")
        if step[0] in ("handle", "fork", "loop", "repeat", "daemon"):
            check(step[-1])
    return steps


def daemonize(steps: list[Any]) -> list[Any]:
    """Leave by a double fork: the process exits 0, a grandchild in a session of its own runs the steps."""
    return [["fork", [["setsid"], ["fork", steps], ["exit", 0]]], ["exit", 0]]


def detached(pidfile: str, steps: list[Any]) -> list[Any]:
    """What python-daemon does with `detach_process=True`."""
    return daemonize(in_front(pidfile, steps))


def in_front(pidfile: str, steps: list[Any]) -> list[Any]:
    """What python-daemon does with `detach_process=False`, and what is done after the steps; it ends with 1 by SIGTERM."""
    gone = [["unlink", pidfile]] if pidfile else []
    quiet = [["ignore", "TSTP"], ["ignore", "TTIN"], ["ignore", "TTOU"], ["handle", "TERM", [*gone, ["exit", 1]]]]
    claim = [["claim", pidfile]] if pidfile else []
    return [*quiet, ["close", 0], ["close", 1], ["close", 2], *claim, *steps, *gone]


def orphan(steps: list[Any]) -> list[Any]:
    """A child that loses its parent at once and runs the steps."""
    return ["fork", [["fork", steps], ["exit", 0]]]


def payload(count: int) -> bytes:
    """That many bytes of output, in lines of 80."""
    return (_LINE * (count // 80 + 1))[:count]


def real_argv(python: str, interpreter: str, steps: list[Any]) -> tuple[str, ...]:
    """The command line that runs a script as a real process: a Python, the path of `real.py`, the script."""
    return (python, "-I", "-S", interpreter, json.dumps(check(steps)))
