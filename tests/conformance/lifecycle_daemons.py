"""Scenarios about a daemon's own life: its start and its end. Each has a daemon of its own."""

from __future__ import annotations

import contextlib
import os
import re
import signal

from tests.conformance.lifecycle_groups import forks, group
from tests.conformance.lifecycle_side import Side, alive
from tests.conformance.lifecycle_states import DEAF
from tests.conformance.lifecycle_steps import (
    Scenario,
    Step,
    broken,
    broken_files,
    content,
    ctl,
    each,
    exit_code,
    failures,
    info,
    modes,
    names,
    program,
    rpc,
    shell,
    signal_daemon,
    start,
    stop,
    talk,
    until,
    until_file,
    until_log,
    up,
    write,
)

TERM, HUP = signal.SIGTERM, signal.SIGHUP
ALL = frozenset({"log", "files", "states"})


def boot(*args: str) -> Step:
    return lambda side: side.start(*args)


def running(name: str, command: str = "/bin/sleep 1000", **options: object) -> str:
    """A program that comes up with the daemon."""
    return program(name, command, **({"autostart": "true", "autorestart": "unexpected"} | options))


def told(*patterns: str) -> Step:
    """The lines of these kinds, of whatever program, in their order: where that is fixed."""
    return lambda side: [text for _, text in side.settled() if any(re.search(pattern, text) for pattern in patterns)]


def shutdown(*more: Step) -> tuple[Step, ...]:
    return (signal_daemon(TERM), *more, exit_code, names("s.sock", "s.pid"))


def kill_daemon(side: Side) -> None:
    """The daemon dies; what it ran is left, and ended here so that it is not in the way."""
    assert side.daemon
    left = [row["pid"] for row in side.infos(float("inf")).values() if row["pid"]]
    side.daemon.kill()
    side.daemon.wait()
    for pid in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        side.wait(lambda pid=pid: not alive(pid), f"{pid} to end")


def background(*args: str) -> Step:
    """The daemon in the background: the command returns, and the pidfile names who goes on."""

    def step(side: Side) -> tuple[str, int]:
        code = side.launch(*args).wait()
        side.wait(lambda: side.text("s.pid").endswith("\n"), "the pidfile")
        side.pid = int(side.text("s.pid"))
        side.wait(side.answers, "the daemon to answer")
        return "the command returns", code

    return step


def ended(side: Side) -> None:
    side.wait(lambda: not alive(side.pid), "the daemon in the background to end")


def own(name: str, programs: str, *steps: Step, daemon: str = "", **more: object) -> Scenario:
    return Scenario(name, programs, steps, daemon=daemon, **more)  # type: ignore[arg-type]


def starts() -> list[Scenario]:
    ranks = {"bo_z": 5, "bo_y": 50, "bo_x": 10, "bo_w": 10}
    singles = "".join(running(name, priority=rank) for name, rank in ranks.items())
    in_group = group("bg", "bg_c", "bg_a", "bg_b", priority=7)
    members = running("bg_c", priority=3) + running("bg_a", priority=2) + running("bg_b", priority=1)
    every = (*ranks, "bg_a", "bg_b", "bg_c")
    return [
        own(
            "programs and groups are started by priority, members as listed",
            singles + in_group + members,
            boot(),
            *(until_log(f"spawned: '{name}'") for name in every),
            forks(*every),
            *shutdown(),
        ),
        own(
            "all programs are started and stopped by priority",
            "".join(program(name, priority=rank) for name, rank in ranks.items()) + in_group + members,
            boot(),
            *(until_log(f"spawned: '{name}'") for name in ("bg_a", "bg_b", "bg_c")),
            each("startAllProcesses"),
            forks(*ranks),
            each("stopProcessGroup", "bg"),
            talk("start", "all"),
            talk("status"),
            talk("stop", "bo_z", "bg:*"),
            talk("restart", "bo_y", "bg:bg_a"),
        ),
        own(
            "a daemon that runs as root says so unless told to",
            running("asroot"),
            boot(),
            until("asroot", "RUNNING"),
            *shutdown(),
            daemon="user=root\nloglevel=info",
        ),
        own(
            "a daemon that gives up root keeps its programs from another user",
            running("nob") + running("noroot", user="root", startsecs=600, startretries=0),
            boot(),
            until("nob", "RUNNING"),
            until("noroot", "FATAL"),
            info("noroot"),
            content("noroot.err"),
            *shutdown(),
            daemon="user=nobody",
        ),
        own(
            "umask and directory count in the background alone",
            running("back", "/bin/sh -c 'umask; pwd; exec sleep 1000'"),
            background(),
            until_file("back.out", "/"),
            content("back.out"),
            modes("main.log", "s.pid", "back.out", "back.err"),
            signal_daemon(TERM),
            ended,
            names("s.sock", "s.pid"),
            daemon="umask=027\ndirectory=/usr",
            skip=frozenset({"log"}),
        ),
        own(
            "umask and directory do not count in front",
            running("front", "/bin/sh -c 'umask; basename $(pwd); exec sleep 1000'"),
            boot(),
            until_file("front.out", "\n", 2),
            modes("main.log", "s.pid", "front.out"),
            *shutdown(),
            daemon="umask=027\ndirectory=/usr",
            skip=frozenset({"log", "files"}),
        ),
        own(
            "a socket left by a killed daemon is taken over",
            running("stale"),
            boot(),
            until("stale", "RUNNING"),
            kill_daemon,
            boot(),
            until("stale", "RUNNING"),
            lambda side: re.findall(r"Unlinking.*", side.same(side.text("daemon.stderr") + side.text("daemon.stdout"))),
            *shutdown(),
        ),
        own(
            "logs named by the daemon are removed at its next start, unless told otherwise",
            running("auto1", stdout_logfile="AUTO", stderr_logfile="AUTO"),
            write("auto/auto1-stdout---other-a1b2c3d4.log", "of another daemon\n"),
            write("auto/auto1-stdout---it-a1b2c3d4.log", "old\n"),
            write("auto/it-a1b2c3d4.log", "not a log\n"),
            boot(),
            until("auto1", "RUNNING"),
            names("auto/*"),
            *shutdown(),
            boot("-k"),
            until("auto1", "RUNNING"),
            names("auto/*"),
            *shutdown(),
            daemon="identifier=it",
        ),
        own(
            "a quiet log tells of warnings and worse",
            running("quiet1", "/bin/false", startsecs=600, startretries=0),
            boot(),
            until("quiet1", "FATAL"),
            *shutdown(),
            daemon="loglevel=warn",
        ),
        own(
            "a pidfile that cannot be written is no reason not to run",
            running("nopid"),
            boot(),
            until("nopid", "RUNNING"),
            signal_daemon(TERM),
            exit_code,
            daemon="pidfile=@DIR@/auto",
        ),
    ]


