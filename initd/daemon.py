"""The command `initd` as supervisord's: a version, a help text, a daemon in the background, or `foreground` (§2.9 of
supervisord-4.3).

Nothing heavy is imported before it is known to be needed: a command that only goes into the background or complains
about its configuration never loads the daemon. Exit status: 0 after an orderly shutdown, 1 when a program had to be left
behind, 2 when the daemon could not start.
"""

from __future__ import annotations

import gc
import os
import sys

from initd import SUPERVISOR_VERSION
from initd.config.load import load, parse_arguments, render
from initd.daemonize import complain, launch, report, status_fd
from initd.errors import EXIT_USAGE, ConfigError
from initd.isolation import complete_path
from initd.kernel import linux_process
from initd.kernel.linux_host import linux_host
from initd.signals import CAUGHT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def main(words: Sequence[str], program: str, mask: Iterable[int]) -> int:
    """Do what the words ask for; returns the exit status. All signals are held; `mask` is what to restore for children."""
    gc.disable()  # there is nothing to find yet; the daemon collects when it is idle
    complete_path()
    linux_process.hold_only(CAUGHT, mask)
    linux_process.fill_standard_streams()
    status = status_fd()
    try:
        return _dispatch(words, program, status)
    except ConfigError as error:
        text = render(error, program)
        if status >= 0:
            report(status, EXIT_USAGE, text)
        else:
            complain(text)
        return EXIT_USAGE


def _dispatch(words: Sequence[str], program: str, status: int) -> int:
    if words and words[0] == "check":
        return _check(words[1:], program)
    arguments = parse_arguments(words)
    if arguments.wants == "version":
        print(SUPERVISOR_VERSION)
        return 0
    if arguments.wants == "help":
        from initd.config.usage import daemon_help

        sys.stdout.write(daemon_help(program))
        return 0
    host = linux_host(program)
    config = load(arguments, host)
    first = os.getpid() == 1
    if arguments.command and not (first or config.daemon.nodaemon):  # in front, as its output is, with which ours does not mix
        config = config.replace(daemon=config.daemon.replace(nodaemon=True, silent=True))
    if not (config.daemon.nodaemon or first or status >= 0):
        linux_process.release_signals(CAUGHT)
        return launch()
    from initd.foreground import run

    return run(arguments, config, host, status)


def _check(words: Sequence[str], program: str) -> int:
    from initd.check import check

    linux_process.release_signals(CAUGHT)
    code, text = check(words, linux_host(program), os.isatty(1))
    data = text.encode(sys.stdout.encoding if sys.stdout is not None else "utf-8", "backslashreplace")
    try:
        while data:
            data = data[os.write(1, data) :]
    except OSError:  # nobody reads on, as behind `| head`
        return code
    return code
