"""`initd -- CMD` in surroundings that nobody would choose: each must cost it nothing (pid1.md §8).

A case is a shell line around the init, its words, and the status and output that must come; as PID 1 and not.
"""

# ruff: noqa: E501  a table reads as one

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.e2e.container import UNSHARE, Container, children, descendants
from tests.e2e.inits.signals import TELLER, signals_before
from tests.e2e.instance import alive, daemon_command, stat_fields, until
from tests.e2e.terminal import Terminal

pytestmark = pytest.mark.usefixtures("as_root", "packages")
PLACES = pytest.mark.parametrize("first", [True, False], ids=["pid1", "not-pid1"])
GO = 'exec "$0" "$@"'
FIVE = ("--", "sh", "-c", "echo here; exit 5")
HERE = (5, "here\n", "")
SHOW_ARGUMENTS = 'for each in "$@"; do printf "<%s>" "$each"; done'
NESTED = ("--", *daemon_command(), "--", "sh", "-c", "echo here; exit 5")
COMMANDS = r"""
mkdir -p a b b/dir c; printf '#!/bin/sh\necho here; exit 5\n' >b/cmd; chmod 755 b/cmd; cp b/cmd a/cmd; chmod 644 a/cmd
cp b/cmd c/dir; printf '#!/bin/sh\r\necho here\r\n' >c/crlf; printf '\177ELF broken' >c/elf; ln -s loop c/loop; chmod 755 c/crlf c/elf
"""
CASES: dict[str, tuple[str, tuple[str, ...], tuple[int, str, str | None]]] = {
    # how it is called
    "no command": (GO, ("--",), (2, "", None)),
    "an empty command": (GO, ("--", ""), (2, "", None)),
    "a command that is two dashes": (GO, ("--", "--", "true"), (127, "", None)),
    "a command that looks like an option": (GO, ("--", "-c", "x"), (127, "", None)),
    "a blank command": (GO, ("--", " "), (127, "", None)),
    "words that look like options of ours": (GO, ("--", "sh", "-c", SHOW_ARGUMENTS, "x", "--", "-v", "-c"), (0, "<--><-v><-c>", "")),
    "words with blanks, lines, nothing in them": (GO, ("--", "sh", "-c", SHOW_ARGUMENTS, "x", "", " a\n", "*"), (0, "<>< a\n><*>", "")),
    "a word that is no UTF-8": (f"LC_ALL=C {GO} $'\\xff\\xfe'", ("--", "sh", "-c", 'printf %s "$1" | od -An -tx1', "x"), (0, " ff fe\n", "")),
    "a word of 120 KB": (f'{GO} "$(head -c 120000 /dev/zero | tr "\\0" x)"', ("--", "sh", "-c", "echo ${#1}", "x"), (0, "120000\n", "")),
    "two options in one word, a value attached": (GO, ("-ve5", *FIVE), (0, "here\n", None)),
    "another init of ours below it": (GO, NESTED, HERE),
    # where commands are looked for
    "no PATH": (f"unset PATH; {GO}", FIVE, HERE),
    "an empty PATH means the directory": (f"{COMMANDS} cd b; PATH= {GO}", ("--", "cmd"), (5, "here\n", "")),
    "a PATH with an empty entry": (f"{COMMANDS} cd b; PATH=/nowhere::/usr {GO}", ("--", "cmd"), HERE),
    "the first in PATH may not be executed, the second may": (f"{COMMANDS} PATH=$PWD/a:$PWD/b:$PATH {GO}", ("--", "cmd"), HERE),
    "only one in PATH, and it may not be executed": (f"{COMMANDS} PATH=$PWD/a:/bin {GO}", ("--", "cmd"), (126, "", None)),
    "a directory of that name comes first in PATH": (f"{COMMANDS} PATH=$PWD/b:$PWD/c:$PATH {GO}", ("--", "dir"), HERE),
    "a file in PATH": (f"PATH=/etc/passwd:$PATH {GO}", FIVE, HERE),
    "an interpreter with a carriage return": (f"{COMMANDS} {GO}", ("--", "c/crlf"), (127, "", None)),
    "a link to itself": (f"{COMMANDS} {GO}", ("--", "c/loop"), (126, "", None)),
    "a name that is too long": (GO, ("--", "/" + "x" * 300), (126, "", None)),
    "a file that is open for writing": (f"{COMMANDS} cp /bin/true c/busy; exec 8>>c/busy; {GO}", ("--", "c/busy"), (126, "", None)),
    "a relative path": (f"{COMMANDS} cd b; {GO}", ("--", "./cmd"), HERE),
    # what there is too little of
    "six descriptors": (f"ulimit -n 6; {GO}", FIVE, HERE),
    "no file may grow": (f"ulimit -f 0; {GO}", ("--", "sh", "-c", "exit 5"), (5, "", "")),
    "a small stack": (f"ulimit -s 256; {GO}", FIVE, HERE),
    "no core files, no locked memory, no queue of signals": (f"ulimit -c 0; ulimit -l 0; ulimit -i 0; {GO}", FIVE, HERE),
    "a directory that is gone": (f"mkdir gone; cd gone; rmdir ../gone; {GO}", FIVE, (5, "here\n", None)),
    "a directory that may not be read": (
        "mkdir shut; cd shut; chmod 0 .; exec setpriv --reuid 54321 --clear-groups \"$0\" \"$@\"", FIVE, (5, "here\n", None)
    ),
    # the surroundings
    "variables of Python's": (f"PYTHONHASHSEED=7 PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PYTHONOPTIMIZE=2 {GO}", FIVE, HERE),
    "a locale that there is none of": (f"LANG=xx_YY.UTF-8 LC_ALL=nonsense {GO}", FIVE, (5, "here\n", None)),
    "standard input is for writing": (f"{GO} 0>in", FIVE, HERE),
    "standard output is full": (f"{GO} >/dev/full", ("--", "sh", "-c", "exit 5"), (5, "", "")),
    "standard errors closed, and no such command": (f"{GO} 2>&-", ("--", "no-such-command"), (127, "", "")),
    "a descriptor with a high number": (f"exec 900</etc/passwd; {GO}", ("--", "sh", "-c", "head -c 4 /dev/fd/900; exit 5"), (5, "root", "")),
    "no privileges to be gained": ("exec setpriv --no-new-privs --bounding-set=-all \"$0\" \"$@\"", FIVE, HERE),
    "a user namespace without users": ("exec unshare -U \"$0\" \"$@\"", FIVE, HERE),
    "a session of its own without a terminal": ("exec setsid -w \"$0\" \"$@\"", FIVE, HERE),
    "/dev/null is not there": (f"mount -t tmpfs none /dev; {GO}", ("--", "sh", "-c", "exit 5"), (5, "", "")),
    # who ends how
    "CMD leaves its group": (GO, ("--", "python3", "-ISc", "import os; os.setsid() if os.getpid() != os.getpgrp() else 0; os._exit(5)"), (5, "", "")),
    "CMD closes everything": (GO, ("--", "sh", "-c", "exec <&- >&- 2>&-; sleep 0.1; exit 5"), (5, "", "")),
    "CMD ends below a stopped child": (GO, ("--", "sh", "-c", "sh -c 'kill -STOP $$' & sleep 0.1; exit 5"), (5, "", "")),
    "a thousand children at once": (GO, ("--", "sh", "-c", "i=0; while [ $i -lt 1000 ]; do (exit 3) & i=$((i+1)); done; exit 5"), (5, "", "")),
    "leftovers that breed": (GO, ("--grace=0.2", "--", "sh", "-c", "(trap '' TERM; while :; do sleep 0.01 & sleep 0.01; done) & exit 5"), (5, "", "")),
    "no time for leftovers": (GO, ("--grace", "0", "--", "sh", "-c", "(trap '' TERM; sleep 1000) & exit 5"), (5, "", "")),
}  # fmt: skip
ONLY_FIRST = ("/dev/null is not there",)


