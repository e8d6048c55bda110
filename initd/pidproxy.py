"""pidproxy: run a program that writes a pidfile, and hand it the signals meant for this process (supervisord-4.3 §10, §12.7).

For programs whose command is not the process to signal: the supervisor signals this program, which signals the pid in the
file. A companion command, no part of the daemon.
"""

from __future__ import annotations

import os
import signal
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

FORWARDED = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGQUIT)
ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
LOOK_EVERY_S = 5.0

_USAGE = """\
usage: {program} PIDFILE COMMAND [ARGUMENT...]

Runs COMMAND (a path, the PATH is not searched) and forwards TERM, HUP, INT, USR1, USR2 and QUIT to the pid in PIDFILE.
Ends with the command, or after forwarding TERM, INT or QUIT.
"""


class PidProxy:
    """Runs `command` and forwards signals to whatever pid `pidfile` holds when they arrive."""

    def __init__(self, pidfile: str, command: list[str], look_every_s: float = LOOK_EVERY_S) -> None:
        self._pidfile, self._command, self._look_every_s = pidfile, command, look_every_s

    def run(self) -> int:
        """Start the command and return when it has ended: 0, or 127 if it could not be started.

        An end is noticed at a multiple of `look_every_s` after the start, as ever: supervisors count on a command that
        puts itself into the background to stay up here for longer than its startsecs.
        """
        if signal.getsignal(signal.SIGCHLD) == signal.SIG_IGN:  # nobody would hear of the end
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        # Taken from a queue, not by handlers: one that came just before a wait began would be lost until the next.
        held = signal.pthread_sigmask(signal.SIG_BLOCK, (*FORWARDED, signal.SIGCHLD))
        try:
            return self._run(held)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, held)

    def _run(self, held: Iterable[int]) -> int:
        started = time.monotonic()
        try:
            path = os.path.abspath(self._command[0])
            pid = os.posix_spawn(path, self._command, os.environ, setsigmask=held)
        except OSError as error:
            _say(f"Can't run {self._command[0]}: {error.strerror}")
            return 127
        while os.waitpid(pid, os.WNOHANG)[0] == 0:
            number = signal.sigwait((*FORWARDED, signal.SIGCHLD))
            if number != signal.SIGCHLD:
                self._forward(number)
        self._attend(-(time.monotonic() - started) % self._look_every_s)
        return 0

    def _attend(self, seconds: float) -> None:
        """Forward what comes within that time."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            arrived = signal.sigtimedwait(FORWARDED, left)
            if arrived is not None:
                self._forward(arrived.si_signo)

    def _forward(self, number: int) -> None:
        try:
            with open(self._pidfile, encoding="ascii") as file:
                pid = int(file.read())
        except (OSError, ValueError):
            _say(f"Can't read child pidfile {self._pidfile}!")
            return
        try:
            os.kill(pid, number)
        except (OSError, OverflowError) as error:
            _say(f"Can't send signal {number} to pid {pid} of {self._pidfile}: {error}")
            sys.exit(1)
        if number in ENDING:
            sys.exit(0)


def _say(line: str) -> None:
    """Print without a buffer: whoever waits for the line waits for it now."""
    os.write(1, f"{line}\n".encode(errors="backslashreplace"))


def main(argv: list[str] | None = None) -> int:
    """The command `pidproxy`; returns the exit status."""
    words = sys.argv if argv is None else argv
    if len(words) < 3:
        sys.stdout.write(_USAGE.format(program=words[0]))
        return 1
    return PidProxy(words[1], words[2:]).run()


if __name__ == "__main__":
    sys.exit(main())
