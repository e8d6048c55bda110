"""`initd -- CMD` as PID 1 and below another init, in what no other init has (pid1.md §8).

What others have too, or ought to have, is asked of all of them: `tests/e2e/inits`.
"""

from __future__ import annotations

import signal

import pytest

from tests.e2e.container import Container, children, descendants, ran
from tests.e2e.inits.signals import held
from tests.e2e.instance import alive, stat_fields, until

pytestmark = pytest.mark.usefixtures("as_root")
PLACES = pytest.mark.parametrize("first", [True, False], ids=["pid1", "not-pid1"])


def test_a_configuration_before_the_command_is_the_daemons_however_it_is_given() -> None:
    for options in (("-n", "-c", "file"), ("-cfile",), ("--configuration=file",), ("--configuration", "file")):
        code, out, err = ran(*options, "--", "true", first=False)
        assert (code, out) == (2, "") and "could not find config file file" in err


def test_what_cannot_be_run_is_named() -> None:
    assert ran("--", "no-such-command") == (127, "", "initd: cannot run 'no-such-command': No such file or directory\n")
    assert ran("--", "/etc/hosts/x") == (127, "", "initd: cannot run '/etc/hosts/x': Not a directory\n")
    assert ran("--", "/etc") == (126, "", "initd: cannot run '/etc': Permission denied\n")


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


@PLACES
def test_a_signal_that_comes_before_the_command_is_started_reaches_it(first: bool) -> None:
    with Container("--", "sleep", "1000", first=first) as container:
        while not held(container.pid) and not children(container.pid):
            assert container.process.poll() is None
        container.send(signal.SIGTERM)
        assert container.wait() == 143


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
