"""As tini 0.19 (docker-init): its options, variables, messages and exit codes (pid1.md §1.1).

Its faults are not kept: a closed standard input, a SIGCHLD that was inherited as ignored.
"""

from __future__ import annotations

from initd import signals
from initd.reaper.getopt import Caller, Ends, scan
from initd.reaper.options import Options

VERSION = "tini version 0.19.0"
USAGE = """\
{name} ({version})
Usage: {name} [OPTIONS] PROGRAM -- [ARGS] | --version

Execute a program under the supervision of a valid init process ({name})

Command line options:

  --version: Show version and exit.
  -h: Show this help message and exit.
  -s: Register as a process subreaper (requires Linux >= 3.4).
  -p SIGNAL: Trigger SIGNAL when parent dies, e.g. "-p SIGKILL".
  -v: Generate more verbose output. Repeat up to 3 times.
  -w: Print a warning when processes are getting reaped.
  -g: Send signals to the child's process group.
  -e EXIT_CODE: Remap EXIT_CODE (from 0 to 255) to 0.
  -l: Show license and exit.

Environment variables:

  TINI_SUBREAPER: Register as a process subreaper (requires Linux >= 3.4).
  TINI_VERBOSITY: Set the verbosity level (default: 1).
  TINI_KILL_PROCESS_GROUP: Send signals to the child's process group.

"""
NO_SUBREAPER = """\
Tini is not running as PID 1 and isn't registered as a child subreaper.
Zombie processes will not be re-parented to Tini, so zombie reaping won't work.
To fix the problem, use the -s option or set the environment variable TINI_SUBREAPER to register Tini as a child \
subreaper, or run Tini as PID 1."""
NOBODY = "No child to reap"
LICENSE = """\
The MIT License (MIT)

Copyright (c) 2015 Thomas Orozco <thomas@orozco.fr>

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in
all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN
THE SOFTWARE.
"""
OWN_FAULTS = (
    *(signals.SIGILL, signals.SIGTRAP, signals.SIGABRT, signals.SIGBUS, signals.SIGFPE, signals.SIGSEGV, signals.SIGSYS),
    *(signals.SIGTTIN, signals.SIGTTOU),
)
"""What it does not forward."""
FATAL, WARN, INFO, DEBUG, TRACE = range(5)
LABELS = ("FATAL", "WARN ", "INFO ", "DEBUG", "TRACE")


def plan(caller: Caller) -> Options:
    """The run that a call of tini asks for. Raises Ends."""
    name = caller.name.rpartition("/")[2]
    usage = USAGE.format(name=name, version=VERSION)
    if list(caller.words) == ["--version"]:
        raise Ends(0, f"{VERSION}\n")
    found, command = scan(caller, "p:hvwgle:s", {}, True, usage)
    options = Options()
    options.grace_ns, options.name = None, "tini"
    options.subreaper = b"TINI_SUBREAPER" in caller.environ
    options.rewrites = dict.fromkeys(OWN_FAULTS, 0)
    if b"TINI_KILL_PROCESS_GROUP" in caller.environ:
        options.target = "group"
    verbosity = 1
    for letter, value in found:
        if letter == "h":
            raise Ends(0, usage)
        if letter == "l":
            raise Ends(0, LICENSE)
        verbosity += letter == "v"
        _option(options, letter, value, caller.pid)
    if not command:
        raise Ends(1, err=usage)
    options.command = tuple(command)
    if b"TINI_VERBOSITY" in caller.environ:
        verbosity = _atoi(caller.environ[b"TINI_VERBOSITY"])
    _voice(options, caller, verbosity)
    return options


def _option(options: Options, letter: str, value: str, pid: int) -> None:
    if letter == "s":
        options.subreaper = True
    elif letter == "g":
        options.target = "group"
    elif letter == "w":
        options.warn_on_reap = True
    elif letter == "e":
        if not value.isdecimal() or int(value) > 255:
            raise Ends(1, err=_line(FATAL, pid, f"Not a valid option for -e: {value}"))
        options.codes[int(value)] = 0
    elif letter == "p":
        number = signals.signal_number(value) if value.startswith("SIG") and "_" not in value else None
        if number is None or not 1 <= number <= signals.SIGSYS:
            raise Ends(1, err=_line(FATAL, pid, f"Not a valid option for -p: {value}"))
        options.parent_death = number


def _voice(options: Options, caller: Caller, verbosity: int) -> None:
    def describe(number: int) -> str:
        return caller.describe(number) or f"Unknown signal {number}"

    def lines(event: str, first: int, second: int) -> list[tuple[int, str]]:
        if event == "bound":
            registered = [(TRACE, "Registered as child subreaper")] if first else []
            return registered if second or caller.pid == 1 else [(WARN, NO_SUBREAPER)]
        if event == "started":
            return [(INFO, f"Spawned child process '{options.command[0]}' with pid '{first}'")]
        if event == "passed":
            said = [(DEBUG, f"Passing signal: '{describe(second)}'")] if second else []
            return [*said, (TRACE, NOBODY)]
        if event == "waits":
            return [(TRACE, NOBODY)]
        if event == "changed":
            return [(DEBUG, "Received SIGCHLD")]
        if event == "reaped":
            warning = [(WARN, f"Reaped zombie process with pid={first}")] if options.warn_on_reap else []
            return [(DEBUG, f"Reaped child with pid: '{first}'"), *warning]
        if event == "exited":
            return [(DEBUG, f"Reaped child with pid: '{first}'"), (INFO, f"Main child exited normally (with status '{second}')")]
        if event == "died":
            died = f"Main child exited with signal (with signal '{describe(second)}')"
            return [(DEBUG, f"Reaped child with pid: '{first}'"), (INFO, died)]
        return [(TRACE, "No child to wait"), (TRACE, "Exiting: child has exited")] if event == "over" else []

    def remark(event: str, first: int, second: int) -> list[tuple[int, str]]:
        said = [(level, text) for level, text in lines(event, first, second) if level <= verbosity]
        return [(2 if level <= WARN else 1, _line(level, caller.pid, text)) for level, text in said]

    def refuse(number: int, text: str, pid: int) -> tuple[str, int]:
        code = {2: 127, 13: 126}.get(number, 1)  # ENOENT, EACCES
        return _line(FATAL, pid, f"exec {options.command[0]} failed: {text}"), code

    options.remark, options.refuse = remark, refuse


def _line(level: int, pid: int, text: str) -> str:
    return f"[{LABELS[level]} tini ({pid})] {text}\n"


def _atoi(text: bytes) -> int:
    digits = text.strip().lstrip(b"+-")
    count = len(digits) - len(digits.lstrip(b"0123456789"))
    return int(digits[:count] or 0) * (-1 if text.strip().startswith(b"-") else 1)
