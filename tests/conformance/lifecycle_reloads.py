"""Scenarios about reloads, and about programs that are added, changed and removed in the middle of something."""

from __future__ import annotations

import os
import signal

from tests.conformance.lifecycle_daemons import ALL, HUP, TERM, boot, own, running, shutdown, told
from tests.conformance.lifecycle_groups import group
from tests.conformance.lifecycle_states import DEAF
from tests.conformance.lifecycle_steps import (
    Scenario,
    Step,
    broken,
    broken_files,
    content,
    ctl,
    exists,
    exit_code,
    failures,
    info,
    program,
    rename,
    rpc,
    shell,
    signal_daemon,
    start,
    talk,
    until,
    until_file,
    until_log,
    up,
    write,
)

BEGINNING = ("^Supervisor is", "^Included", "^No file", "^RPC", "^Server ", "^supervisord started")


def reloads() -> list[Scenario]:
    again = until_log("^supervisord started", 2)
    return [
        own(
            "SIGHUP stops all, reads the file again and starts all",
            running("re_a", priority=20) + running("re_b", priority=10) + program("re_c"),
            boot(),
            up("re_a"),
            up("re_b"),
            start("re_c"),
            signal_daemon(HUP),
            again,
            up("re_a", 2),
            up("re_b", 2),
            info("re_c"),
            ctl("status", "re_c"),
            told(r"^stopped: re_", r"^spawned: 're_"),
            told(*BEGINNING),
            *shutdown(),
        ),
        own(
            "a reload by the client takes what the file says now",
            running("rl_old"),
            boot(),
            up("rl_old"),
            write("conf.d/new.conf", running("rl_new")),
            ctl("reload"),
            again,
            up("rl_new"),
            ctl("status", "rl_new", "rl_old", "nope"),
            told(*BEGINNING),
            *shutdown(),
            names=("rl_old", "rl_new"),
        ),
        own(
            "TERM during a reload ends the daemon",
            shell("rt", autostart="true"),
            boot(),
            until_file("rt.out", "ready"),
            up("rt"),
            signal_daemon(HUP),
            until_log("^received SIGHUP"),
            until_log("^killing rt"),
            signal_daemon(TERM),
            until_log("^received SIGTERM"),
            lambda side: os.kill(int(side.text("rt-own")), signal.SIGKILL),
            exit_code,
            files={"rt.sh": ("trap '' TERM\necho $$ > @DIR@/rt-own\necho ready\nexec sleep 1000\n", 0o644)},
        ),
        own(
            "USR2 opens logs anew that were moved away",
            shell("us", autostart="true"),
            boot(),
            until_file("us.out", "ready"),
            up("us"),
            rename("main.log", "main.log.old"),
            rename("us.out", "us.out.old"),
            signal_daemon(signal.SIGUSR2),
            exists("main.log"),
            ctl("signal", "USR1", "us"),
            until_file("us.out", "got USR1"),
            content("us.out.old"),
            *shutdown(),
            files={"us.sh": ("trap 'echo got USR1' USR1\necho ready\nwhile :; do read x; done\n", 0o644)},
            skip=frozenset({"files"}),
        ),
    ]


def changes() -> list[Scenario]:
    """reread, update, add and remove while programs are in the middle of something."""

    def altered(
        name: str, before: str, after: str, *ready: Step, files: dict[str, tuple[str, int]] | None = None
    ) -> Scenario:
        return own(
            f"an update of a changed program: {name}",
            "",
            write(f"conf.d/{name}.conf", before),
            boot(),
            *ready,
            write(f"conf.d/{name}.conf", after),
            ctl("reread"),
            ctl("update"),
            info(name),
            ctl("reread"),
            ctl("update"),
            names=(name,),
            files=files or {},
            skip=frozenset({"log", "files", "states"}),
        )

    return [
        own(
            "programs are added, changed and removed",
            running("ch_same") + running("ch_later", autostart="false"),
            write("conf.d/a.conf", running("ch_gone") + running("ch_new_env", environment='A="1"')),
            boot(),
            *(up(name) for name in ("ch_same", "ch_gone", "ch_new_env")),
            ctl("reread"),
            write(
                "conf.d/a.conf", running("ch_new_env", environment='A="2"') + running("ch_added") + program("ch_off")
            ),
            ctl("reread"),
            rpc("reloadConfig"),
            ctl("add", "ch_added"),
            ctl("add", "ch_added"),
            up("ch_added"),
            ctl("remove", "ch_gone"),
            ctl("update", "ch_off"),
            ctl("update"),
            up("ch_new_env", 2),
            talk("status", "ch_same", "ch_later", "ch_gone", "ch_added", "ch_off"),
            ctl("update"),
            *shutdown(),
            names=("ch_same", "ch_later", "ch_gone", "ch_new_env", "ch_added", "ch_off"),
        ),
        altered(
            "up_starting",
            running("up_starting", startsecs=600),
            program("up_starting", startsecs=600),
            until("up_starting", "STARTING"),
        ),
        altered(
            "up_backoff",
            broken("up_backoff", startretries=999),
            program("up_backoff", startsecs=600),
            failures("up_backoff", 60),
            files=broken_files("up_backoff"),
        ),
        altered(
            "up_stopping",
            shell("up_stopping", autostart="true", stopwaitsecs=4),
            program("up_stopping", startsecs=600),
            until_file("up_stopping.out", "ready"),
            files={"up_stopping.sh": (DEAF, 0o644)},
        ),
        own(
            "a broken file is refused by reread and nothing changes",
            running("br"),
            boot(),
            up("br"),
            write("conf.d/b.conf", "[program:broken]\nstartsecs=soon\ncommand=/bin/true\n"),
            ctl("reread"),
            ctl("update"),
            rpc("reloadConfig"),
            info("br"),
            write("conf.d/b.conf", ""),
            ctl("reread"),
            *shutdown(),
        ),
        own(
            "groups and numprocs change as wholes",
            "",
            write("conf.d/g.conf", running("gw", numprocs=2, process_name="gw_%(process_num)d", stdout_logfile="NONE")),
            boot(),
            up("gw_0"),
            up("gw_1"),
            write("conf.d/g.conf", running("gw", numprocs=3, process_name="gw_%(process_num)d", stdout_logfile="NONE")),
            ctl("update"),
            up("gw_0", 2),
            up("gw_2"),
            talk("status", "gw:*"),
            write("conf.d/g.conf", group("gx", "gw") + running("gw", stdout_logfile="NONE")),
            ctl("reread"),
            ctl("update"),
            up("gw"),
            talk("status", "gx:*"),
            names=("gw_0", "gw_1", "gw_2", "gw"),
            skip=ALL,
        ),
    ]


SCENARIOS = [*reloads(), *changes()]
