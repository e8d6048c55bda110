"""`initd -- CMD` as PID 1 and below another init: it starts, forwards, reaps and ends as its command does (pid1.md §8)."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.e2e.container import Container, children, descendants, ran
from tests.e2e.instance import alive, stat_fields, until

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


def test_a_configuration_before_the_command_is_the_daemons_however_it_is_given() -> None:
    for options in (("-n", "-c", "file"), ("-cfile",), ("--configuration=file",), ("--configuration", "file")):
        code, out, err = ran(*options, "--", "true", first=False)
        assert (code, out) == (2, "") and "could not find config file file" in err


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


def test_the_signals_that_libc_keeps_for_itself_do_not_end_us() -> None:
    with Container("--", "sh", "-c", "echo on; read line; exit 4", first=False, stdin=-1) as container:
        container.until_said("on")
        for number in (32, 33):
            container.send(number)
        container.close_stdin()
        assert container.wait() == 4


def test_orphans_are_reaped_whoever_left_them() -> None:
    script = "for n in 1 2 3 4 5; do (sh -c 'sleep 0.1; echo orphan' &) ; done; exec cat"
    with Container("--", "sh", "-c", script, stdin=-1) as container:
        until("five orphans", lambda: container.out.count("orphan") == 5)
        until("only the command below us", lambda: len(children(container.pid)) == 1)
        assert container.process.stdin is not None
        container.process.stdin.close()
        assert container.wait() == 0


POLITE = "trap 'sleep 0.3; echo polite >>said; exit' TERM; echo polite; while :; do sleep 0.05; done"
DEAF = "trap '' TERM; echo deaf; while :; do sleep 0.05; done"


@PLACES
def test_everybody_else_is_ended_and_waited_for_when_the_command_has_ended(first: bool) -> None:
    script = 'setsid sh -c "$0" & setsid sh -c "$1" & (setsid sleep 1000 &); (sleep 1000 & kill -STOP $!); read line; exit 7'
    with Container("--grace=1.5", "--", "sh", "-c", script, POLITE, DEAF, first=first, stdin=-1) as container:
        container.until_said("polite\n")
        container.until_said("deaf\n")
        below = until("everybody", lambda: len(found := descendants(container.pid)) > 5 and found)
        container.close_stdin()
        assert container.wait() == 7
        assert (container.folder / "said").read_text() == "polite\n"
        assert not [pid for pid in below if alive(pid)]


@PLACES
def test_a_stop_signal_while_leftovers_are_waited_for_ends_their_grace(first: bool) -> None:
    script = 'setsid sh -c "$0" & read line; exit 3'
    with Container("--grace=1000", "--", "sh", "-c", script, DEAF, first=first, stdin=-1) as container:
        container.until_said("deaf\n")
        command = children(container.pid)[0]
        container.close_stdin()
        until("the end of the command", lambda: not stat_fields(command))
        assert container.process.poll() is None
        container.send(signal.SIGTERM)
        assert container.wait() == 3


def test_the_deadline_from_the_first_stop_signal_on_ends_the_grace() -> None:
    script = 'setsid sh -c "$0" & trap "exit 4" TERM; while :; do sleep 0.05; done'
    with Container("--grace=1000", "--deadline=0.5", "--", "sh", "-c", script, DEAF) as container:
        container.until_said("deaf\n")
        container.send(signal.SIGTERM)
        assert container.wait() == 4


def test_a_command_that_does_not_stop_is_killed_if_we_were_told_to() -> None:
    with Container("--kill-after=0.2", "--", "sh", "-c", DEAF) as container:
        container.until_said("deaf\n")
        container.send(signal.SIGTERM)
        assert container.wait() == 137


def held(pid: int) -> bool:
    """Whether that process has blocked signals, the first thing our program does; while it waits for them it does not show."""
    status = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    itself = status["Name"] != "unshare"  # which blocks some for an instant, too
    return itself and int(status["SigBlk"], 16) >> (signal.SIGTERM - 1) & 1 == 1


@PLACES
def test_a_signal_that_comes_before_the_command_is_started_reaches_it(first: bool) -> None:
    with Container("--", "sleep", "1000", first=first) as container:
        while not held(container.pid) and not children(container.pid):
            assert container.process.poll() is None
        container.send(signal.SIGTERM)
        assert container.wait() == 143


STAGES = "for n in 1 2 3 4 5 6 7 8 9 10; do (sh -c 'sleep 0.'$n'; echo done' &) ; done"


@PLACES
def test_grandchildren_that_outlive_their_parents_are_all_reaped(first: bool) -> None:
    script = f"({STAGES}) & ({STAGES}) & wait; echo left; read line; exit 2"
    with Container("-w", "--", "sh", "-c", script, first=first, stdin=-1) as container:
        until("twenty orphans", lambda: container.out.count("done") == 20)
        until("only the command below us", lambda: len(children(container.pid)) == 1)
        container.close_stdin()
        assert container.wait() == 2
        assert container.err.count("initd: reaped orphan") == 20


@pytest.mark.parametrize(("target", "left"), [("child", 5), ("group", 0), ("session", 0)])
def test_a_signal_ends_the_command_alone_or_all_of_its_pipeline(target: str, left: int) -> None:
    script = "yes | cat | cat | cat | cat >/dev/null; exit 1"
    with Container("--keep-leftovers", "-t", target, "--", "sh", "-c", script, first=False) as container:
        pipeline = until("six processes", lambda: len(found := descendants(container.pid)) == 6 and found)
        container.send(signal.SIGTERM)
        assert container.wait() == 143
        until("what is to be left", lambda: len([pid for pid in pipeline if alive(pid)]) == left)
        for pid in pipeline:
            if alive(pid):
                os.kill(pid, signal.SIGKILL)


def test_exit_codes_are_changed_for_one_and_all_others_kept() -> None:
    assert [ran("-e", "143", "-e3:7", "--", "sh", "-c", text)[0] for text in ("kill $$", "exit 3", "exit 4")] == [0, 7, 4]


def test_a_rewritten_a_dropped_and_a_delayed_signal() -> None:
    script = "trap 'echo usr2' USR2; trap 'echo hup' HUP; trap 'echo int; exit 5' INT; echo on; while :; do sleep 0.05; done"
    options = ("-r", "USR1:USR2", "--drop", "HUP", "--delay", "TERM:0.5", "-r", "TERM:INT")
    with Container(*options, "--", "sh", "-c", script) as container:
        container.until_said("on")
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGUSR1):
            container.send(number)
        assert container.wait() == 5
        assert container.out == "on\nusr2\nint\n"


def test_nothing_wakes_an_idle_init() -> None:
    def switches() -> list[str]:
        lines = Path(f"/proc/{container.pid}/status").read_text().splitlines()
        return [line for line in lines if "ctxt_switches" in line]

    def settled() -> bool:
        before = switches()
        signal.sigtimedwait([], 0.5)
        return switches() == before

    with Container("--", "sleep", "1000") as container:
        until("the command", lambda: children(container.pid))
        until("an init with nothing left to do", settled)
        before = switches()
        signal.sigtimedwait([], 2)
        assert switches() == before
