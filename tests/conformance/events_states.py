"""What listeners are told of programs, groups, the daemon and the clock."""

from __future__ import annotations

import signal

from tests.conformance.event_words import ear, hears, remote, stream, streams
from tests.conformance.lifecycle_daemons import HUP, TERM, boot, running
from tests.conformance.lifecycle_groups import group
from tests.conformance.lifecycle_states import DEAF
from tests.conformance.lifecycle_steps import (
    Scenario,
    broken,
    broken_files,
    ctl,
    exit_code,
    info,
    kill,
    let,
    program,
    quiet,
    rpc,
    shell,
    signal_daemon,
    start,
    stop,
    until,
    until_file,
    until_log,
    up,
    write,
)

STATES = ear("ear", "PROCESS_STATE")
LATER = ear("late", "PROCESS_GROUP,REMOTE_COMMUNICATION")
# Signals are not permitted while there is a file that says so.
NO_SIGNALS = """\
import os
kill, killpg = os.kill, os.killpg
def refused(call):
    def made(pid, number):
        if number and os.path.exists("@DIR@/refused"):
            raise PermissionError(1, "Operation not permitted")
        return call(pid, number)
    return made
os.kill, os.killpg = refused(kill), refused(killpg)
"""
# Holds a shutdown up until it is let go. Where it is started again while the gate is still open for writing, it reads an end, and
# waits anew.
SLOW = "trap '' TERM\necho ready\nuntil read x < @DIR@/p.gate; do :; done\n"
# An hour begins three seconds after the daemon, and is a slow one.
HOUR = """\
import time
now_ns, began = time.time_ns, time.time_ns()
hour = began // (3600 * 10**9) * 3600 * 10**9
def later():
    since = now_ns() - began - 3 * 10**9
    return hour + (since if since < 0 else since // 10)
time.time_ns = later
time.time = lambda: later() / 10**9
"""


def states() -> list[Scenario]:
    once = "read x < @DIR@/NAME.gate\nexit CODE\n"
    made = [
        stream(
            f"a program that ends with {code} by itself",
            (STATES,),
            shell(name),
            start(name),
            up(name),
            let(name),
            hears("ear", "EXITED"),
            files={f"{name}.sh": (once.replace("NAME", name).replace("CODE", str(code)), 0o644)},
        )
        for name, code in (("p0", 0), ("p3", 3))
    ]
    return made + [
        stream(
            "a program is started and stopped, twice",
            (STATES,),
            program("p"),
            start("p"),
            up("p"),
            stop("p"),
            start("p"),
            up("p", 2),
            stop("p"),
            hears("ear", "PROCESS_STATE_STOPPED", 2),
        ),
        stream(
            "a program that is killed is started again",
            (STATES,),
            program("p", autorestart="unexpected"),
            start("p"),
            up("p"),
            kill("p", signal.SIGKILL),
            up("p", 2),
            hears("ear", "processname:p groupname:p from_state:STARTING", 2),
        ),
        stream(
            "a program that ends too early is given up",
            (STATES,),
            shell("p", startsecs=600, startretries=1),
            quiet("startProcess", "p", False),
            hears("ear", "PROCESS_STATE_FATAL"),
            files={"p.sh": ("exit 1\n", 0o644)},
        ),
        stream(
            "a program that cannot be spawned is given up",
            (STATES,),
            broken("p", startretries=1),
            rpc("startProcess", "p", False),
            hears("ear", "PROCESS_STATE_FATAL"),
            files=broken_files("p"),
        ),
        stream(
            "a program is stopped while STARTING, and while in BACKOFF",
            (STATES,),
            program("p", startsecs=600) + broken("q", startretries=99),
            start("p", False),
            until("p", "STARTING"),
            stop("p"),
            rpc("startProcess", "q", False),
            until("q", "BACKOFF"),
            stop("q"),
            hears("ear", "from_state:BACKOFF"),
            files=broken_files("q"),
        ),
        stream(
            "a program that ignores TERM",
            (STATES,),
            shell("p", stopwaitsecs=2),
            start("p"),
            until_file("p.out", "ready"),
            stop("p"),
            hears("ear", "PROCESS_STATE_STOPPED"),
            files={"p.sh": (DEAF, 0o644)},
        ),
        stream(
            "a program that may not be signalled",
            (STATES,),
            program("p"),
            start("p"),
            up("p"),
            write("refused", ""),
            quiet("stopProcess", "p"),
            hears("ear", "PROCESS_STATE_UNKNOWN"),
            info("p"),
            files={"modules/sitecustomize.py": (NO_SIGNALS, 0o644)},
            differs={"log": ("N5", None)},
        ),
        stream(
            "single states can be listened to",
            (ear("ear", "PROCESS_STATE_EXITED,PROCESS_STATE_FATAL"), ear("stopped", "PROCESS_STATE_STOPPED")),
            program("p") + shell("q", startsecs=600, startretries=0),
            start("p"),
            stop("p"),
            quiet("startProcess", "q", False),
            until("q", "FATAL"),
            start("p"),
            up("p", 2),
            kill("p", signal.SIGKILL),
            hears("ear", "EXITED"),
            hears("stopped", "STOPPED"),
            files={"q.sh": ("exit 1\n", 0o644)},
        ),
    ]


