"""Scenarios about several programs at once and about names: groups, numprocs, expansion, pipelines, the client's words."""

from __future__ import annotations

import re
import signal

from tests.conformance.lifecycle_side import Side
from tests.conformance.lifecycle_states import DEAF, TALK
from tests.conformance.lifecycle_steps import (
    Scenario,
    Step,
    content,
    ctl,
    each,
    ends,
    exists,
    info,
    kill,
    let,
    lives,
    program,
    rpc,
    shell,
    start,
    stop,
    talk,
    until,
    until_file,
    up,
)


def group(name: str, *members: str, **options: object) -> str:
    lines = [f"[group:{name}]", f"programs={','.join(members)}", *(f"{key}={value}" for key, value in options.items())]
    return "\n".join([*lines, "", ""])


def forks(*names: str) -> Step:
    """The order in which these were spawned."""
    pattern = re.compile(rf"^spawned: '({'|'.join(names)})'")
    return lambda side: [found[1] for _, text in side.settled() if (found := pattern.match(text))]


def groups() -> list[Scenario]:
    order = ("go_b", "go_a", "go_c")
    ranks = {"go_a": 30, "go_b": 10, "go_c": 20}
    return [
        Scenario(
            "a group is started in the order of its members' priorities",
            group("go", *order) + "".join(program(name, priority=ranks[name]) for name in order),
            (each("startProcessGroup", "go"), forks(*order), each("stopProcessGroup", "go"), talk("start", "go:*"))
            + (forks(*order), talk("stop", "go:*"), ctl("status", "go:*")),
        ),
        Scenario(
            "members of a group have no name of their own",
            group("gn", "gn_a", "gn_b") + program("gn_a") + program("gn_b"),
            (start("gn_a"), start("gn:gn_a"), info("gn:gn_a"), ctl("status", "gn_a"), ctl("status", "gn:gn_a"))
            + (
                ctl("start", "gn_b"),
                ctl("start", "gn:gn_b"),
                rpc("startProcess", "gn:nope"),
                rpc("startProcess", "gn:"),
            )
            + (rpc("signalProcess", "gn", "HUP"), each("signalProcessGroup", "gn", 0), rpc("stopProcess", "gn"))
            + (each("stopProcess", "gn:*"), each("startProcess", "gn:*"), each("startProcessGroup", "gn")),
        ),
        Scenario(
            "one program in two groups is two",
            group("gt1", "gt") + group("gt2", "gt") + program("gt", stdout_logfile="@DIR@/%(group_name)s.out"),
            (start("gt"), start("gt1:gt"), info("gt1:gt"), info("gt2:gt"), start("gt2:gt"), stop("gt1:gt"))
            + (info("gt2:gt"), exists("gt1.out"), exists("gt2.out")),
        ),
        Scenario(
            "a group of programs some of which cannot start",
            group("gm", "gm_good", "gm_gone", "gm_fails", "gm_mode")
            + program("gm_good")
            + program("gm_gone", "/nonexistent/gm_gone")
            + program("gm_mode", "/etc/passwd")
            + program("gm_fails", "/bin/false", startsecs=600, startretries=0),
            (each("startProcessGroup", "gm"), talk("start", "gm:*"), until("gm:gm_fails", "FATAL"))
            + (ctl("status", "gm:*"), talk("restart", "gm:*"), talk("stop", "gm:*"), talk("stop", "gm:*")),
            skip=frozenset({"log"}),
        ),
        Scenario(
            "numprocs gives each process its number",
            program(
                "np",
                "/bin/echo %(program_name)s %(group_name)s %(process_num)d %(process_num)03d of %(numprocs)d",
                numprocs=3,
                process_name="%(program_name)s_%(process_num)02d",
                stdout_logfile="@DIR@/%(program_name)s-%(process_num)d.out",
                stderr_logfile="NONE",
                environment='N="%(process_num)d"',
            ),
            (each("startProcessGroup", "np", False), *(until_file(f"np-{n}.out", "of 3") for n in range(3)))
            + tuple(content(f"np-{n}.out") for n in range(3)),
            names=("np_00", "np_01", "np_02"),
            skip=frozenset({"answers", "log"}),
        ),
        Scenario(
            "a process of several is stopped, the others live",
            program("ns", numprocs=3, process_name="ns_%(process_num)d", stdout_logfile="NONE", stderr_logfile="NONE"),
            (talk("start", "ns:*"), ctl("stop", "ns:ns_1"), ctl("status", "ns:*"), ctl("start", "ns:ns_1", "ns:ns_2"))
            + (ctl("restart", "ns:ns_0"), ctl("signal", "USR1", "ns:ns_9"), talk("signal", "0", "ns:*"))
            + (each("signalProcessGroup", "ns", "KILL"), *(until(f"ns:ns_{n}", "EXITED") for n in range(3)))
            + (each("stopProcessGroup", "ns"), talk("status", "ns:*")),
            names=("ns_0", "ns_1", "ns_2"),
            skip=frozenset({"log"}),
        ),
        Scenario(
            "expansion of what the daemon's environment has",
            program("ex", "/bin/echo %(ENV_FROM_LAUNCHER)s %(ENV_GLOBAL)s %(ENV_OWN)s 100%%", environment='OWN="o p"'),
            (rpc("startProcess", "ex", False), until_file("ex.out", "100"), content("ex.out")),
            skip=frozenset({"answers", "log"}),
        ),
    ]


