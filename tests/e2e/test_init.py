"""`initd -- CMD` as PID 1 and below another init: it starts, forwards, reaps and ends as its command does (pid1.md §8)."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.e2e.container import Container, children, ran
from tests.e2e.instance import until

pytestmark = pytest.mark.usefixtures("as_root")
PLACES = pytest.mark.parametrize("first", [True, False], ids=["pid1", "not-pid1"])
CATCHABLE = sorted(set(signal.valid_signals()) - {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD})
TELL_SIGNALS = f"""
import os, signal, sys
for number in {[int(number) for number in CATCHABLE]}:
    signal.signal(number, lambda number, frame: os.write(1, b"<%d>" % number))
os.write(1, b"ready")
while True:
    signal.pause()
"""


@PLACES
@pytest.mark.parametrize("code", [0, 1, 2, 64, 125, 126, 127, 128, 255])
def test_the_exit_status_of_the_command_is_ours(first: bool, code: int) -> None:
    assert ran("--", "sh", "-c", f"exit {code}", first=first) == (code, "", "")


@PLACES
@pytest.mark.parametrize("name", ["HUP", "INT", "KILL", "USR1", "TERM", "RTMIN+5"])
def test_a_command_that_dies_of_a_signal_gives_128_and_its_number(first: bool, name: str) -> None:
    number = signal.SIGRTMIN + 5 if name == "RTMIN+5" else getattr(signal, f"SIG{name}")
    assert ran("--", "bash", "-c", f"kill -{name} $$; sleep 100", first=first)[0] == 128 + number


@PLACES
def test_what_cannot_be_run_is_told_apart(first: bool, tmp_path: Path) -> None:
    for name, text, mode in (("bad", "#!/no/such/interpreter\n", 0o755), ("closed", "true\n", 0o644), ("plain", "exit 9", 0o755)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(mode)
    answers = {name: ran("--", name, first=first)[::2] for name in ("no-such-command", "/etc", "/etc/hosts/x")}
    answers |= {name: ran("--", str(tmp_path / name), first=first)[::2] for name in ("bad", "closed", "plain")}
    assert {name: code for name, (code, _) in answers.items()} == {
        **{"no-such-command": 127, "/etc": 126, "/etc/hosts/x": 127},
        **{"bad": 127, "closed": 126, "plain": 9},  # the last is a script without #!, for the shell
    }
    assert answers["no-such-command"][1] == "initd: cannot run 'no-such-command': No such file or directory\n"
    assert answers["/etc"][1] == "initd: cannot run '/etc': Permission denied\n"


@PLACES
def test_every_signal_that_can_be_caught_is_forwarded_realtime_ones_too(first: bool) -> None:
    with Container("--", "python3", "-c", TELL_SIGNALS, first=first) as container:
        container.until_said("ready")
        for number in CATCHABLE:
            container.send(number)
            container.until_said(f"<{int(number)}>")
        assert container.out == "ready" + "".join(f"<{int(number)}>" for number in CATCHABLE)


def test_orphans_are_reaped_whoever_left_them() -> None:
    script = "for n in 1 2 3 4 5; do (sh -c 'sleep 0.1; echo orphan' &) ; done; exec cat"
    with Container("--", "sh", "-c", script, stdin=-1) as container:
        until("five orphans", lambda: container.out.count("orphan") == 5)
        until("only the command below us", lambda: len(children(container.pid)) == 1)
        assert container.process.stdin is not None
        container.process.stdin.close()
        assert container.wait() == 0