def groups() -> list[Scenario]:
    everything = ear("ear", "EVENT")
    several = ear("ear", "PROCESS_STATE", startsecs=0)
    members = program("a", priority=3) + program("b", priority=1) + program("c", priority=2)
    return [
        stream(
            "a group is added, changed and removed",
            (ear("ear", "PROCESS_GROUP"),),
            program("p"),
            write("conf.d/a.conf", program("late")),
            ctl("update"),
            hears("ear", "groupname:late"),
            write("conf.d/a.conf", program("late", startsecs=1)),
            ctl("update"),
            hears("ear", "groupname:late", 3),
            write("conf.d/a.conf", ""),
            ctl("update"),
            hears("ear", "groupname:late", 4),
            ctl("remove", "p"),
            hears("ear", "PROCESS_GROUP_REMOVED", 3),
        ),
        stream(
            "a running program is changed",
            (everything,),
            "",
            write("conf.d/a.conf", running("late")),
            ctl("update"),
            up("late"),
            write("conf.d/a.conf", running("late", startsecs=0, environment="A=1")),
            ctl("update"),
            up("late", 2),
            write("conf.d/a.conf", ""),
            ctl("update"),
            hears("ear", "GROUP_REMOVED", 2),
            names=("ear", "late"),
        ),
        stream(
            "a group is stopped, one program after the other",
            (several,),
            group("g", "a", "b", "c") + members,
            *(step for name in "abc" for step in (start(f"g:{name}"), up(name))),
            *(stop(f"g:{name}") for name in "cab"),
            hears("ear", "PROCESS_STATE_STOPPED", 3),
        ),
        stream(
            "a pool that is added is told of itself, with numbers of its own",
            (everything,),
            program("p"),
            *remote("one", "two"),
            write("conf.d/a.conf", LATER.section),
            write("plan-late", '["READY\\n", []]'),
            ctl("update"),
            until_log("^late: ACKNOWLEDGED -> READY"),
            *remote("three"),
            hears("late", "three"),
            streams(everything, LATER),
            write("conf.d/a.conf", ""),
            ctl("update"),
            hears("ear", "GROUP_REMOVED"),
            *remote("four"),
            hears("ear", "four"),
            names=("ear", "p", "late"),
        ),
    ]


def daemons() -> list[Scenario]:
    life = ear("ear", "SUPERVISOR_STATE_CHANGE")
    shut = ear("ear", "SUPERVISOR_STATE_CHANGE,PROCESS_STATE_STOPPING")
    return [
        stream(
            "a shutdown",
            (shut,),
            shell("p", autostart="true"),
            up("p"),
            until_file("p.out", "ready"),
            signal_daemon(TERM),
            hears("ear", "processname:p"),
            streams(shut),
            let("p"),
            exit_code,
            end=(),
            files={"p.sh": (SLOW, 0o644)},
            skip=frozenset({"log"}),
        ),
        stream(
            "a daemon starts with nothing but listeners",
            (ear("ear", "EVENT"), ear("other", "SUPERVISOR_STATE_CHANGE_RUNNING,PROCESS_GROUP_ADDED")),
            "",
            hears("ear", "groupname:other from_state:STARTING"),
        ),
        stream(
            "a daemon starts programs",
            (ear("ear", "SUPERVISOR_STATE_CHANGE,PROCESS_GROUP,PROCESS_STATE_STARTING"),),
            running("p", priority=5) + running("q", priority=7),
            up("p"),
            up("q"),
        ),
        stream(
            "the numbers go on over a reload, those of a pool do not",
            (life,),
            shell("p", autostart="true"),
            up("p"),
            until_file("p.out", "ready"),
            signal_daemon(HUP),
            hears("ear", "STOPPING"),
            let("p"),
            hears("ear", "RUNNING", 2),
            files={"p.sh": (SLOW, 0o644)},
        ),
        stream(
            "a reload by the client",
            (ear("ear", "SUPERVISOR_STATE_CHANGE,PROCESS_GROUP"),),
            shell("p", autostart="true"),
            up("p"),
            until_file("p.out", "ready"),
            rpc("restart"),
            hears("ear", "STOPPING"),
            let("p"),
            hears("ear", "RUNNING", 2),
            files={"p.sh": (SLOW, 0o644)},
        ),
        stream(
            "the name of the daemon",
            (ear("ear", "REMOTE_COMMUNICATION"),),
            "",
            *remote("x"),
            hears("ear", "x"),
            daemon="identifier=some_name",
        ),
    ]


def clocks() -> list[Scenario]:
    return [
        stream(
            "five seconds have gone by, twice",
            (ear("ear", "TICK_5"),),
            "",
            hears("ear", "TICK_5", 2),
            begin=(boot(),),
        ),
        stream(
            "an hour begins",
            (ear("ear", "TICK"), ear("minutes", "TICK_60"), ear("hours", "TICK_3600,SUPERVISOR_STATE_CHANGE")),
            "",
            hears("ear", "TICK_3600"),
            hears("minutes", "TICK_60"),
            hears("hours", "TICK_3600"),
            files={"modules/sitecustomize.py": (HOUR, 0o644)},
        ),
    ]


SCENARIOS = [*states(), *groups(), *daemons(), *clocks()]
