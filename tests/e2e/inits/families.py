"""Groups, orphans and leftovers: everybody below an init but CMD itself."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

from tests.e2e.container import children, descendants, kill_all
from tests.e2e.inits.case import ELSE, PID1, Trial, case, having
from tests.e2e.instance import alive, stat_fields, until

GROUP = having(initd=("-g",), tini=("-s", "-g"), dumb_init=(), catatonit=("-g",))


def pipeline(trial: Trial) -> str:
    """How many of a pipeline's six processes outlive a SIGTERM to the init."""
    with trial.start("sh", "-c", "yes | cat | cat | cat | cat >/dev/null; exit 1") as container:
        six = until("six processes", lambda: len(found := descendants(container.pid)) == 6 and found)
        trial.send(container, signal.SIGTERM)
        trial.status(container)
        left = [pid for pid in six if alive(pid) and not doomed(pid)]
        kill_all(left)
        return f"{len(left)} of 6 left"


def doomed(pid: int) -> bool:
    """Whether a signal that ends that process is under way to it."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return True
    pending = [int(line.split()[1], 16) for line in lines if line.startswith(("SigPnd", "ShdPnd"))]
    return any(mask & (1 << signal.SIGKILL - 1 | 1 << signal.SIGTERM - 1) for mask in pending)


@case("TERM to a pipeline, for the group", "dumb-init: child-group kill", "0 of 6 left", GROUP, (ELSE,))
def pipeline_group(trial: Trial) -> str:
    return pipeline(trial)


@case("TERM to a pipeline, for CMD alone", "dumb-init: child-group kill without setsid", "5 of 6 left",
      having(initd=("--keep-leftovers",), tini=("-s",), dumb_init=("-c",), catatonit=()), (ELSE,))  # fmt: skip
def pipeline_alone(trial: Trial) -> str:
    return pipeline(trial)


def usr1(trial: Trial, **options: str) -> str:
    # The child says it itself: it has the handler of its parent until it has become a command of its own.
    script = "trap : USR1; sh -c 'echo on; exec sleep 1000' & wait $!; wait $!; exit 6"
    with trial.start("sh", "-c", script, **options) as container:
        container.until_said("on")
        trial.send(container, signal.SIGUSR1)
        return trial.status(container)


@case("USR1 for a CMD that handles it and a child that does not, -g", "tini inner (6)", "6", GROUP)
def group_signal(trial: Trial) -> str:
    return usr1(trial)


@case("the same by TINI_KILL_PROCESS_GROUP", "tini inner (7)", "6", having(tini=("-s",)))
def group_variable(trial: Trial) -> str:
    return usr1(trial, around='TINI_KILL_PROCESS_GROUP= exec "$0" "$@"')


HUNDRED = "for n in $(seq 100); do (read line </dev/fd/{} &); done; echo left; read line; exit 2"
KEPT = {"dumb-init": "PID 1: adopted, reaped; else: left to others"}


def orphans(trial: Trial, **options: str) -> tuple[str, str]:
    """What becomes of a hundred that end when we let them, and what is said of it."""
    reader, writer = os.pipe()
    with trial.start("sh", "-c", HUNDRED.format(reader), stdin=-1, pass_fds=[reader], **options) as container:
        os.close(reader)
        container.until_said("left")
        adopted = len(children(container.pid)) > 1
        os.close(writer)
        reaped = trial.sees(lambda: len(children(container.pid)) == 1)
        container.close_stdin()
        trial.status(container)
        err = container.err
    return ("adopted, reaped" if reaped else "zombies") if adopted else "left to others", err


@case("a hundred orphans", "tini inner (3); dumb-init docker: test-zombies", "adopted, reaped", kept=KEPT,
      fault_of=("dumb-init",))  # fmt: skip
def hundred(trial: Trial) -> str:
    return orphans(trial)[0]


@case("orphans by TINI_SUBREAPER", "tini inner (3)", "adopted, reaped, no warning", having(tini=()), (ELSE,))
def by_variable(trial: Trial) -> str:
    found, err = orphans(trial, around='TINI_SUBREAPER= exec "$0" "$@"')
    return f"{found}, {err or 'no warning'}"


@case("orphans without being a subreaper", "tini inner (8)", "left to others, warned", having(tini=()), (ELSE,))
def no_subreaper(trial: Trial) -> str:
    found, err = orphans(trial)
    return f"{found}, {'warned' if 'zombie reaping' in err else 'not warned'}"


@case("-w", "tini inner (4)", "names each orphan", having(initd=("-w",), tini=("-s", "-w")))
def named(trial: Trial) -> str:
    _, err = orphans(trial)
    lines = [line for line in err.splitlines() if "eaped" in line]
    return "names each orphan" if len(lines) >= 100 else f"names {len(lines)}"


END = 'trap : WINCH; sleep 0.5; grep -qs "State:.[^ZX]" /proc/$0/status && echo waited for || echo alone; exit'
SLOW = f"trap 'echo fence' WINCH; trap '{END}' TERM; echo on; while :; do sleep 0.05; done"
"""$0 is the init. A shell takes the lower of two signals first, TERM before WINCH."""
LONG = having(initd=("--grace", "60"), tini=("-s",), dumb_init=(), catatonit=())
ANSWERS = {
    **{"waited for\n": "SIGTERM, waited for", "alone\n": "SIGTERM, not waited for"},
    **{"fence\n": "left alone", "": "killed"},
}
KILLED = "PID 1: killed; else: left alone"


def left_over(trial: Trial, where: str) -> str:
    """What a background process hears when CMD has ended."""
    with trial.start("sh", "-c", f'{where} sh -c "$0" $PPID & read line; exit 3', SLOW, stdin=-1) as container:
        container.until_said("on")
        others = [pid for child in children(container.pid) for pid in descendants(child)]
        container.close_stdin()
        if (status := trial.status(container)) != "3":
            return f"status {status}"
        for pid in others:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGWINCH)
        until("an answer or an end", lambda: container.out != "on\n" or not any(alive(pid) for pid in others))
        kill_all(others)
        return ANSWERS[container.out.removeprefix("on\n")]


@case(
    "a background process when CMD ends", "§1.1 what happens to the rest; dumb-init: TERM when the child exits",
    "SIGTERM, waited for",
    LONG,
    kept={"tini": KILLED, "catatonit": KILLED, "dumb-init": "PID 1: killed; else: SIGTERM, not waited for"},
    fault_of=("tini", "dumb-init", "catatonit"),
)  # fmt: skip
def background(trial: Trial) -> str:
    return left_over(trial, "")


@case("one in a session of its own when CMD ends", "§1.1 what happens to the rest", "SIGTERM, waited for", LONG,
      kept={"tini": KILLED, "catatonit": KILLED, "dumb-init": KILLED}, fault_of=("tini", "dumb-init", "catatonit"))  # fmt: skip
def daemon(trial: Trial) -> str:
    return left_over(trial, "setsid")


@case("no zombie is left to be seen by `ps`", "dumb-init docker: test-zombies", "none", places=(PID1,))
def seen(trial: Trial) -> str:
    script = "sh -c 'sh -c \"sleep 0.1\" & sleep 0.01' & sh -c '(sleep 0.1 &)'; wait; echo on; read line"
    with trial.start("sh", "-c", script, stdin=-1) as container:
        container.until_said("on")
        gone = trial.sees(lambda: len(children(container.pid)) == 1)
        return "none" if gone else " ".join("".join(stat_fields(pid)[:1]) for pid in children(container.pid))
