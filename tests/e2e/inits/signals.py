"""What becomes of the signals that are sent to an init, and of those that were blocked or ignored before it."""

from __future__ import annotations

import ctypes
import signal
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.e2e.container import Container, children, descendants, kill_all
from tests.e2e.inits.case import ELSE, Trial, case, having
from tests.e2e.instance import stat_fields, until

FENCE = 64
"""Sent last, and taken last of all that are pending: when it has come, the others have, or never will."""
SUSPENDING = (signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)
FAULTS = (signal.SIGILL, signal.SIGTRAP, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGSEGV, signal.SIGSYS)
UNTOUCHABLE = (signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD)
PLAIN = sorted(signal.valid_signals() - {*SUSPENDING, *FAULTS, *UNTOUCHABLE, FENCE})
TELL = """
import os, signal
every = signal.valid_signals() - {9, 17, 19}
signal.pthread_sigmask(signal.SIG_BLOCK, every)
os.write(1, b"ready")
while True:
    os.write(1, b"<%d>" % signal.sigwaitinfo(every).si_signo)
"""
"""Takes the lowest that is pending; handlers of two that come at once may run in either order."""
TELLER = ("python3", "-I", "-S", "-c", TELL)
COUNT = """
import os, signal
signal.pthread_sigmask(signal.SIG_BLOCK, {40, 41})
os.write(1, b"ready")
while True:
    found = signal.sigwaitinfo({40, 41})
    os.write(1, b"<%d:%d>" % (found.si_signo, found.si_status))
"""


def heard(trial: Trial, numbers: Iterable[int], given: tuple[str, ...] = ()) -> str:
    """What of these CMD hears."""
    with trial.start(*TELLER, given=given) as container:
        container.until_said("ready")
        below = descendants(container.pid)
        try:
            trial.send(container, *numbers, FENCE)
            if not trial.sees(lambda: f"<{FENCE}>" in container.out or container.process.poll() is not None):
                return "stuck"
            if container.process.poll() is not None:
                return "dies"
            return container.out.removeprefix("ready").removesuffix(f"<{FENCE}>")
        finally:
            kill_all(below)


def all_of(trial: Trial, numbers: list[int]) -> str:
    """Whether CMD hears them all, whatever their order."""
    found = heard(trial, numbers)
    missing = [int(number) for number in numbers if f"<{number}>" not in found]
    if found in ("stuck", "dies") or not missing:
        return found if missing else "all"
    return "none" if len(missing) == len(numbers) else f"not {' '.join(map(str, missing))}"


@case("1 to 64 but KILL, STOP, CHLD, 32, 33 and what has rows below", "dumb-init: every signal is proxied; §1.1", "all")
def forwarded(trial: Trial) -> str:
    return all_of(trial, PLAIN)


@case(
    "ILL TRAP ABRT BUS FPE SEGV SYS, sent by somebody", "dumb-init: every signal is proxied; §1.1", "all",
    kept={"tini": "none", "catatonit": "none"}, fault_of=("tini", "catatonit"),
)  # fmt: skip
def faults(trial: Trial) -> str:
    return all_of(trial, list(FAULTS))


@case(
    "TSTP, TTIN, TTOU for a CMD that handles them", "§1.1 job control; podman #18095", "forwarded",
    kept={"dumb-init": "not forwarded", "catatonit": "not forwarded", "tini": "only TSTP"}, fault_of=("tini", "catatonit"),
)  # fmt: skip
def terminal_stop(trial: Trial) -> str:
    with trial.start(*TELLER) as container:
        container.until_said("ready")
        for number, fence in zip(SUSPENDING, (62, 63, FENCE)):
            stop_then_go_on(trial, container, number, fence)
        told = [number.name.removeprefix("SIG") for number in SUSPENDING if f"<{number}>" in container.out]
        return "forwarded" if len(told) == len(SUSPENDING) else f"only {' '.join(told)}" if told else "not forwarded"


