"""An init in front of a terminal: as `docker run -it` has it (PID 1, session leader), and below an interactive shell."""

from __future__ import annotations

import os
import shlex

from tests.e2e.container import UNSHARE, descendants
from tests.e2e.inits.case import ELSE, PID1, Trial, case, having
from tests.e2e.inits.signals import FENCE, TELLER
from tests.e2e.instance import stat_fields, until
from tests.e2e.terminal import Terminal

SHELL = ("bash", "--norc", "--noprofile", "-i")


def attached(trial: Trial, *command: str) -> Terminal:
    """That command below the init, which is PID 1 and leads the session of the terminal."""
    return Terminal(*UNSHARE, "setsid", "-c", *trial.init.words, *trial.given, "--", *command)


@case("`tac` over a terminal", "dumb-init: tty round trip", "answers, 0", places=(PID1,))
def tac(trial: Trial) -> str:
    with attached(trial, "sh", "-c", "stty -echo; echo on; exec tac") as screen:
        screen.until("on")
        screen.type("first\nsecond\n\x04")
        answers = screen.sees("second\r\nfirst\r\n", 0, trial.patience_s)
        return f"{'answers' if answers else 'silence'}, {screen.ended(trial.patience_s)}"


@case("`exit` typed into an attached shell", "tini outer: tty", "0", places=(PID1,))
def typed_exit(trial: Trial) -> str:
    with attached(trial, *SHELL) as screen:
        screen.sees("$ ", 0, trial.patience_s)
        screen.type("exit 0\n")
        return str(screen.ended(trial.patience_s))


@case("Ctrl-C in an attached loop", "tini outer: tty", "130", places=(PID1,))
def interrupted(trial: Trial) -> str:
    with attached(trial, "sh", "-c", "echo on; while :; do sleep 1; done") as screen:
        screen.until("on")
        screen.type("\x03")
        return str(screen.ended(trial.patience_s))


@case("an attached shell", "dumb-init: job control", "has job control", places=(PID1,))
def job_control(trial: Trial) -> str:
    with attached(trial, *SHELL) as screen:
        screen.sees("$ ", 0, trial.patience_s)
        place = screen.type("echo flags=$-.\n")
        screen.sees("\r\nflags=", place, trial.patience_s)
        screen.sees(".", screen.seen.find("\r\nflags=", place), trial.patience_s)
        return "has job control" if "m" in screen.seen[screen.seen.rfind("flags=") :] else "has none"


@case("HUP and CONT of the hand-over of a terminal", "dumb-init #136: ignored as session leader", "not told", places=(PID1,))
def hand_over(trial: Trial) -> str:
    with attached(trial, *TELLER) as screen:
        screen.until("ready")
        init = until("the init", lambda: len(found := descendants(screen.pid)) > 1 and found)[-2]
        os.kill(init, FENCE)
        screen.until(f"<{FENCE}>")
        told = [name for name in ("<1>", "<18>") if name in screen.seen]
        return " ".join(told) or "not told"


# Not of dumb-init, whose CMD has left the session: it goes on reading what is typed for the shell.
@case("Ctrl-Z below a shell, then `fg`", "§1.1 job control", "prompt, goes on",
      having(initd=(), tini=("-s",), catatonit=()), (ELSE,), fault_of=("tini", "catatonit"))  # fmt: skip
def stopped(trial: Trial) -> str:
    with Terminal(*SHELL) as screen:
        screen.until("$ ")
        words = shlex.join([*trial.init.words, *trial.given])
        screen.type(f"{words} -- sh -c 'echo go; read line; echo got $line'\n")
        screen.until("\r\ngo\r\n")
        trial.sees(lambda: in_front(screen))  # else the SIGCONT of the hand-over takes back what is typed
        place = screen.type("\x1a")
        if not screen.sees("Stopped", place, trial.patience_s):
            return "no prompt"
        screen.type("fg\n")
        screen.sees("-- sh -c", screen.until("$ ", place), trial.patience_s)
        trial.sees(lambda: in_front(screen))
        screen.type("hello\n")
        return "prompt, goes on" if screen.sees("got hello", place, trial.patience_s) else "prompt, does not go on"


def in_front(screen: Terminal) -> bool:
    """Whether the terminal is the command's, and all of the job runs."""
    fields = [stat_fields(pid) for pid in descendants(screen.pid)]
    run = len(fields) > 1 and all(each[:1] not in ([], ["T"]) for each in fields)
    return run and fields[-1][2] == str(os.tcgetpgrp(screen.fd))
