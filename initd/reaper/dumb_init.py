"""As dumb-init 1.2.5: its options, variables, messages, suspend handling and exit codes (pid1.md §1.1).

Its faults are not kept: a signal that was inherited as ignored or blocked stays so in the child.
"""

from __future__ import annotations

from initd.reaper.getopt import Caller, Ends, scan
from initd.reaper.options import Options
from initd.signals import SIGCHLD, SIGSTOP, SIGSYS, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU

SUSPENDING = (SIGTSTP, SIGTTIN, SIGTTOU)
LONG = {"help": "h", "single-child": "c", "rewrite": "r", "verbose": "v", "version": "V"}
HELP = """\
dumb-init v1.2.5
Usage: {name} [option] command [[arg] ...]

dumb-init is a simple process supervisor that forwards signals to children.
It is designed to run as PID1 in minimal container environments.

Optional arguments:
   -c, --single-child   Run in single-child mode.
                        In this mode, signals are only proxied to the
                        direct child and not any of its descendants.
   -r, --rewrite s:r    Rewrite received signal s to new signal r before proxying.
                        To ignore (not proxy) a signal, rewrite it to 0.
                        This option can be specified multiple times.
   -v, --verbose        Print debugging information to stderr.
   -h, --help           Print this help message and exit.
   -V, --version        Print the current version and exit.

Full help is available online at https://github.com/Yelp/dumb-init
"""
REWRITE_USAGE = """\
Usage: -r option takes <signum>:<signum>, where <signum> is between 1 and 31.
This option can be specified multiple times.
Use --help for full usage.
"""


def plan(caller: Caller) -> Options:
    """The run that a call of dumb-init asks for. Raises Ends."""
    found, command = scan(caller, "hvVcr:", LONG, False)
    options = Options()
    options.grace_ns, options.subreaper, options.name = None, False, "dumb-init"
    options.refuse = lambda number, text, pid: (f"[dumb-init] {options.command[0]}: {text}\n", 2)
    options.farewell, options.suspend = SIGTERM, SUSPENDING
    session = caller.environ.get(b"DUMB_INIT_SETSID") != b"0"
    debugging = caller.environ.get(b"DUMB_INIT_DEBUG") == b"1"
    verbose = debugging
    for letter, value in found:
        if letter == "h":
            raise Ends(0, err=HELP.format(name=caller.name))
        if letter == "V":
            raise Ends(0, err="dumb-init v1.2.5\n")
        if letter == "r":
            _rewrite(options, value)
        session = session and letter != "c"
        verbose = verbose or letter == "v"
    if not command:
        raise Ends(1, err=f"Usage: {caller.name} [option] program [args]\nTry {caller.name} --help for full usage.\n")
    options.command = tuple(command)
    options.place = "session" if session else "none"
    options.target = "group" if session else "child"
    if session:
        options.rewrites = {**dict.fromkeys(SUSPENDING, SIGSTOP), **options.rewrites}
    if verbose:
        _voice(options, debugging, session, caller.environ.get(b"DUMB_INIT_SETSID") == b"0")
    return options


def _rewrite(options: Options, text: str) -> None:
    old, _, new = text.partition(":")
    digits = new[: len(new) - len(new.lstrip("0123456789"))]  # as sscanf("%d:%d") reads it
    if not old.isdecimal() or not digits or not 1 <= int(old) <= SIGSYS or int(digits) > SIGSYS:
        raise Ends(1, err=REWRITE_USAGE)
    options.rewrites[int(old)] = int(digits)


def _voice(options: Options, debugging: bool, session: bool, without: bool) -> None:
    def lines(event: str, first: int, second: int) -> list[str]:
        if event == "bound":
            return ["Running in debug mode."] * debugging + ["Not running in setsid mode."] * without
        if event == "started":
            return [f"Child spawned with PID {first}."] + ["setsid complete."] * session
        if event == "changed":
            return [f"Received signal {SIGCHLD}."]
        if event == "ignored":
            return [f"Received signal {first}.", f"Ignoring tty hand-off signal {first}."]
        if event == "passed":
            return [f"Received signal {first}.", *forwarded(first, second)]
        if event == "reaped":
            return [f"A child with PID {first} has ended."]
        if event == "exited":
            return [f"A child with PID {first} exited with exit status {second}."]
        if event == "died":
            return [f"A child with PID {first} was terminated by signal {second}."]
        farewell = options.rewrites.get(SIGTERM, SIGTERM)
        return [*forwarded(SIGTERM, farewell), f"Child exited with status {first}. Goodbye."] if event == "over" else []

    def forwarded(old: int, new: int) -> list[str]:
        translated = [f"Translating signal {old} to {new}."] if old in options.rewrites else []
        done = f"Forwarded signal {new} to children." if new else "Not forwarding signal 0 to children (ignored)."
        return [*translated, done, *["Suspending self due to TTY signal."] * (old in SUSPENDING)]

    def remark(event: str, first: int, second: int) -> list[tuple[int, str]]:
        return [(2, f"[dumb-init] {line}\n") for line in lines(event, first, second)]

    options.remark = remark