def pipelines() -> list[Scenario]:
    """What people write who take command= for a shell's line, and what they write then."""
    pipe = "sh -c 'sleep 1000 & echo $! > @DIR@/NAME-one; echo ready; wait' | sh -c 'echo $$ > @DIR@/NAME-two; cat'"
    made = []
    for name, options in {
        "pl_plain": {},
        "pl_kill": {"killasgroup": "true"},
        "pl_stop": {"stopasgroup": "true"},
        "pl_int": {"stopasgroup": "true", "stopsignal": "INT"},
    }.items():
        whole = "stopasgroup" in options and options.get("stopsignal") is None
        after = ends if whole else lives
        made.append(
            Scenario(
                f"a pipeline in a shell is stopped, {options}",
                shell(name, **options),
                (start(name), until_file(f"{name}.out", "ready"))
                + ((stop(name),) if name != "pl_int" else (stop(name, False), until(name, "STOPPED")))
                + (after(f"{name}-one"),),
                files={f"{name}.sh": (pipe.replace("NAME", name) + "\n", 0o644)},
                skip=frozenset({"answers"}) if name == "pl_int" else frozenset(),
            )
        )
    return made + [
        Scenario(
            "a pipe in command= is a word",
            program("pl_word", "/bin/echo one | cat && $HOME > x"),
            (rpc("startProcess", "pl_word", False), until_file("pl_word.out", "one"), content("pl_word.out")),
            skip=frozenset({"answers", "log"}),
        ),
        Scenario(
            "exec in a shell makes its command the one that is stopped",
            program("pl_exec", "/bin/sh -c 'echo ready; exec sleep 1000'"),
            (start("pl_exec"), until_file("pl_exec.out", "ready"), stop("pl_exec"), info("pl_exec")),
        ),
        Scenario(
            "a shell that handles TERM chooses its exit code",
            program("pl_trap", """/bin/bash -c "trap 'exit 42' TERM; echo ready; while :; do read -t 1000 x; done" """),
            (start("pl_trap"), until_file("pl_trap.out", "ready"), stop("pl_trap"), info("pl_trap")),
        ),
        Scenario(
            "a command over several lines",
            program("pl_lines", "/bin/sh -c 'echo \"$0 $1\"'\n  first\n\n  second ; a comment"),
            (rpc("startProcess", "pl_lines", False), until_file("pl_lines.out", "first"), content("pl_lines.out")),
            skip=frozenset({"answers", "log"}),
        ),
        Scenario(
            "the exit of a parent leaves its child and its pipe open",
            shell("pl_left"),
            (start("pl_left"), up("pl_left"), let("pl_left"), until("pl_left", "EXITED"), lives("pl_left-child")),
            files={"pl_left.sh": ("sleep 1000 &\necho $! > @DIR@/pl_left-child\nread x < @DIR@/pl_left.gate\n", 0o644)},
        ),
    ]


