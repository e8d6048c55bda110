"""An init in front of a terminal, as `docker run -it` and an interactive shell have it: hand-over, Ctrl-C, Ctrl-Z."""

from __future__ import annotations

import os
import shlex
import signal
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.container import UNSHARE, children, descendants
from tests.e2e.instance import alive, daemon_command, stat_fields, until
from tests.e2e.terminal import Terminal

pytestmark = pytest.mark.usefixtures("as_root")
INIT = shlex.join(daemon_command())


@pytest.fixture
def terminal() -> Iterator[object]:
    """Makes terminals that are closed afterwards."""
    made: list[Terminal] = []

    def make(*command: str) -> Terminal:
        made.append(Terminal(*command))
        return made[-1]

    yield make
    for one in made:
        one.close()


def runs(name: str, pid: int) -> bool:
    """Whether somebody below that process is that program."""
    return any(Path(f"/proc/{one}/comm").read_text() == f"{name}\n" for one in descendants(pid) if alive(one))


def first(*words: str) -> list[str]:
    """PID 1 of a namespace on the terminal, session leader as in a container."""
    return [*UNSHARE, "setsid", "-c", *daemon_command(), *words]


def test_the_command_is_in_front_and_reads_what_is_typed(terminal) -> None:  # type: ignore[no-untyped-def]
    screen = terminal(*first("--", "sh", "-c", "ps -o pgid= -o tpgid= -p $$; read line; echo got $line; exit 3"))
    screen.until("\n")
    group, front = screen.seen.split()[:2]
    assert group == front
    screen.type("hello\n")
    screen.until("got hello")
    assert screen.ended() == 3


@pytest.mark.parametrize("options", [(), ("--setsid",)])
def test_a_shell_has_job_control(terminal, options: tuple[str, ...]) -> None:  # type: ignore[no-untyped-def]
    screen = terminal(*first(*options, "--", "bash", "--norc", "--noprofile", "-i"))
    screen.until("$ ")
    place = screen.type("echo flags=$-.\n")
    flags = screen.until("\r\nflags=", place)
    assert "m" in screen.seen[flags : screen.until(".", flags)]
    screen.type("sleep 1000\n")
    until("sleep", lambda: runs("sleep", screen.pid))
    screen.type("\x1a")
    screen.until("Stopped")
    screen.type("kill %1; exit 7\n")
    screen.type("exit 7\n")
    assert screen.ended() == 7
    assert "no job control" not in screen.seen and "cannot set terminal process group" not in screen.seen


def test_ctrl_c_ends_the_command_and_not_us(terminal) -> None:  # type: ignore[no-untyped-def]
    screen = terminal(*first("--", "sh", "-c", "echo on; exec sleep 1000"))
    screen.until("on")
    until("sleep", lambda: runs("sleep", screen.pid))
    screen.type("\x03")
    assert screen.ended() == 130


def in_front(screen: Terminal) -> bool:
    """Whether the terminal is the command's, and all of the job runs."""
    fields = [stat_fields(pid) for pid in descendants(screen.pid)]
    run = len(fields) > 1 and all(each[:1] not in ([], ["T"]) for each in fields)
    return run and fields[-1][2] == str(os.tcgetpgrp(screen.fd))


def test_ctrl_z_stops_the_job_for_the_shell_and_fg_goes_on(terminal) -> None:  # type: ignore[no-untyped-def]
    screen = terminal("bash", "--norc", "--noprofile", "-i")
    screen.until("$ ")
    screen.type(f"{INIT} -- sh -c 'echo go; read line; echo got $line'\n")
    screen.until("\r\ngo\r\n")
    for _ in range(2):
        until("the command in front, and nobody stopped", lambda: in_front(screen))  # SIGCONT takes back what comes before it
        place = screen.type("\x1a")
        place = screen.until("Stopped", place)
        screen.until("$ ", place)
        place = screen.type("echo prompt; fg\n")
        screen.until("\r\nprompt", place)
        screen.until("-- sh -c", screen.until("\r\nprompt", place))
    screen.type("hello\n")
    screen.until("got hello")
    screen.type("exit 4\n")
    assert screen.ended() == 4


def test_a_job_in_the_background_leaves_the_terminal_to_the_shell(terminal) -> None:  # type: ignore[no-untyped-def]
    screen = terminal("bash", "--norc", "--noprofile", "-i")
    screen.until("$ ")
    screen.type(f"{INIT} -- sleep 1000 &\n")
    until("the job", lambda: len(descendants(screen.pid)) >= 2)
    place = screen.type("echo still $((40 + 2))\n")
    screen.until("still 42", place)
    screen.type("kill %1; wait; exit 5\n")
    assert screen.ended() == 5


def test_output_of_the_command_waits_for_no_terminal_in_tostop_mode(terminal) -> None:  # type: ignore[no-untyped-def]
    screen = terminal(*first("-vv", "--", "sh", "-c", "stty tostop; echo on; read line; exit 6"))
    screen.until("on")
    init = until("an init", lambda: children(screen.pid))[0]
    os.kill(init, signal.SIGWINCH)
    screen.until("SIGWINCH")
    assert termios.tcgetattr(screen.fd)[3] & termios.TOSTOP
    screen.type("\n")
    assert screen.ended() == 6
