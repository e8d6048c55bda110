"""What a command below `initd --` finds: the signals, environment, descriptors and session it would find without us."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.container import Container, ran
from tests.e2e.instance import daemon_command, environment, until

pytestmark = pytest.mark.usefixtures("as_root")
PLACES = pytest.mark.parametrize("first", [True, False], ids=["pid1", "not-pid1"])
SHOW = ("cat", "/proc/self/status")
ENV = ("/usr/bin/env", "-0")


def mask(text: str, field: str) -> set[int]:
    """The signals of a mask in /proc/PID/status."""
    bits = int(next(line.split()[1] for line in text.splitlines() if line.startswith(field)), 16)
    return {number for number in range(1, 65) if bits >> (number - 1) & 1}


def with_signals(ignored: list[int], blocked: list[int]) -> Callable[[], None]:
    """To be run between fork and exec of an init."""

    def prepare() -> None:
        for number in ignored:
            signal.signal(number, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)

    return prepare


@PLACES
@pytest.mark.parametrize(
    ("ignored", "blocked"),
    [
        ([signal.SIGHUP, signal.SIGCHLD], [signal.SIGCHLD, signal.SIGRTMIN + 3, signal.SIGUSR1]),
        ([signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU], []),
    ],
)
def test_mask_and_ignored_signals_are_exactly_as_before(first: bool, ignored: list[int], blocked: list[int]) -> None:
    code, out, err = ran("--", *SHOW, first=first, preexec_fn=with_signals(ignored, blocked))
    assert (code, err) == (0, "")
    if first:
        ignored = [number for number in ignored if number != signal.SIGCHLD]  # `unshare` has it by default in any case
    assert (mask(out, "SigIgn"), mask(out, "SigBlk")) == (set(ignored), set(blocked))


@PLACES
@pytest.mark.parametrize("given", [
    {"A": "1"},
    {"A": "1", "LC_CTYPE": "POSIX", "B": ""},
    {"LC_CTYPE": "C.UTF-8"},
    {"LC_ALL": "C", "PYTHONPATH": "/nowhere", "PYTHONSTARTUP": "x"},
    {"B": "\udcff\udc80", "LANG": "C"},
    {},
])  # fmt: skip
def test_the_environment_is_byte_for_byte_ours(first: bool, given: dict[str, str]) -> None:
    ours = {"PYTHONPATH": environment()["PYTHONPATH"]} if "PYTHONPATH" in environment() and "PYTHONPATH" not in given else {}
    if "PYTHONPATH" in given and "-m" in daemon_command():
        given = given | {"PYTHONPATH": environment()["PYTHONPATH"]}
    with Container("--", *ENV, first=first, env=given | ours) as container:
        assert container.wait() == 0
        out = (container.folder / "out").read_bytes()
    expected = [os.fsencode(f"{name}={value}") for name, value in (given | ours).items()]
    assert out.split(b"\0")[:-1] == expected


def test_a_name_given_twice_in_the_environment_is_still_there_twice() -> None:
    entries = ["A=1", "B=2", "A=3", f"PYTHONPATH={environment().get('PYTHONPATH', '')}"]
    words = [*daemon_command(), "--", *ENV]
    given = f"(c_char_p * {len(words) + 1})(*{[os.fsencode(word) for word in words]})"
    around = f"(c_char_p * {len(entries) + 1})(*{[os.fsencode(entry) for entry in entries]})"
    script = f"from ctypes import CDLL, c_char_p; CDLL(None).execve({os.fsencode(words[0])}, {given}, {around})"
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=60)
    assert answer.stdout.split(b"\0")[:3] == [b"A=1", b"B=2", b"A=3"]


def test_without_proc_a_coerced_locale_is_removed_all_the_same() -> None:
    path = environment().get("PYTHONPATH", "")
    hidden = ("sh", "-c", f'umount -l /proc; exec env -i A=1 PYTHONPATH={path} "$0" "$@"', *daemon_command())
    code, out, _ = ran("--", "/usr/bin/env", init=hidden)
    assert code == 0
    assert [line for line in out.splitlines() if not line.startswith("PYTHONPATH")] == ["A=1"]


def test_without_proc_and_below_another_init_the_commands_group_is_ended() -> None:
    script = "sleep 1000 & umount -l /proc; kill -0 $! && exit 6"
    hidden = ("sh", "-c", 'umount -l /proc; "$0" "$@"; code=$?; exit $code', *daemon_command())
    assert ran("--grace", "0.3", "--", "sh", "-c", script, init=hidden)[0] == 6


@PLACES
def test_inherited_descriptors_reach_the_command_and_are_not_kept_by_us(first: bool) -> None:
    theirs, ours = os.pipe()
    script = f"echo in >&{ours}; exec {ours}>&-; read x"
    with Container("--", "bash", "-c", script, first=first, stdin=-1, pass_fds=[ours]) as container:
        os.close(ours)
        assert os.read(theirs, 100) == b"in\n"
        if not first:  # else `unshare` has it
            assert os.read(theirs, 100) == b""  # the end of file: nobody has it open any more
        until("our directory and descriptors", lambda: os.readlink(f"/proc/{container.pid}/cwd") == "/")
        assert {os.readlink(entry) for entry in Path(f"/proc/{container.pid}/fd").iterdir()} <= {
            "/dev/null",
            str(container.folder / "err"),
        }
    os.close(theirs)


def test_a_listen_pid_that_names_somebody_else_stays() -> None:
    named = environment() | {"LISTEN_PID": "77"}
    assert ran("--", "sh", "-c", "test $LISTEN_PID = 77", env=named)[0] == 0


TELL_VALUE = """
import os, signal
wanted = {signal.SIGRTMIN + 1, signal.SIGUSR1, signal.SIGTERM}
signal.pthread_sigmask(signal.SIG_BLOCK, wanted)
os.write(1, b"ready\\n")
while True:
    found = signal.sigwaitinfo(wanted)
    os.write(1, b"%d %d %d\\n" % (found.si_signo, found.si_code, found.si_status))
"""


@PLACES
def test_a_queued_signal_keeps_its_value(first: bool) -> None:
    sigqueue = ctypes.CDLL(None, use_errno=True).sigqueue
    with Container("--", "python3", "-c", TELL_VALUE, first=first) as container:
        container.until_said("ready")
        for number, value in ((signal.SIGRTMIN + 1, 42), (signal.SIGRTMIN + 1, -7), (signal.SIGUSR1, 2**31 - 1)):
            assert sigqueue(container.pid, int(number), ctypes.c_void_p(value & 0xFFFFFFFF)) == 0
            container.until_said(f"{int(number)} -1 {value}\n")
        container.send(signal.SIGTERM)
        container.until_said(f"{int(signal.SIGTERM)} 0 ")
