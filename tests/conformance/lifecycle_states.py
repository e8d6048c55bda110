"""Scenarios about states: start, stop, restart, signal, exit, retry, give up."""

from __future__ import annotations

import re
import signal
from datetime import datetime
from itertools import product

from tests.conformance.lifecycle_side import Side
from tests.conformance.lifecycle_steps import (
    Scenario,
    Step,
    broken,
    broken_files,
    call,
    ctl,
    each,
    failures,
    info,
    kill,
    let,
    many,
    mark,
    pids,
    program,
    quiet,
    repair,
    rpc,
    shell,
    spoil,
    start,
    stop,
    story,
    until,
    until_file,
    until_log,
    up,
)

TALK = """\
for s in HUP INT QUIT USR1 USR2 TERM WINCH; do trap "echo got $s" $s; done
sleep 1000 >/dev/null 2>&1 &
echo ready
while :; do wait $!; done
"""
DEAF = "trap '' TERM\necho ready\nexec sleep 1000\n"
ENDS = {"0": "exit 0", "3": "exit 3", "killed": "kill -9 $$"}


def once(name: str, end: str) -> str:
    """A script that ends like this the first time, when it may, and stays the second time."""
    return f"test -e @DIR@/{name}.once && exec sleep 1000\n: > @DIR@/{name}.once\nread x < @DIR@/{name}.gate\n{end}\n"


def restarts() -> list[Scenario]:
    made = []
    for auto, code, secs in product(("false", "unexpected", "true"), ENDS, (0, 1)):
        name = f"ar_{auto}_{code}_{secs}"
        again = auto == "true" or (auto == "unexpected" and code != "0")
        wait = (up(name, 2), until(name, "RUNNING")) if again else (until(name, "EXITED"),)
        made.append(
            Scenario(
                f"autorestart={auto}, startsecs={secs}, ends with {code}",
                shell(name, autorestart=auto, startsecs=secs),
                (start(name, False), up(name), let(name), *wait, info(name)),
                files={f"{name}.sh": (once(name, ENDS[code]), 0o644)},
            )
        )
    return made


def too_quick() -> list[Scenario]:
    made = []
    for auto, code in product(("false", "unexpected", "true"), ENDS):
        name = f"tq_{auto}_{code}"
        made.append(
            Scenario(
                f"within startsecs even {code} is a failure, autorestart={auto}",
                shell(name, autorestart=auto, startsecs=600, startretries=0),
                (start(name), until(name, "FATAL"), info(name)),
                files={f"{name}.sh": (ENDS[code] + "\n", 0o644)},
            )
        )
    return made


def waits(name: str) -> Step:
    """Whether the n-th new attempt came no earlier than n seconds after the failure before it."""

    def step(side: Side) -> list[bool]:
        found = re.findall(rf"^(\S+ \S+) INFO spawned: '{name}'", side.text("main.log"), re.M)
        times = [datetime.strptime(text, "%Y-%m-%d %H:%M:%S,%f").timestamp() for text in found]
        return [times[n] - times[n - 1] >= n - 0.05 for n in range(1, len(times))]

    return step


def retries() -> list[Scenario]:
    made = []
    for count in (0, 1, 2):
        quick, missing = f"retry_exit_{count}", f"retry_spawn_{count}"
        made += [
            Scenario(
                f"a program that exits at once has startretries={count} + 1 attempts",
                shell(quick, autostart="true", startsecs=600, startretries=count),
                (until(quick, "FATAL"), info(quick), waits(quick)),
                files={f"{quick}.sh": ("exit 1\n", 0o644)},
            ),
            Scenario(
                f"a program that cannot be spawned has startretries={count} + 1 attempts",
                program(missing, f"/nonexistent/{missing}", autostart="true", startretries=count),
                (until(missing, "FATAL"), info(missing)),
            ),
        ]
    return made