@PLACES
@pytest.mark.parametrize("name", CASES)
def test_it_costs_nothing(first: bool, name: str) -> None:
    around, words, (code, out, err) = CASES[name]
    if name in ONLY_FIRST:
        around = f"exec unshare -m --propagation private sh -c '{around}' \"$0\" \"$@\""
    with Container(*words, first=first, init=("bash", "-c", around, *daemon_command())) as container:
        answer = container.wait(), container.out, container.err
    assert answer[:2] == (code, out), answer
    assert "Traceback" not in answer[2] and "internal error" not in answer[2]
    if err is not None:
        assert answer[2] == err


def full_pipe() -> tuple[int, int]:
    """A pipe that nobody reads and nothing can be written into any more."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    try:
        while True:
            os.write(writer, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(writer, True)
    return reader, writer


@PLACES
def test_what_we_say_and_nobody_reads_does_not_hold_us_up(first: bool) -> None:
    reader, writer = full_pipe()
    with Container("-vvw", "--", *TELLER, first=first, stderr=writer) as container:
        os.close(writer)
        container.until_said("ready")
        for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, 40):
            container.send(number)
            container.until_said(f"<{int(number)}>")
        os.kill(children(container.pid)[0], signal.SIGKILL)
        assert container.wait() == 137
    os.close(reader)


@PLACES
def test_with_every_signal_blocked_by_who_started_us_they_arrive_and_stay_blocked_for_the_command(first: bool) -> None:
    every = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}
    with Container("--", "tail", "-n", "+1", "-f", "/etc/passwd", first=first, preexec_fn=signals_before((), every)) as container:
        container.until_said("root")
        (command,) = children(container.pid)
        mask = Path(f"/proc/{command}/status").read_text().split("SigBlk:")[1].split()[0]
        assert int(mask, 16) == sum(1 << (number - 1) for number in every)
        container.send(signal.SIGTERM)
        pending = lambda: int(Path(f"/proc/{command}/status").read_text().split("ShdPnd:")[1].split()[0], 16)  # noqa: E731
        until("SIGTERM waits at the command", lambda: pending() >> 14 & 1)
        os.kill(command, signal.SIGKILL)
        assert container.wait() == 137


@pytest.mark.parametrize("ignored", [False, True])
def test_a_terminal_that_is_hung_up_ends_the_command_unless_it_ignores_that(ignored: bool) -> None:
    nohup = ("bash", "-c", "trap '' HUP; exec \"$0\" \"$@\"") if ignored else ()
    with Terminal(*UNSHARE, "setsid", "-c", *nohup, *daemon_command(), "--", "sh", "-c", "echo on; exec sleep 1000") as screen:
        screen.until("on\r\n")
        below = until("the command", lambda: len(found := descendants(screen.pid)) == 2 and found)
        os.close(screen.fd)
        screen.fd = os.open("/dev/null", os.O_RDONLY)
        if ignored:
            os.kill(below[0], signal.SIGTERM)
        _, screen.status = os.waitpid(screen.pid, 0)
        assert os.waitstatus_to_exitcode(screen.status) == (143 if ignored else 129)
        assert not [pid for pid in below if alive(pid)]


def test_the_proc_of_another_namespace_is_not_taken_for_ours() -> None:
    outer = ("unshare", "--pid", "--fork", "--kill-child=KILL")
    script = "(trap 'echo told; exit' TERM; echo on; while :; do sleep 0.05; done) & read line; exit 3"
    with Container("--", "sh", "-c", script, first=False, init=(*outer, *daemon_command()), stdin=-1) as container:
        container.until_said("on")
        container.close_stdin()
        assert container.wait() == 3
        assert container.out == "on\ntold\n"


def test_who_entered_the_namespace_from_outside_is_told_of_the_end_and_waited_for() -> None:
    trap = "trap 'sleep 0.3; echo told >>said; exit' TERM; echo on >>said; while :; do sleep 0.05; done"
    with Container("--", "sh", "-c", "echo on; read line; exit 3", stdin=-1) as container:
        container.until_said("on")
        enter = ("nsenter", "-t", str(container.pid), "-p", "sh", "-c", f"cd {container.folder}; {trap}")
        with Container(*enter[1:], init=enter[:1], first=False) as guest:
            said = container.folder / "said"
            until("a guest", said.exists)
            container.close_stdin()
            assert container.wait() == 3
            assert said.read_text() == "on\ntold\n"
            guest.wait()


@PLACES
def test_more_realtime_signals_than_may_be_queued_do_not_harm_us(first: bool) -> None:
    crowd = ("bash", "-c", 'ulimit -i 40; exec setpriv --reuid 54323 --clear-groups "$0" "$@"', *daemon_command())
    with Container("--", "bash", "-c", "echo on; kill -STOP $$; exit 5", first=first, init=crowd) as container:
        container.until_said("on")
        stopped = lambda: [pid for pid in children(container.pid) if stat_fields(pid)[:1] == ["T"]]  # noqa: E731
        (command,) = until("a stopped command", stopped)
        for _ in range(200):
            container.send(signal.SIGRTMIN + 1)
        container.send(signal.SIGHUP)
        until("SIGHUP at the command", lambda: int(Path(f"/proc/{command}/status").read_text().split("ShdPnd:")[1].split()[0], 16) & 1)
        os.kill(command, signal.SIGCONT)
        assert container.wait() in (128 + signal.SIGHUP, 128 + signal.SIGRTMIN + 1)
