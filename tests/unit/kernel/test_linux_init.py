"""The kernel of the init by itself, each attempt in a process of its own; whole lives are in tests/contract and tests/e2e."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import time
from collections.abc import Callable

import pytest

from initd.kernel import linux_tree
from initd.kernel.command import SI_QUEUE, Arrived, Command
from initd.kernel.linux_init import LinuxInit


def apart(attempt: Callable[[LinuxInit], object]) -> str:
    """What that comes to in a process of its own with all signals blocked, as the init has them."""
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.setsid()
            signal.alarm(60)
            held = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
            answer = str(attempt(LinuxInit(held)))
        except BaseException as error:
            answer = repr(error)
        os.write(writer, answer.encode()[:4000])
        os._exit(0)
    os.close(writer)
    with open(reader) as said:
        answer = said.read()
    os.waitpid(pid, 0)
    return answer


def command(*argv: str, place: str = "group") -> Command:
    return Command(argv, place, lambda number, text, pid: (f"{errno.errorcode[number]} {pid == os.getpid()}\n", 99))


def ends(kernel: LinuxInit) -> list[tuple[int, int]]:
    """Everybody who ends, until nobody is left."""
    found: list[tuple[int, int]] = []
    while True:
        ended, left = kernel.reap(10)
        found += ended
        if not left:
            return found
        kernel.wait_signal(kernel.mono() + 100_000_000)


@pytest.mark.parametrize(
    ("call", "target"), [("kill", 0), ("kill", -1), ("kill", -77), ("killpg", 1), ("killpg", 0), ("killpg", -2)]
)
def test_nobody_but_the_one_that_is_meant_is_signalled(call: str, target: int) -> None:
    with pytest.raises(OSError) as refused:
        getattr(LinuxInit(()), call)(target, 0)
    assert refused.value.errno == errno.EINVAL


def test_only_the_first_process_signals_everybody() -> None:
    with pytest.raises(PermissionError):
        LinuxInit(()).kill_all(0)


def test_a_signal_comes_with_who_sent_it_and_a_queued_one_with_its_value() -> None:
    def attempt(kernel: LinuxInit) -> list[tuple[int, ...]]:
        os.kill(os.getpid(), signal.SIGUSR1)
        kernel.queue(os.getpid(), signal.SIGRTMIN, Arrived(signal.SIGRTMIN, SI_QUEUE, os.getpid(), os.getuid(), 4711))
        found = [kernel.wait_signal(None), kernel.wait_signal(kernel.mono() + 10**10)]
        assert found[1] and found[1].value == 4711
        return [(each.number, each.code, each.pid - os.getpid(), each.uid) for each in found if each]

    user = os.getuid()
    assert apart(attempt) == str([(int(signal.SIGUSR1), 0, 0, user), (int(signal.SIGRTMIN), SI_QUEUE, 0, user)])


def test_a_wait_ends_at_its_deadline_and_not_before() -> None:
    def attempt(kernel: LinuxInit) -> tuple[object, bool, object]:
        until_ns = kernel.mono() + 50_000_000
        nothing = kernel.wait_signal(until_ns)
        return nothing, kernel.mono() >= until_ns, kernel.wait_signal(0)

    assert apart(attempt) == "(None, True, None)"


def test_a_child_has_its_place_and_the_mask_from_before() -> None:
    def attempt(kernel: LinuxInit) -> list[tuple[bool, bool, str]]:
        answers = []
        for place in ("none", "group", "session"):
            pid = kernel.start(command("sleep", "1000", place=place))
            while os.readlink(f"/proc/{pid}/exe") == os.readlink("/proc/self/exe"):
                time.sleep(0.001)
            with open(f"/proc/{pid}/status") as status:
                blocked = next(line.split()[1] for line in status if line.startswith("SigBlk"))
            answers.append((os.getpgid(pid) == pid, os.getsid(pid) == pid, blocked.strip("0")))
            kernel.kill(pid, signal.SIGKILL)
        ends(kernel)
        return answers

    assert apart(attempt) == str([(False, False, ""), (True, False, ""), (True, True, "")])


def test_who_ended_and_who_only_stopped_is_told_as_wait_tells_it() -> None:
    def attempt(kernel: LinuxInit) -> list[str]:
        exits = kernel.start(command("sh", "-c", "exit 7"))
        kernel.start(command("no such command"))
        stops = kernel.start(command("sh", "-c", "kill -STOP $$; kill -TERM $$"))
        told: dict[int, list[str]] = {}
        while len(told) < 3 or len(told[stops]) < 2:
            for pid, status in kernel.reap(10)[0]:
                told.setdefault(pid, []).append(f"{status:x}")
                if status & 0xFF == 0x7F:
                    kernel.kill(pid, signal.SIGCONT)
            kernel.wait_signal(kernel.mono() + 10_000_000)
        return [",".join(told[exits]), ",".join(told[stops]), *(",".join(told[pid]) for pid in set(told) - {exits, stops})]

    devnull = os.open(os.devnull, os.O_WRONLY)
    kept = os.dup(2)
    os.dup2(devnull, 2)
    try:
        answer = apart(attempt)
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(devnull)
    assert answer == str(["700", "137f,f", "6300"])


def test_no_more_are_reaped_at_once_than_asked_for() -> None:
    def attempt(kernel: LinuxInit) -> list[int]:
        pids = [kernel.start(command("true")) for _ in range(3)]
        for pid in pids:
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        return [len(kernel.reap(2)[0]), len(kernel.reap(2)[0]), *[int(left) for left in kernel.reap(2)[1:]]]

    assert apart(attempt) == "[2, 1, 0]"


def test_ignored_ends_of_children_are_told_all_the_same_and_stay_ignored_below() -> None:
    def attempt(kernel: LinuxInit) -> str:
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        deaf = LinuxInit(kernel._held)
        reader, writer = os.pipe()
        os.dup2(writer, 1)
        deaf.start(command("grep", "SigIgn", "/proc/self/status"))
        ((_, status),) = ends(deaf)
        ignored = int(os.read(reader, 100).split()[1], 16)
        return f"{status} {bool(ignored & 1 << signal.SIGCHLD - 1)}"

    assert apart(attempt) == "0 True"


def test_settled_it_holds_nothing_and_stands_at_the_root() -> None:
    def attempt(kernel: LinuxInit) -> tuple[list[str], str, list[str]]:
        result = os.dup(1)
        os.dup2(result, 200)
        before = os.readlink("/proc/self/fd/2")
        keep = os.fork()  # this one tells, since the other has no descriptor left to tell by
        if keep:
            pidfile = f"/proc/{keep}"
            while os.path.exists(f"{pidfile}/fd/200"):
                time.sleep(0.001)
            while os.readlink(f"{pidfile}/cwd") != "/":
                time.sleep(0.001)
            held = sorted(os.listdir(f"{pidfile}/fd"), key=int)
            where = [os.readlink(f"{pidfile}/fd/{fd}") for fd in held]
            os.kill(keep, signal.SIGKILL)
            os.waitpid(keep, 0)
            return held, os.path.commonprefix(where[:2]), [str(where[2] == before)]
        kernel.settle(output=False)
        signal.pause()
        raise AssertionError

    assert apart(attempt) == str((["0", "1", "2"], "/dev/null", ["True"]))


def test_of_our_own_tree_everybody_is_found_parents_first() -> None:
    def attempt(kernel: LinuxInit) -> bool:
        kernel.become_subreaper()
        script = "sleep 1000 & sleep 1000 & echo on; wait"
        child = subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE, start_new_session=True)
        assert child.stdout
        child.stdout.readline()
        found, session = linux_tree.descendants(), linux_tree.session(child.pid)
        os.killpg(child.pid, signal.SIGKILL)
        return found[0] == child.pid and len(found) == 3 and sorted(found) == sorted(session) and kernel.is_subreaper()

    assert apart(attempt) == "True"


def test_a_parent_that_is_there_can_be_tied_to() -> None:
    def attempt(kernel: LinuxInit) -> bool:
        return kernel.tie_to_parent(signal.SIGUSR1)

    assert apart(attempt) == "True"
