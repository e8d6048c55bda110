"""`initd -- CMD` in front of a terminal, in what is not asked of other inits too (`tests/e2e/inits/terminals.py`)."""

from __future__ import annotations

import os
import shlex
import signal
import termios
from pathlib import Path

import pytest

from tests.e2e.container import UNSHARE, children, descendants
from tests.e2e.inits.terminals import SHELL
from tests.e2e.instance import alive, daemon_command, until
from tests.e2e.terminal import Terminal

pytestmark = pytest.mark.usefixtures("as_root")
INIT = shlex.join(daemon_command())


def runs(name: str, pid: int) -> bool:
    """Whether somebody below that process is that program."""
    return any(Path(f"/proc/{one}/comm").read_text() == f"{name}\n" for one in descendants(pid) if alive(one))


def first(*words: str) -> Terminal:
    """PID 1 of a namespace on a terminal, session leader as in a container."""
    return Terminal(*UNSHARE, "setsid", "-c", *daemon_command(), *words)


def test_the_command_is_in_front_and_reads_what_is_typed() -> None:
    with first("--", "sh", "-c", "ps -o pgid= -o tpgid= -p $$; read line; echo got $line; exit 3") as screen:
        screen.until("\n")
        group, front = screen.seen.split()[:2]
        assert group == front
        screen.type("hello\n")
        screen.until("got hello")
        assert screen.ended() == 3


@pytest.mark.parametrize("options", [(), ("--setsid",)])
def test_a_shell_stops_and_kills_its_jobs_without_a_complaint(options: tuple[str, ...]) -> None:
    with first(*options, "--", *SHELL) as screen:
        screen.until("$ ")
        screen.type("sleep 1000\n")
        until("sleep", lambda: runs("sleep", screen.pid))
        screen.type("\x1a")
        screen.until("Stopped")
        screen.type("kill %1; exit 7\n")
        screen.type("exit 7\n")
        assert screen.ended() == 7
        assert "no job control" not in screen.seen and "cannot set terminal process group" not in screen.seen


def test_a_job_in_the_background_leaves_the_terminal_to_the_shell() -> None:
    with Terminal(*SHELL) as screen:
        screen.until("$ ")
        screen.type(f"{INIT} -- sleep 1000 &\n")
        until("the job", lambda: len(descendants(screen.pid)) >= 2)
        place = screen.type("echo still $((40 + 2))\n")
        screen.until("still 42", place)
        screen.type("kill %1; wait; exit 5\n")
        assert screen.ended() == 5


def test_output_of_the_command_waits_for_no_terminal_in_tostop_mode() -> None:
    with first("-vv", "--", "sh", "-c", "stty tostop; echo on; read line; exit 6") as screen:
        screen.until("on")
        init = until("an init", lambda: children(screen.pid))[0]
        os.kill(init, signal.SIGWINCH)
        screen.until("SIGWINCH")
        assert termios.tcgetattr(screen.fd)[3] & termios.TOSTOP
        screen.type("\n")
        assert screen.ended() == 6
