"""From argv to what is to be run: a version, a help text, a daemon in the background, or `foreground` (supervisord-4.3 §2.9).

Nothing heavy is imported before it is known to be needed: a command that only goes into the background or complains
about its configuration never loads the daemon. Exit status: 0 after an orderly shutdown, 1 when a program had to be left
behind, 2 when the daemon could not start.
"""

from __future__ import annotations

import os
import sys

from initd import SUPERVISOR_VERSION
from initd.config.host import Host
from initd.config.load import load, parse_arguments, render
from initd.daemonize import complain, launch, report, status_fd
from initd.errors import EXIT_USAGE, ConfigError
from initd.kernel import linux_process
from initd.kernel.linux_files import LinuxFiles
from initd.signals import CAUGHT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """The command `initd`; returns the exit status."""
    linux_process.hold_signals(CAUGHT)
    linux_process.fill_standard_streams()
    words = sys.argv[1:] if argv is None else list(argv)
    status = status_fd()
    program = sys.argv[0]
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
    if words and words[0] == "--":
        raise ConfigError("running a single command is not supported yet", hint="use -c FILE")
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


def linux_host(program: str) -> Host:
    """This machine, as configuration sees it."""
    environ = dict(os.environ)
    tempdir = next(
        (environ[name] for name in ("TMPDIR", "TEMP", "TMP") if os.path.isdir(environ.get(name, ""))), "/tmp"
    )
    try:
        cwd = os.getcwd()
    except OSError:  # it was removed; what is absolute still works
        cwd = "/"
    # One encoding for what is read and for names, arguments and paths: so every byte comes out as it was written.
    encoding = sys.getfilesystemencoding()
    return Host(environ, cwd, os.uname().nodename, tempdir, program, LinuxFiles(), os.getuid(), encoding)
