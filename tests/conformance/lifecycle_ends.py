"""Scenarios about ends: exit codes, deaths by signal, stop signals, whom a stop reaches."""

from __future__ import annotations

from itertools import product

from tests.conformance.lifecycle_states import TALK
from tests.conformance.lifecycle_steps import (
    Scenario,
    ends,
    info,
    let,
    lives,
    shell,
    start,
    stop,
    until,
    until_file,
    up,
)


def exits() -> list[Scenario]:
    cases = {f"exit {n}": n for n in (0, 1, 2, 3, 127, 255)} | {
        f"kill -{n} $$": f"sig{n}" for n in (1, 2, 3, 6, 9, 10, 11, 13, 14, 15, 29, 31, 40, 64)
    }
    made = []
    for end, label in cases.items():
        name = f"end_{label}"
        made.append(
            Scenario(
                f"`{end}` with exitcodes=0,2",
                shell(name, exitcodes="0,2"),
                (start(name), up(name), let(name), until(name, "EXITED"), info(name)),
                files={f"{name}.sh": (f"trap - PIPE\nread x < @DIR@/{name}.gate\n{end}\n", 0o644)},
            )
        )
    return made


def stop_signals() -> list[Scenario]:
    made = []
    for text in ("HUP", "INT", "QUIT", "KILL", "USR1", "USR2", "sigterm", "SIGINT", "10", " TERM "):
        name = f"ss_{text.strip()}"
        script = (
            'for s in HUP INT QUIT USR1 USR2 TERM; do trap "echo got $s; exit 7" $s; done\n' + TALK.split("\n", 1)[1]
        )
        made.append(
            Scenario(
                f"stopsignal={text!r}",
                shell(name, stopsignal=text, exitcodes="7"),
                (start(name), until_file(f"{name}.out", "ready"), stop(name), info(name)),
                files={f"{name}.sh": (script, 0o644)},
            )
        )
    return made


def families() -> list[Scenario]:
    """A parent and its child: which of them a stop reaches."""
    made = []
    for deaf, group, killing in product((False, True), (False, True), (False, True)):
        if group and not killing:
            continue
        name = f"fam_{'deaf' if deaf else 'nice'}_{group:d}{killing:d}"
        trap = "trap '' TERM\n" if deaf else ""
        script = f"{trap}sleep 1000 >/dev/null 2>&1 &\necho $! > @DIR@/{name}-child\necho ready\nwait\n"
        dies = group if not deaf else killing
        made.append(
            Scenario(
                f"a {'deaf' if deaf else 'well-behaved'} family, stopasgroup={group}, killasgroup={killing}",
                shell(name, stopasgroup=str(group), killasgroup=str(killing), stopwaitsecs=4 if deaf else 600),
                (
                    start(name),
                    until_file(f"{name}.out", "ready"),
                    stop(name),
                    ends(f"{name}-child") if dies else lives(f"{name}-child"),
                ),
                files={f"{name}.sh": (script, 0o644)},
            )
        )
    return made


SCENARIOS = [*exits(), *stop_signals(), *families()]
