"""Signal names and numbers as configuration, RPC and log lines spell them (supervisord-4.3 §1.5, §2.4, §12.1).

Only the table belongs here, and the two ways to look something up in it. It is written out for Linux rather than taken
from the `signal` module, so that the simulator and every layer agree on it without asking the platform.
"""

from __future__ import annotations

SIGHUP, SIGINT, SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGKILL, SIGUSR1 = range(1, 11)
SIGSEGV, SIGUSR2, SIGPIPE, SIGALRM, SIGTERM, SIGSTKFLT, SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP = range(11, 21)
SIGTTIN, SIGTTOU, SIGURG, SIGXCPU, SIGXFSZ, SIGVTALRM, SIGPROF, SIGWINCH, SIGPOLL, SIGPWR, SIGSYS = range(21, 32)
SIGRTMIN, SIGRTMAX = 34, 64
CAUGHT = (SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGTERM, SIGCHLD)
"""What the daemon catches."""

_SHORT = (
    "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP "
    "TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH POLL PWR SYS"
)
_NAMES = {number: "SIG" + name for number, name in enumerate(_SHORT.split(), start=1)}
_NAMES[SIGRTMIN] = "SIGRTMIN"
_NAMES[SIGRTMAX] = "SIGRTMAX"

# What is accepted but never printed: second names, and constants that are no signals but carry a SIG name in Python.
_NUMBERS = {name: number for number, name in _NAMES.items()}
_NUMBERS.update(SIGIOT=SIGABRT, SIGCLD=SIGCHLD, SIGIO=SIGPOLL)
_NUMBERS.update(SIG_DFL=0, SIG_IGN=1, SIG_BLOCK=0, SIG_UNBLOCK=1, SIG_SETMASK=2)


def signal_number(text: str) -> int | None:
    """The number that a configuration or a client means: a number, or a name in any case, with or without SIG.

    None if it is neither; numbers without a name (35 to 63) are not accepted, 0 is.
    """
    try:
        number = int(text)
    except ValueError:
        name = text.strip().upper()
        return _NUMBERS.get(name if name.startswith("SIG") else "SIG" + name)
    return number if number == 0 or number in _NAMES else None


def signal_name(number: int) -> str:
    """The name as log lines print it, e.g. `SIGTERM`; `signal 35` for a number without one."""
    return _NAMES.get(number) or f"signal {number}"