def on_each_state() -> list[Scenario]:
    """start, stop and signal where they do not belong."""

    def asks(name: str) -> tuple[Step, ...]:
        return (rpc("stopProcess", name), rpc("signalProcess", name, "WINCH"), rpc("stopProcessGroup", name))

    deaf_name, again = "st_stopping", "st_again"
    return [
        Scenario("a program that was never started", program("st_fresh"), (*asks("st_fresh"), info("st_fresh"))),
        Scenario(
            "a program that was stopped",
            program("st_stopped"),
            (start("st_stopped"), stop("st_stopped"), info("st_stopped"), *asks("st_stopped"), start("st_stopped")),
        ),
        Scenario(
            "a starting program",
            program("st_starting", startsecs=600),
            (start("st_starting", False), start("st_starting"), rpc("startProcessGroup", "st_starting"))
            + (info("st_starting"), rpc("signalProcess", "st_starting", 0), stop("st_starting"), info("st_starting")),
        ),
        Scenario(
            "a running program",
            program("st_running", startsecs=1),
            (start("st_running"), info("st_running"), start("st_running"), start("st_running", False))
            + (rpc("startProcessGroup", "st_running"), rpc("removeProcessGroup", "st_running")),
        ),
        Scenario(
            "a stopping program",
            shell(deaf_name),
            (start(deaf_name), until_file(f"{deaf_name}.out", "ready"), stop(deaf_name, False))
            + (info(deaf_name), *asks(deaf_name), rpc("removeProcessGroup", deaf_name))
            + (kill(deaf_name, signal.SIGKILL), until(deaf_name, "STOPPED"), info(deaf_name)),
            files={f"{deaf_name}.sh": (DEAF.replace("'' TERM", "'' TERM WINCH"), 0o644)},
        ),
        Scenario(
            "a start while it stops",
            shell(again, stopwaitsecs=5),
            (start(again), until_file(f"{again}.out", "ready"), stop(again, False))
            + (start(again), until_log(f"stopped: {again}")),
            files={f"{again}.sh": (DEAF, 0o644)},
            differs={
                "answers": (
                    "D20",
                    [
                        ("startProcess", (again, True), True),
                        ("stopProcess", (again, False), True),
                        ("startProcess", (again, True), True),
                    ],
                ),
                "states": ("D20", {again: "RUNNING"}),
                "log": ("D20", None),
                "files": ("D20", None),
            },
        ),
        Scenario(
            "a program in BACKOFF",
            broken("st_backoff", startretries=999),
            (failures("st_backoff", 60), mark("st_backoff"), info("st_backoff"))
            + (start("st_backoff"), rpc("signalProcess", "st_backoff", 0), rpc("removeProcessGroup", "st_backoff"))
            + (info("st_backoff"), stop("st_backoff"), info("st_backoff"), story("st_backoff")),
            files=broken_files("st_backoff"),
            skip=frozenset({"log"}),
        ),
        Scenario(
            "a program in BACKOFF since it ended too early",
            broken("st_early", "/bin/sh -c 'exit 3'", startretries=999, startsecs=600),
            (failures("st_early", 60), mark("st_early"), stop("st_early"), repair("st_early"))
            + (
                quiet("startProcess", "st_early", False),
                until("st_early", "BACKOFF"),
                info("st_early"),
                start("st_early"),
            )
            + (rpc("signalProcess", "st_early", "HUP"), stop("st_early"), info("st_early"), story("st_early")),
            files=broken_files("st_early"),
            skip=frozenset({"log"}),
        ),
        Scenario(
            "the failures counted before a stop in BACKOFF count after it",
            broken("st_counter", startretries=62),
            (failures("st_counter", 60), mark("st_counter"), stop("st_counter"), start("st_counter", False))
            + (info("st_counter"), stop("st_counter"), start("st_counter", False), stop("st_counter"))
            + (start("st_counter", False), until("st_counter", "FATAL"), info("st_counter"), story("st_counter")),
            files=broken_files("st_counter"),
            skip=frozenset({"log"}),
        ),
        Scenario(
            "a success forgets the failures",
            broken("st_forget", startretries=60),
            (failures("st_forget", 60), mark("st_forget"), stop("st_forget"), repair("st_forget"))
            + (start("st_forget"), info("st_forget"), stop("st_forget"), spoil("st_forget"))
            + (start("st_forget", False), until("st_forget", "BACKOFF"), stop("st_forget"), info("st_forget")),
            files=broken_files("st_forget"),
            skip=frozenset({"log"}),
        ),
        Scenario(
            "a program that was given up",
            shell("st_fatal", startsecs=600, startretries=0),
            (start("st_fatal"), until("st_fatal", "FATAL"), *asks("st_fatal"), ctl("status", "st_fatal"))
            + (start("st_fatal"), until_log("gave up: st_fatal", 2), info("st_fatal")),
            files={"st_fatal.sh": ("exit 3\n", 0o644)},
        ),
        Scenario(
            "a program that ended by itself",
            shell("st_exited"),
            (start("st_exited"), up("st_exited"), let("st_exited"), until("st_exited", "EXITED"), *asks("st_exited"))
            + (info("st_exited"), start("st_exited"), up("st_exited", 2), let("st_exited"))
            + (until_log("exited: st_exited", 2), info("st_exited")),
            files={"st_exited.sh": ("read x < @DIR@/st_exited.gate\nexit 5\n", 0o644)},
        ),
    ]


