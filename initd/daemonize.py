"""Into the background on a VM: the command returns when the daemon is up, or says why it is not (D29).

Three processes: the command waits at a pipe; its child becomes a daemon with `python-daemon` (two forks) and executes
the program afresh, so that the daemon carries none of what daemonizing imports; the daemon reports through the pipe.
"""

from __future__ import annotations

import os
import sys

VARIABLE = "INITD_STATUS_FD"
"""Names the descriptor of the pipe to the daemon; taken out of the environment first thing."""


def launch() -> int:
    """Start this very command line again in the background; returns its exit status, 0 once the daemon is up."""
    reader, writer = os.pipe()
    os.set_inheritable(writer, True)
    child = os.fork()
    if child == 0:
        os.close(reader)
        try:
            _become_daemon(writer)
        except Exception as error:  # there may be no standard error any more, but there is the pipe
            report(writer, 1, f"Error: could not go into the background: {error}\n")
        os._exit(1)
    os.close(writer)
    with open(reader, "rb") as pipe:
        answer = pipe.read().decode("utf-8", "surrogateescape")
    os.waitpid(child, 0)
    status, _, text = answer.partition("\n")
    if not status.isdigit():
        text, status = "Error: the daemon ended before it was up\n", "1"
    complain(text)
    return int(status)


def complain(text: str) -> None:
    """Write to standard error, if there is one that takes it."""
    if sys.stderr is not None and text:
        try:
            sys.stderr.write(text)
            sys.stderr.flush()
        except OSError:
            return


def _become_daemon(writer: int) -> None:
    from daemon import DaemonContext

    for fd, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:  # it was closed when the interpreter started
            setattr(sys, name, open(fd, "r" if fd == 0 else "w", closefd=False))
    mask = os.umask(0o022)
    context = DaemonContext(
        working_directory=".",
        umask=mask,  # `umask` and `directory` of the configuration apply later, once the logs are open
        prevent_core=False,
        detach_process=True,
        signal_map={},
        files_preserve=[writer],
    )
    context.open()
    for standard in range(3):  # /dev/null by now, but opened at these very numbers and so close-on-exec
        os.set_inheritable(standard, True)
    os.environ[VARIABLE] = str(writer)
    os.execv(sys.executable, sys.orig_argv)


def status_fd() -> int:
    """The descriptor to report to if we are the daemon that `launch` started, else -1."""
    text = os.environ.pop(VARIABLE, "")
    if not text.isdigit():
        return -1
    fd = int(text)
    try:
        os.set_inheritable(fd, False)
    except OSError:
        return -1
    return fd


def report(fd: int, status: int, text: str = "") -> None:
    """Tell the waiting command, if it still waits, its exit status and what to print on stderr; closes the descriptor."""
    if fd >= 0:
        try:
            os.write(fd, f"{status}\n{text}".encode("utf-8", "surrogateescape"))
        except BrokenPipeError:
            pass  # it was interrupted; we go on
        os.close(fd)