def ends() -> list[Scenario]:
    ranks = {"so_a": 30, "so_b": 10, "so_c": 20}
    stopped = r"^stopped: so_"
    deaf = shell("sd", autostart="true", stopwaitsecs=4, priority=500)
    made = [
        own(
            "programs are stopped one priority after the other, the highest first",
            "".join(running(name, priority=rank) for name, rank in ranks.items()),
            boot(),
            *(up(name) for name in ranks),
            *shutdown(),
            told(stopped),
        ),
        own(
            "a program that ignores TERM holds up those of lower priority until it is killed",
            deaf + running("sd_low", priority=100) + running("sd_high", priority=900),
            boot(),
            until_file("sd.out", "ready"),
            up("sd_low"),
            up("sd_high"),
            *shutdown(),
            told(r"^stopped: sd", r"with SIGKILL"),
            files={"sd.sh": (DEAF, 0o644)},
        ),
        own(
            "TERM while programs are STARTING, in BACKOFF and STOPPING",
            shell("tm_starting", autostart="true", startsecs=600)
            + broken("tm_backoff", startretries=999)
            + shell("tm_stopping", stopwaitsecs=600),
            boot(),
            until_file("tm_starting.out", "ready"),
            failures("tm_backoff", 60),
            start("tm_stopping"),
            until_file("tm_stopping.out", "ready"),
            stop("tm_stopping", False),
            signal_daemon(TERM),
            until_log("^received SIGTERM"),
            lambda side: os.kill(int(side.text("tm_stopping-own")), signal.SIGKILL),
            exit_code,
            told(r"^stopped: tm", r"^gave up"),
            files={
                "tm_starting.sh": ("echo ready\nexec sleep 1000\n", 0o644),
                "tm_stopping.sh": (
                    "trap '' TERM\necho $$ > @DIR@/tm_stopping-own\necho ready\nexec sleep 1000\n",
                    0o644,
                ),
                **broken_files("tm_backoff"),
            },
            skip=ALL,
        ),
        own(
            "while it stops, a daemon refuses what would change something, and a second signal changes nothing",
            shell("ref", autostart="true"),
            boot(),
            until_file("ref.out", "ready"),
            up("ref"),
            signal_daemon(TERM),
            until_log("^received SIGTERM"),
            until_log("^killing ref"),
            ctl("status", "ref"),
            ctl("start", "ref"),
            ctl("reread"),
            ctl("reload"),
            ctl("shutdown"),
            rpc("getState"),
            rpc("getIdentification"),
            signal_daemon(HUP),
            until_log("^ignored SIGHUP"),
            signal_daemon(signal.SIGINT),
            until_log("^received SIGINT"),
            lambda side: os.kill(int(side.text("ref-own")), signal.SIGKILL),
            exit_code,
            files={"ref.sh": ("trap '' TERM\necho $$ > @DIR@/ref-own\necho ready\nexec sleep 1000\n", 0o644)},
        ),
        own("the client ends the daemon", running("sh1"), boot(), up("sh1"), ctl("shutdown"), exit_code, names("s.*")),
    ]
    for number in (signal.SIGINT, signal.SIGQUIT):
        name = f"end_{number.name}"
        made.append(
            own(f"{number.name} ends the daemon", running(name), boot(), up(name), signal_daemon(number), exit_code)
        )
    return made


SCENARIOS = [*starts(), *ends()]
