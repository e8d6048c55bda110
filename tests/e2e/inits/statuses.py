"""With which status an init ends."""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path

from tests.e2e.container import children
from tests.e2e.inits.case import ELSE, Trial, case, having
from tests.e2e.instance import stat_fields

CODES = (0, 1, 2, 32, 64, 127, 254, 255)
DEADLY = {"HUP": 1, "INT": 2, "QUIT": 3, "KILL": 9, "USR1": 10, "TERM": 15, "RTMIN+5": 39}
REMAPPED = range(0, 256, 51)
"""A sample; all 256 are in tests/unit/reaper/test_run.py."""


@case("exit status of CMD: 0 1 2 32 64 127 254 255", "dumb-init: exit codes; tini smoke: `true`, `false`", "its own")
def statuses(trial: Trial) -> str:
    wrong = [code for code in CODES if trial.ran("sh", "-c", f"exit {code}") != str(code)]
    return f"another for {wrong}" if wrong else "its own"


@case("death of CMD by HUP INT QUIT KILL USR1 TERM RTMIN+5", "dumb-init: 128+n; §1.1 my_init", "128 + n")
def deaths(trial: Trial) -> str:
    found = {name: trial.ran("sh", "-c", f"kill -{number} $$; sleep 100") for name, number in DEADLY.items()}
    wrong = {name: status for name, status in found.items() if status != str(128 + DEADLY[name])}
    return f"{wrong}" if wrong else "128 + n"


@case("TERM, USR1, USR2 to an init whose CMD handles none", "tini inner (5), tini outer", "143 138 140")
def signalled(trial: Trial) -> str:
    answers = []
    for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2):
        with trial.start("sh", "-c", "echo on; read line", stdin=-1) as container:
            container.until_said("on")
            trial.send(container, number)
            answers.append(trial.status(container))
    return " ".join(answers)


@case(
    "no such command, a directory, not executable, no such interpreter, no `#!`",
    "tini smoke: 127, 126; dumb-init: bad exec",
    "127 126 126 127 9",
    kept={"dumb-init": "2 2 2 2 9", "catatonit": "1 1 1 1 9"},
)
def refusals(trial: Trial) -> str:
    answers = [trial.ran("no-such-command"), trial.ran("/etc")]
    with tempfile.TemporaryDirectory(prefix="initd-e2e.") as folder:
        for name, text, mode in (("shut", "true\n", 0o644), ("odd", "#!/no/such/program\n", 0o755), ("plain", "exit 9", 0o755)):
            path = Path(folder) / name
            path.write_text(text)
            path.chmod(mode)
            answers.append(trial.ran(str(path)))
    return " ".join(answers)


@case("a status that is remapped to 0", "tini inner (1)", "0", having(initd=(), tini=("-s",)), (ELSE,))
def remapped(trial: Trial) -> str:
    found = {trial.ran("sh", "-c", f"exit {code}", given=("-e", str(code))) for code in REMAPPED}
    return " ".join(sorted(found))


@case("a status where all others are remapped", "tini inner (2)", "its own", having(initd=(), tini=("-s",)), (ELSE,))
def not_remapped(trial: Trial) -> str:
    for code in REMAPPED:
        others = [word for other in range(256) if other != code for word in ("-e", str(other))]
        if (found := trial.ran("sh", "-c", f"exit {code}", given=tuple(others))) != str(code):
            return f"{code} becomes {found}"
    return "its own"


@case("a CMD that is stopped and goes on", "§1.3: stops are no ends", "waits, then 4")
def stopped(trial: Trial) -> str:
    with trial.start("sh", "-c", "kill -STOP $$; exit 4") as container:
        if not trial.sees(lambda: [pid for pid in children(container.pid) if stat_fields(pid)[:1] == ["T"]]):
            return "never stops"
        signal.sigtimedwait([], 0.2)
        if container.process.poll() is not None:
            return f"ends with {container.process.returncode}"
        os.kill(children(container.pid)[0], signal.SIGCONT)
        return f"waits, then {trial.status(container)}"


LEADER = """
import ctypes, os, threading, time
def last():
    time.sleep(0.2)
    os._exit(9)
threading.Thread(target=last).start()
ctypes.CDLL(None).syscall({"x86_64": 60}.get(os.uname().machine, 93), 3)
"""


@case("CMD's first thread ends with 3, its last with 9", "§1.3: a zombie leader is no end", "9")
def zombie_leader(trial: Trial) -> str:
    return trial.ran("python3", "-I", "-S", "-c", LEADER)