def stop_then_go_on(trial: Trial, container: Container, number: int, fence: int) -> None:
    """The CONT would take back a signal that is still pending."""
    trial.send(container, number, fence)
    passed = f"<{fence}>"
    until("the signal is dealt with", lambda: passed in container.out or "T" in states(*children(container.pid)))
    # Again and again: an init that stops itself may come to that only after CMD has stopped.
    until("it goes on", lambda: trial.send(container, signal.SIGCONT) or passed in container.out)


@case("signals 32 and 33, which libc keeps", "§1.3", "survives", places=(ELSE,), kept={"dumb-init": "dies"},
      fault_of=("tini", "dumb-init", "catatonit"))  # fmt: skip
def libc_signals(trial: Trial) -> str:
    with trial.start("sh", "-c", "echo on; read line; exit 5", stdin=-1) as container:
        container.until_said("on")
        trial.send(container, 32, 33)  # who dies of that runs no more, whatever becomes of CMD
        container.close_stdin()
        return "survives" if trial.status(container) == "5" else "dies"


@case("value of a queued signal", "§1.1 forwarded siginfo", "kept", kept={"dumb-init": "lost"},
      fault_of=("tini", "dumb-init", "catatonit"))  # fmt: skip
def value(trial: Trial) -> str:
    with trial.start("python3", "-I", "-S", "-c", COUNT) as container:
        container.until_said("ready")
        ctypes.CDLL(None).sigqueue(container.pid, 40, ctypes.c_void_p(42))
        trial.sees(lambda: "<40:" in container.out)
        return "kept" if "<40:42>" in container.out else "lost"


@case("one realtime signal, five times at once", "§8: realtime signals", "five times")
def realtime(trial: Trial) -> str:
    with trial.start("python3", "-I", "-S", "-c", COUNT) as container:
        container.until_said("ready")
        trial.send(container, 40, 40, 40, 40, 40, 41)
        trial.sees(lambda: "<41:" in container.out)
        return {5: "five times"}.get(container.out.count("<40:"), f"{container.out.count('<40:')}")


REWRITES = having(initd=(), dumb_init=())
MAPS = {
    "none": ((), (1, 15), {1, 15}),
    "one": (("-r", "1:15"), (1,), {15}),
    "swapped": (("-r", "1:15", "-r", "15:1"), (1,), {15}),
    "itself": (("-r", "1:1"), (1,), {1}),
    "ends": (("-r", "1:31", "-r", "31:1"), (31,), {1}),
    "not twice": (("-r", "1:2", "-r", "2:15"), (1,), {2}),
    "the last": (("-r", "1:2", "-r", "1:15"), (1,), {15}),
}


@case("rewriting: none, one, swapped, itself, 1 and 31, chained, twice", "dumb-init: rewrite maps", "as told", REWRITES)
def rewritten(trial: Trial) -> str:
    for name, (given, sent, right) in MAPS.items():
        found = heard(trial, sent, given)
        if found != "".join(f"<{number}>" for number in sorted(right)):
            return f"{name}: {found}"
    return "as told"


@case("rewriting to 0", "dumb-init: rewrite to 0 drops", "dropped", REWRITES)
def dropped(trial: Trial) -> str:
    return heard(trial, (15, 12), ("-r", "15:0")).replace("<12>", "dropped")


def states(*pids: int) -> str:
    """S, T and so on, of each."""
    return "".join("".join(stat_fields(pid)[:1]) for pid in pids)


@case("TSTP, TTIN, TTOU, then CONT, in a session", "dumb-init: suspend both, resume both", "both stop, both go on",
      having(dumb_init=()), (ELSE,))  # fmt: skip
def suspended(trial: Trial) -> str:
    found = {stop_and_go_on(trial, number) for number in SUSPENDING}
    return " ".join(sorted(found))


def stop_and_go_on(trial: Trial, number: int) -> str:
    with trial.start("sleep", "1000") as container:
        if not trial.sees(lambda: ready(container.pid, "sleep")):
            return "never starts"
        command = children(container.pid)[0]
        trial.send(container, number)
        if not trial.sees(lambda: states(container.pid, command) == "TT"):
            return states(container.pid, command)
        trial.send(container, signal.SIGCONT)
        if not trial.sees(lambda: states(container.pid, command) == "SS"):
            return states(container.pid, command)
    return "both stop, both go on"


