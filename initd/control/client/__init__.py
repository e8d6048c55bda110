"""initctl: the command line client of a supervisor, initd or a stock supervisord (supervisord-4.3 §7).

It is no part of the daemon and talks to it over XML-RPC alone. One-shot commands load only what they need.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

    from initd.control.client.session import Session


def main(argv: list[str] | None = None) -> int:
    """Run one command, or the shell if there is none, and return the exit code; `argv` includes the program's name.

    Ctrl-C ends the process by SIGINT, else a shell's loop would go on with the next command.
    """
    from initd.control.client.session import Session
    from initd.control.client.settings import UsageError, read_settings

    try:
        settings = read_settings(sys.argv if argv is None else argv)
    except UsageError as error:
        (sys.stdout if error.code == 0 else sys.stderr).write(str(error))
        return error.code
    session = Session(settings.config, sys.stdout or _nowhere(), settings.interactive)
    if settings.plugins:
        from initd.control.client.controller import add_plugins

        try:
            add_plugins(session, settings.plugins)
        except Exception as error:
            sys.stderr.write(f"Error: {error}\n")
            return 1
    try:
        if settings.action:
            session.run(" ".join(settings.action))
            session.out.flush()
            return int(session.status)
        from initd.control.client.shell import interact

        interact(session)
        return 0
    except KeyboardInterrupt:
        return _die_of_it(session)
    except BrokenPipeError:  # the reader has gone, and the interpreter need not try to tell it again at exit
        sys.stdout = None
        return 1
    except OSError as error:  # whatever else happens to a verb, the session has told: this is about the output
        sys.stdout = None
        sys.stderr.write(f"initctl: standard output: {error.strerror}\n")
        return 1


def _nowhere() -> TextIO:
    """Where to print with standard output closed: a daemon's hook is after the exit code."""
    return open(os.devnull, "w")


def _die_of_it(session: Session) -> int:
    import contextlib
    import signal

    with contextlib.suppress(OSError):
        session.out.flush()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.raise_signal(signal.SIGINT)
    return 130
