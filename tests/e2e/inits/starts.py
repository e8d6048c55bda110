"""What CMD finds when it starts, and what an init needs and keeps."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from tests.e2e.container import children
from tests.e2e.inits.case import ELSE, PID1, Trial, case, having
from tests.e2e.inits.signals import TELLER, held, ready, states
from tests.e2e.instance import stat_fields, until

EXIT_5 = ("sh", "-c", "exit 5")


@case("standard input closed", "§1.1 stdin closed at start", "5", fault_of=("tini",))
def no_stdin(trial: Trial) -> str:
    return trial.ran(*EXIT_5, around='exec "$0" "$@" <&-')


@case("standard input, output and errors closed", "§8 sanitise fds 0-2", "5", fault_of=("tini",))
def no_streams(trial: Trial) -> str:
    return trial.ran(*EXIT_5, around='exec "$0" "$@" <&- >&- 2>&-')


@case("no /proc", "§8 robust", "5", places=(PID1,))
def no_proc(trial: Trial) -> str:
    return trial.ran(*EXIT_5, around='umount -l /proc; exec "$0" "$@"')


@case("an unknown uid", "§8 robust", "5")
def unknown_uid(trial: Trial) -> str:
    return trial.ran(*EXIT_5, around='exec setpriv --reuid 54321 --regid 54322 --clear-groups "$0" "$@"')


@case("a read-only root and an unknown uid", "§8 robust", "5", places=(PID1,))
def read_only(trial: Trial) -> str:
    remount = "mount --bind / / && mount -o remount,bind,ro / && exec setpriv --reuid 54321 --clear-groups"
    script = f'exec unshare -m --propagation private sh -c \'{remount} "$0" "$@"\' "$0" "$@"'
    return trial.ran(*EXIT_5, around=script)


@case("what is written to standard input", "tini smoke: stdin pipe", "reaches CMD")
def stdin(trial: Trial) -> str:
    with trial.start("cat", stdin=-1) as container:
        assert container.process.stdin is not None
        container.process.stdin.write(b"some words")
        container.close_stdin()
        status = trial.status(container)
        return "reaches CMD" if (status, container.out) == ("0", "some words") else f"{status} {container.out}"


@case("working directory of CMD; of the init", "dumb-init: init cwd is /", "as before; /", fault_of=("tini", "catatonit"))
def directory(trial: Trial) -> str:
    with trial.start("sleep", "1000") as container:
        trial.sees(lambda: ready(container.pid, "sleep"))

        def place(pid: int) -> str:
            return {str(container.folder): "as before"}.get(link := os.readlink(f"/proc/{pid}/cwd"), link)

        (command,) = children(container.pid)
        trial.sees(lambda: place(container.pid) == "/")
        return f"{place(command)}; {place(container.pid)}"


def place_of(trial: Trial) -> str:
    """Where CMD runs: its group, its session."""
    with trial.start("sleep", "1000") as container:
        trial.sees(lambda: ready(container.pid, "sleep"))
        (command,) = children(container.pid)
        group, session = stat_fields(command)[2:4]
        return "own session" if session == str(command) else "own group" if group == str(command) else "the init's group"


@case("where CMD runs", "tini inner (3): own group", "own group", kept={"dumb-init": "own session"})
def place(trial: Trial) -> str:
    return place_of(trial)


@case("where CMD runs, if asked for a session", "dumb-init: setsid", "own session", having(initd=("--setsid",), dumb_init=()))
def session(trial: Trial) -> str:
    return place_of(trial)


@case("where CMD runs, if asked for none", "dumb-init: -c", "the init's group",
      having(initd=("--no-setpgid",), dumb_init=("-c",)))  # fmt: skip
def no_place(trial: Trial) -> str:
    return place_of(trial)


@case("`LISTEN_PID` that named the init", "§1.1 LISTEN_PID", "names CMD", fault_of=("tini", "dumb-init"))
def listen_pid(trial: Trial) -> str:
    script = 'test "$LISTEN_PID" = $$ && echo names CMD || echo not changed'
    return trial.said("sh", "-c", script, around='LISTEN_PID=$$ exec "$0" "$@"')


@case("a descriptor that CMD has closed", "§1.1 fds ≥3", "let go", fault_of=("tini", "dumb-init"))
def descriptors(trial: Trial) -> str:
    closing = ("sh", "-c", 'exec 7>&-; exec "$0" "$@"', *TELLER)
    with trial.start(*closing, around='exec "$0" "$@" 7</etc/passwd') as container:
        container.until_said("ready")
        trial.send(container, signal.SIGUSR1)
        container.until_said("<10>")  # who passes signals on has done what it does at its start
        return "kept open" if Path(f"/proc/{container.pid}/fd/7").exists() else "let go"


@case("an inherited descriptor, as CMD finds it", "§1.1 fds ≥3", "open")
def inherited(trial: Trial) -> str:
    return trial.said("sh", "-c", "head -c 4 <&7 && exit 5", around='exec "$0" "$@" 7</etc/passwd').replace("root", "open")


@case("pause mode, ended by INT and by TERM", "§1.1 catatonit", "0 0", having(catatonit=("-P",)))
def pause(trial: Trial) -> str:
    answers = []
    for number in (signal.SIGINT, signal.SIGTERM):
        with trial.start() as container:
            until("it waits", lambda: held(container.pid) or os.readlink(f"/proc/{container.pid}/cwd") == "/")
            trial.send(container, number)
            answers.append(trial.status(container))
    return " ".join(answers)


@case("wake-ups while nothing happens", "§1.1 wait mechanism", "none", places=(PID1,), fault_of=("tini",))
def idle(trial: Trial) -> str:
    def switches() -> int:
        lines = Path(f"/proc/{container.pid}/status").read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if "ctxt_switches" in line)

    def rests() -> bool:
        before = switches()
        signal.sigtimedwait([], 1.2)
        return switches() == before and states(container.pid) == "S"  # else it is awake and has no processor yet

    with trial.start("sleep", "1000") as container:
        trial.sees(lambda: ready(container.pid, "sleep"))
        return "none" if trial.sees(rests) else "some each second"


@case("the end of the init's parent", "tini inner (10)", "told to CMD",
      having(initd=("-p", "USR1"), tini=("-s", "-p", "SIGUSR1")), (ELSE,))  # fmt: skip
def parent_death(trial: Trial) -> str:
    trap = "trap 'echo told to CMD >said; exit' USR1; echo >ready; while :; do sleep 0.05; done"
    parents = 'sh -c \'"$0" "$@" & read line\' "$0" "$@"; sleep 1000'
    with trial.start("sh", "-c", trap, around=parents, stdin=-1) as container:
        trial.sees((container.folder / "ready").exists)
        container.close_stdin()
        said = container.folder / "said"
        trial.sees(lambda: said.exists() and said.read_text())
        return said.read_text().strip() if said.exists() else "not told"