def held(pid: int) -> bool:
    """Whether an init has blocked signals; while ours waits for them it does not show."""
    status = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    itself = status["Name"] != "unshare"  # which blocks some for an instant, too
    return itself and int(status["SigBlk"], 16) >> (signal.SIGTERM - 1) & 1 == 1


def ready(pid: int, name: str) -> bool:
    """Whether the one child of a process is that program already."""
    return any(open(f"/proc/{child}/comm").read() == f"{name}\n" for child in children(pid))


def told_and_stopped(trial: Trial, given: tuple[str, ...], number: int, instead: int) -> str:
    with trial.start(*TELLER, given=given) as container:
        container.until_said("ready")
        trial.send(container, number)
        if not trial.sees(lambda: f"<{instead}>" in container.out):
            return "not told"
        return "told, init stops" if trial.sees(lambda: states(container.pid) == "T") else "told, init goes on"


@case("TSTP, TTIN, TTOU without a session", "dumb-init: forwards as is, suspends self", "told, init stops",
      having(dumb_init=("-c",)), (ELSE,))  # fmt: skip
def suspended_alone(trial: Trial) -> str:
    return " ".join({told_and_stopped(trial, (), number, number) for number in SUSPENDING})


@case("TSTP, TTIN, TTOU rewritten", "dumb-init: suspend rewrites can be overridden", "told, init stops",
      having(dumb_init=()), (ELSE,))  # fmt: skip
def suspended_otherwise(trial: Trial) -> str:
    return " ".join({told_and_stopped(trial, ("-r", f"{number:d}:15"), number, 15) for number in SUSPENDING})


def signals_before(ignored: Iterable[int], blocked: Iterable[int]) -> Callable[[], None]:
    """To be run between fork and exec of an init."""

    def prepare() -> None:
        for number in ignored:
            signal.signal(number, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)

    return prepare


def shown(trial: Trial, ignored: Iterable[int], blocked: Iterable[int]) -> str:
    """What CMD's own status says of its signals."""
    out = trial.said("cat", "/proc/self/status", preexec_fn=signals_before(ignored, blocked))
    masks = {line.split(":")[0]: int(line.split()[1], 16) for line in out.splitlines() if line.startswith(("SigIgn", "SigBlk"))}
    wrong = []
    for field, numbers, word in (("SigIgn", ignored, "ignored lost"), ("SigBlk", blocked, "mask lost")):
        right = sum(1 << (number - 1) for number in numbers)
        if masks[field] != right:
            wrong.append("stop signals blocked" if field == "SigBlk" and masks[field] == 0x380000 | right else word)
    return ", ".join(wrong) or "exactly"


@case("ignored TTOU SEGV INT, blocked TTIN ILL TERM, as CMD finds them", "tini inner (9)", "exactly",
      fault_of=("dumb-init", "catatonit"))  # fmt: skip
def sigconf(trial: Trial) -> str:
    return shown(trial, (signal.SIGTTOU, signal.SIGSEGV, signal.SIGINT), (signal.SIGTTIN, signal.SIGILL, signal.SIGTERM))


@case("nothing ignored, nothing blocked, as CMD finds it", "§1.1 job control (SigBlk 0x380000)", "exactly",
      fault_of=("catatonit",))  # fmt: skip
def no_mask(trial: Trial) -> str:
    return shown(trial, (), ())


@case("ignored HUP (`nohup`)", "§1.1 inherited ignores", "exactly", fault_of=("dumb-init", "catatonit"))
def nohup(trial: Trial) -> str:
    return shown(trial, (signal.SIGHUP,), ())


@case("started with CHLD ignored", "§1.1; bubblewrap #705", "5", fault_of=("tini", "catatonit"))
def deaf(trial: Trial) -> str:
    found = trial.ran("sh", "-c", "(sleep 0.1 &); exit 5", around="trap '' CHLD; exec \"$0\" \"$@\"")
    return found if found == "5" else "lost, or hangs"


@case("started with CHLD blocked", "§1.1", "5")
def blocked(trial: Trial) -> str:
    return trial.ran("sh", "-c", "(sleep 0.1 &); exit 5", preexec_fn=signals_before((), (signal.SIGCHLD,)))