def ends_again() -> list[Scenario]:
    made = []
    for codes, code, auto in (
        ("0,2", 2, "unexpected"),
        ("0,2", 1, "unexpected"),
        ("", 0, "unexpected"),
        ("1", 0, "unexpected"),
        ("3", 3, "true"),
        ("3", 4, "false"),
        ("255", 255, "unexpected"),
    ):
        name = f"xc_{codes.replace(',', '_')}_{code}_{auto}"
        again = auto == "true" or (auto == "unexpected" and str(code) not in codes.split(","))
        script = f": >> @DIR@/{name}.n\nif [ -s @DIR@/{name}.n ]; then exec sleep 1000; fi\necho >> @DIR@/{name}.n\n"
        made.append(
            Scenario(
                f"exit {code} with exitcodes={codes!r}, autorestart={auto}",
                shell(name, exitcodes=codes, autorestart=auto),
                (
                    start(name),
                    up(name),
                    let(name),
                    *((up(name, 2),) if again else (until(name, "EXITED"),)),
                    info(name),
                ),
                files={f"{name}.sh": (f"{script}read x < @DIR@/{name}.gate\nexit {code}\n", 0o644)},
            )
        )
    return made + [
        Scenario(
            "a program that comes up at the third attempt",
            shell("third", startsecs=3, startretries=3),
            (rpc("startProcess", "third", False), up("third"), info("third"), stop("third")),
            files={
                "third.sh": (
                    "echo >> @DIR@/third.n\n[ $(wc -l < @DIR@/third.n) -gt 2 ] && exec sleep 1000\nexit 1\n",
                    0o644,
                )
            },
            skip=frozenset({"answers"}),
        ),
        Scenario(
            "a program stopped while STARTING",
            shell("st_mid", startsecs=600, autorestart="true"),
            (start("st_mid", False), until_file("st_mid.out", "ready"), info("st_mid"), stop("st_mid"), info("st_mid"))
            + (start("st_mid", False), info("st_mid")),
            files={"st_mid.sh": ("echo ready\nexec sleep 1000\n", 0o644)},
        ),
        Scenario(
            "a STARTING program that ignores TERM",
            shell("st_midd", startsecs=600, autorestart="true", stopwaitsecs=4),
            (start("st_midd", False), until_file("st_midd.out", "ready"), stop("st_midd"), info("st_midd")),
            files={"st_midd.sh": (DEAF, 0o644)},
        ),
        Scenario(
            "a STARTING program killed from outside is a failed start",
            shell("st_mko", startsecs=600, startretries=0, autorestart="true"),
            (start("st_mko", False), until_file("st_mko.out", "ready"), kill("st_mko", signal.SIGTERM))
            + (until("st_mko", "FATAL"), info("st_mko"), ctl("start", "st_mko"), ctl("status", "st_mko")),
            files={
                "st_mko.sh": (
                    "test -e @DIR@/st_mko.n && exit 9\n: > @DIR@/st_mko.n\necho ready\nexec sleep 1000\n",
                    0o644,
                )
            },
            skip=frozenset({"log"}),
        ),
        Scenario(
            "a program killed by the client's signal is restarted when unexpected",
            shell("sk", autorestart="unexpected"),
            (start("sk"), up("sk"), ctl("signal", "KILL", "sk"), up("sk", 2), info("sk"), ctl("signal", "NOPE", "sk"))
            + (ctl("signal", "HUP"), ctl("signal", "HUP", "nope"), stop("sk"), ctl("signal", "HUP", "sk")),
            files={"sk.sh": ("exec sleep 1000\n", 0o644)},
        ),
        Scenario(
            "signals reach a STARTING program",
            shell("ssig", startsecs=600),
            (start("ssig", False), until_file("ssig.out", "ready"), rpc("signalProcess", "ssig", "HUP"))
            + (until_file("ssig.out", "got HUP"), ctl("signal", "USR2", "ssig"), until_file("ssig.out", "got USR2")),
            files={"ssig.sh": (TALK, 0o644)},
        ),
    ]


def words() -> list[Scenario]:
    """The stock client on each kind of program."""

    def both(side: Side) -> list[str]:
        return sorted(side.ctl("restart", "cw_up", "cw_down", "nope")[1].splitlines())

    return [
        Scenario(
            "the client's words for programs up, down, gone and given up",
            program("cw_up") + program("cw_down") + program("cw_gone", "/nonexistent/cw_gone"),
            (ctl("start", "cw_up"), ctl("start", "cw_up"), ctl("start", "cw_gone"), ctl("start", "nope"))
            + (ctl("status", "cw_up", "cw_down", "nope"), ctl("stop", "cw_down"), ctl("stop", "nope"), both)
            + (ctl("stop", "cw_up", "cw_down"), ctl("pid", "cw_up"), ctl("pid", "nope"), ctl("start"), ctl("stop"))
            + (ctl("restart"), ctl("clear"), ctl("clear", "cw_up"), ctl("clear", "nope"), ctl("tail", "cw_up"))
            + (
                ctl("tail", "nope"),
                ctl("tail", "-5", "cw_up", "stderr"),
                ctl("status", "nope:*"),
                ctl("remove", "nope"),
            )
            + (ctl("add", "nope"), ctl("add", "cw_up"), ctl("remove", "cw_up"), ctl("status", "cw_up")),
        ),
        Scenario(
            "tail and clear of a log that has something to say",
            shell("ct"),
            (ctl("start", "ct"), until_file("ct.err", "bad"), ctl("tail", "ct"), ctl("tail", "-6", "ct"))
            + (ctl("tail", "-4", "ct", "stderr"), ctl("clear", "ct"), ctl("tail", "ct"), ctl("tail", "ct", "nope")),
            files={"ct.sh": ("seq 1 40\necho bad >&2\nexec sleep 1000\n", 0o644)},
        ),
    ]


SCENARIOS = [*groups(), *pipelines(), *ends_again(), *words()]
