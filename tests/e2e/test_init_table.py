"""Where the other inits fail (pid1.md §1.1, §2): the same question to tini, dumb-init, catatonit and us, side by side.

Run as a program it prints the table of docs/init.md; as a test it compares that with what comes out.
"""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.container import Container
from tests.e2e.instance import ROOT, daemon_command

pytestmark = pytest.mark.usefixtures("as_root", "packages")
INITS: dict[str, tuple[str, ...]] = {
    "tini": ("/usr/bin/tini", "-s", "--"),
    "dumb-init": ("/usr/bin/dumb-init", "--"),
    "catatonit": ("/usr/bin/catatonit", "--"),
    "initd": (*daemon_command(), "--"),
}
HANG_S = 3.0
"""Who has not come to an end of nothing by then hangs."""
Init = tuple[str, ...]


def patience_s(container: Container) -> float:
    """How long to wait for what may never come: of ours it must, so long."""
    return HANG_S * (20 if str(daemon_command()[0]) in map(str, container.process.args) else 1)


def status(container: Container) -> int | None:
    """The exit status, None if it hangs."""
    deadline = time.monotonic() + patience_s(container)
    while container.process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    return container.process.poll()


def around(text: str, init: Init) -> Init:
    return ("bash", "-c", text, *init)


def sigchld_ignored(init: Init) -> str:
    with Container("sh", "-c", "exit 5", init=around("trap '' CHLD; exec \"$0\" \"$@\"", init)) as container:
        code = status(container)
        return "5" if code == 5 else "lost, or hangs"


def stdin_closed(init: Init) -> str:
    with Container("sh", "-c", "exit 5", init=around('exec "$0" "$@" <&-', init)) as container:
        return f"{status(container)}"


def ignored_kept(init: Init) -> str:
    with Container("grep", "SigIgn", "/proc/self/status", init=around("trap '' HUP USR1; exec \"$0\" \"$@\"", init)) as container:
        status(container)
        return "kept" if int(container.out.split()[1], 16) & 0x201 == 0x201 else "lost"


def mask_kept(init: Init) -> str:
    with Container("grep", "SigBlk", "/proc/self/status", init=init) as container:
        status(container)
        return "as before" if int(container.out.split()[1], 16) == 0 else "stop signals blocked"


def not_found(init: Init) -> str:
    codes = []
    for word in ("no-such-command", "/etc"):
        with Container(word, init=init) as container:
            codes.append(str(status(container)))
    return " / ".join(codes)


def leftovers(init: Init) -> str:
    script = "setsid sh -c 'trap \"echo ended; exit\" TERM; echo on; while :; do sleep 0.05; done' & read line; exit 3"
    with Container("sh", "-c", script, init=init, stdin=-1) as container:
        container.until_said("on")
        container.close_stdin()
        status(container)
        return "SIGTERM, waited for" if "ended" in container.out else "killed"


def value_kept(init: Init) -> str:
    import ctypes

    program = "import os,signal; s={40}; signal.pthread_sigmask(0,s); os.write(1,b'on'); i=signal.sigwaitinfo(s); "
    program += "os.write(1,b' %d %d' % (i.si_code, i.si_status))"
    with Container("python3", "-c", program, init=init) as container:
        container.until_said("on")
        ctypes.CDLL(None).sigqueue(container.pid, 40, ctypes.c_void_p(42))
        status(container)
        return "kept" if container.out == "on -1 42" else "lost"


def listen_pid(init: Init) -> str:
    script = 'test "$LISTEN_PID" = $$ && echo named || echo "not named"'
    with Container("sh", "-c", script, init=around('LISTEN_PID=$$ exec "$0" "$@"', init)) as container:
        status(container)
        return container.out.strip()


def descriptors(init: Init) -> str:
    opened = around('exec "$0" "$@" 7</etc/passwd', init)
    with Container("sh", "-c", "exec 7>&-; echo on; read line", init=opened, stdin=-1) as container:
        container.until_said("on")
        signal.sigtimedwait([], 0.3)
        held = (Path(f"/proc/{container.pid}/fd/7")).exists()
        return "kept open" if held else "let go"


def two_signals(init: Init) -> str:
    program = "import os,signal,time; n=[0]\ndef h(*a): n[0]+=1\nsignal.signal(40,h); os.write(1,b'on')\n"
    program += "t=time.monotonic()\nwhile n[0]<3 and time.monotonic()-t<2: signal.sigtimedwait([41],0.05)\n"
    program += "os.write(1,b' %d' % n[0])"
    with Container("python3", "-c", program, init=init) as container:
        container.until_said("on")
        for _ in range(3):
            container.send(40)
            signal.sigtimedwait([], 0.2)
        status(container)
        return "forwarded" if container.out == "on 3" else "lost"


def libc_signal(init: Init) -> str:
    with Container("sh", "-c", "echo on; read line; exit 5", init=init, first=False, stdin=-1) as container:
        container.until_said("on")
        container.send(32)
        container.close_stdin()
        return "survives" if status(container) == 5 else "dies"


def terminal_stop(init: Init) -> str:
    script = "trap 'echo told' TSTP; echo on; while :; do sleep 0.05; done"
    with Container("sh", "-c", script, init=init) as container:
        container.until_said("on")
        container.send(signal.SIGTSTP)
        deadline = time.monotonic() + patience_s(container)
        while "told" not in container.out and time.monotonic() < deadline:
            time.sleep(0.02)
        return "forwarded" if "told" in container.out else "not forwarded"


QUESTIONS: dict[str, Callable[[Init], str]] = {
    "SIGCHLD ignored by the parent": sigchld_ignored,
    "standard input closed": stdin_closed,
    "signals ignored by the parent (`nohup`)": ignored_kept,
    "signal mask of CMD": mask_kept,
    "no such command / not executable": not_found,
    "a background process when CMD ends": leftovers,
    "value of a queued signal": value_kept,
    "realtime signals": two_signals,
    "signal 32, not as PID 1": libc_signal,
    "TSTP for a command that handles it": terminal_stop,
    "`LISTEN_PID`": listen_pid,
    "descriptors CMD has closed": descriptors,
}


def table(names: list[str]) -> list[str]:
    """The rows of docs/init.md, for these inits."""
    return [f"| {what} | " + " | ".join(ask(INITS[name]) for name in names) + " |" for what, ask in QUESTIONS.items()]


@pytest.mark.parametrize("what", QUESTIONS)
def test_the_documented_table_is_what_comes_out(what: str) -> None:
    rows = [line for line in (ROOT / "docs" / "init.md").read_text().splitlines() if line.startswith(f"| {what} |")]
    answers = [QUESTIONS[what](init) for init in INITS.values()]
    assert rows == [f"| {what} | {' | '.join(answers)} |"]


if __name__ == "__main__":
    sys.stdout.write("\n".join(table(list(INITS))) + "\n")