def odds() -> list[Scenario]:
    names = ("HUP", "SIGHUP", "hup", "usr1", 10, "10", 28, "WINCH", 0, "0")
    bad = ("FOO", "", "99", 35, "SIG", "RTMIN+1", -1, "9 9")
    return [
        Scenario(
            "signals by name and number",
            shell("sig_good"),
            (start("sig_good"), until_file("sig_good.out", "ready"))
            + tuple(
                step
                for n, name in enumerate(names[:-2])
                for step in (rpc("signalProcess", "sig_good", name), until_file("sig_good.out", "got", n + 1))
            )
            + (many("signalProcess", *(("sig_good", name) for name in (*names[-2:], *bad))),)
            + (rpc("signalProcessGroup", "sig_good", "FOO"), rpc("signalProcessGroup", "sig_good", 0)),
            files={"sig_good.sh": (TALK, 0o644)},
        ),
        Scenario("a bad signal for a stopped program", program("sig_bad"), (rpc("signalProcess", "sig_bad", "FOO"),)),
        Scenario(
            "a program killed from outside is restarted, one that was stopped is not",
            program("outside", autorestart="unexpected"),
            (start("outside"), up("outside"), kill("outside", signal.SIGKILL), up("outside", 2))
            + (until("outside", "RUNNING"), stop("outside"), info("outside")),
        ),
        Scenario(
            "SIGKILL after stopwaitsecs",
            shell("deaf1", stopwaitsecs=4),
            (start("deaf1"), until_file("deaf1.out", "ready"), stop("deaf1"), info("deaf1"))
            + (call(lambda side: [line for line in side.settled() if line[1] == "waiting for deaf1 to stop"][:1]),),
            files={"deaf1.sh": (DEAF, 0o644)},
        ),
        Scenario(
            "a program that exits at once with startsecs=0 never is FATAL",
            shell("spin", autorestart="true"),
            (quiet("startProcess", "spin", False), until_log("spawned: 'spin'", 9), until_log("success: spin", 1))
            + (until("spin", "RUNNING"), info("spin"))
            + (call(lambda side: sum("exited: spin" in text for _, text in side.settled())),),
            files={
                "spin.sh": ("echo >> @DIR@/spin-runs\n[ $(wc -l < @DIR@/spin-runs) -gt 8 ] && exec sleep 1000\n", 0o644)
            },
            skip=frozenset({"log"}),
        ),
        Scenario(
            "restart by the client",
            program("again", startsecs=1),
            (ctl("restart", "again"), ctl("restart", "again"), ctl("status", "again"), ctl("stop", "again"))
            + (ctl("stop", "again"), ctl("start", "again"), ctl("start", "again"), pids("again")),
        ),
        Scenario(
            "numprocs makes a group",
            program("many", numprocs=2, numprocs_start=5, process_name="many_%(process_num)02d"),
            (
                each("startProcess", "many:*"),
                ctl("status", "many:*"),
                ctl("status", "many"),
                each("stopProcess", "many:"),
            )
            + (many("getProcessInfo", ("many",), ("many_05",), ("many:nope",), ("many:*",)),),
            names=("many_05", "many_06"),
        ),
    ]


SCENARIOS = [*on_each_state(), *restarts(), *too_quick(), *retries(), *odds()]
