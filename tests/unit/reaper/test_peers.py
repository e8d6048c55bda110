"""What initd understands as tini, dumb-init and catatonit, as plans (that the words are theirs is tests/e2e/test_init_peers)."""

from __future__ import annotations

import pytest

from initd.reaper import catatonit, dumb_init, tini
from initd.reaper.getopt import Caller, Ends
from initd.reaper.options import Options
from initd.signals import SIGHUP, SIGSEGV, SIGSTOP, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU, SIGUSR1
from sim.kernel import SimKernel
from sim.kernel.init import SimInit
from tests.unit.reaper.lives import CMD, run_of


def called(words: str, **environ: str) -> Caller:
    variables = {name.encode(): value.encode() for name, value in environ.items()}
    return Caller("x", words.split(), variables, 7, lambda number: f"S{number}")


def test_tini_signals_the_child_adopts_nobody_and_leaves_at_once() -> None:
    plan = tini.plan(called(CMD))
    assert (plan.target, plan.place, plan.subreaper, plan.grace_ns) == ("child", "group", False, None)
    assert {SIGSEGV, SIGTTIN, SIGTTOU} <= {number for number, other in plan.rewrites.items() if other == 0}
    assert SIGTSTP not in plan.rewrites


def test_tinis_options_are_parts_of_the_plan() -> None:
    plan = tini.plan(called(f"-s -g -w -p SIGINT -e 7 {CMD} -g"))
    assert (plan.subreaper, plan.target, plan.warn_on_reap, plan.parent_death, plan.codes) == (
        True,
        "group",
        True,
        2,
        {7: 0},
    )
    for name, number in (("SIGHUP", 1), ("SIGSYS", 31)):
        assert tini.plan(called(f"-p {name} {CMD}")).parent_death == number
    plan = tini.plan(called(CMD))
    assert (plan.subreaper, plan.target, plan.warn_on_reap, plan.parent_death, plan.codes) == (
        False,
        "child",
        False,
        0,
        {},
    )


@pytest.mark.parametrize("code", range(256))
def test_tini_remaps_each_code_and_no_other(code: int) -> None:
    assert tini.plan(called(f"-e {code} {CMD}")).codes == {code: 0}


def test_a_digit_that_is_no_number_is_refused_as_anything_else() -> None:
    for plan, words in ((tini.plan, "-e ²"), (dumb_init.plan, "-r ²:1"), (dumb_init.plan, "-r 1:²")):
        with pytest.raises(Ends) as ended:
            plan(called(f"{words} {CMD}"))
        assert ended.value.code == 1


def test_tinis_variables_are_options_by_their_presence() -> None:
    plan = tini.plan(called(CMD, TINI_SUBREAPER="", TINI_KILL_PROCESS_GROUP=""))
    assert (plan.subreaper, plan.target) == (True, "group")


@pytest.mark.parametrize(
    ("words", "verbosity", "lines"),
    [("-v", None, 1), ("-vv", None, 2), ("", "4", 3), ("", "2", 1), ("", "3", 2), ("-vvv", "1", 0)],
)
def test_tinis_verbosity_is_a_count_or_a_variable(words: str, verbosity: str | None, lines: int) -> None:
    plan = tini.plan(called(f"{words} {CMD}", **({"TINI_VERBOSITY": verbosity} if verbosity else {})))
    assert plan.remark is not None
    said = plan.remark("started", 8, 0) + plan.remark("changed", 0, 0) + plan.remark("waits", 0, 0)
    assert len(said) == lines and all(fd == 1 for fd, _ in said)


def test_tinis_words_of_what_happens_later() -> None:
    plan = tini.plan(called(f"-vvv -w {CMD}"))
    assert plan.remark is not None
    said = [line for event in (("passed", 1, 15), ("passed", 1, 0), ("reaped", 9, 0)) for line in plan.remark(*event)]
    assert said == [
        (1, "[DEBUG tini (7)] Passing signal: 'S15'\n"),
        (1, "[TRACE tini (7)] No child to reap\n"),
        (1, "[TRACE tini (7)] No child to reap\n"),
        (1, "[DEBUG tini (7)] Reaped child with pid: '9'\n"),
        (2, "[WARN  tini (7)] Reaped zombie process with pid=9\n"),
    ]
    quiet = tini.plan(called(f"-vvv {CMD}"))
    assert quiet.remark is not None and len(quiet.remark("reaped", 9, 0)) == 1


@pytest.mark.parametrize(("number", "code"), [(2, 127), (13, 126), (20, 1), (8, 1)])
def test_tini_tells_why_it_could_not_execute(number: int, code: int) -> None:
    plan = tini.plan(called(CMD))
    assert plan.refuse is not None
    assert plan.refuse(number, "Some words", 9) == (f"[FATAL tini (9)] exec {CMD} failed: Some words\n", code)


def test_dumb_init_makes_a_session_and_signals_its_leaders_group() -> None:
    plan = dumb_init.plan(called(CMD))
    assert (plan.target, plan.place, plan.subreaper, plan.grace_ns) == ("group", "session", False, None)
    assert (plan.rewrites, plan.suspend, plan.farewell) == (
        dict.fromkeys((SIGTSTP, SIGTTIN, SIGTTOU), SIGSTOP),
        (SIGTSTP, SIGTTIN, SIGTTOU),
        SIGTERM,
    )


def test_dumb_init_for_a_single_child_makes_none() -> None:
    for plan in (dumb_init.plan(called(f"-c {CMD}")), dumb_init.plan(called(CMD, DUMB_INIT_SETSID="0"))):
        assert (plan.target, plan.place, plan.rewrites) == ("child", "none", {})


def test_dumb_inits_rewriting_overrides_what_suspends() -> None:
    plan = dumb_init.plan(called(f"-r 20:0 -r 1:31 -r 31:1 {CMD}"))
    assert plan.rewrites == {20: 0, 1: 31, 31: 1, SIGTTIN: SIGSTOP, SIGTTOU: SIGSTOP}


def test_dumb_init_reads_no_options_of_the_command() -> None:
    assert dumb_init.plan(called(f"{CMD} -c --version")).command == (CMD, "-c", "--version")


def test_catatonit_swallows_terminal_stops_and_adopts_orphans() -> None:
    plan = catatonit.plan(called(f"-g -- {CMD} -P"))
    assert (plan.target, plan.subreaper, plan.pause, plan.command) == ("group", None, False, (CMD, "-P"))
    assert (plan.grace_ns, plan.name) == (None, "catatonit")
    assert {SIGTSTP, SIGTTIN, SIGTTOU} <= {number for number, other in plan.rewrites.items() if other == 0}
    behind = catatonit.plan(called(f"{CMD} -g"))
    assert (behind.target, behind.command) == ("group", (CMD,))


@pytest.mark.parametrize("plan", [tini.plan, dumb_init.plan, catatonit.plan])
def test_without_a_command_there_is_no_run(plan) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Ends) as end:
        plan(called(""))
    assert end.value.code == 1 and end.value.err


def test_dumb_init_sends_term_to_the_group_when_its_child_has_ended() -> None:
    family = [["fork", [["handle", "TERM", [["exit", 0]]], ["pause"]]], ["sleep", 1], ["exit", 4]]
    code, heard = run_of(dumb_init.plan(called(CMD)), family)
    assert code == 4 and len(heard[SIGTERM]) == 1
    for steps in (family, [["setsid"], *family]):
        code, heard = run_of(dumb_init.plan(called(f"-c {CMD}")), steps)
        assert code == 4 and SIGTERM not in heard


def test_dumb_init_stops_itself_with_its_group_and_goes_on_with_it() -> None:
    plan = dumb_init.plan(called(CMD))
    kernel = SimKernel(programs=[["handle", "USR1", [["exit", 6]]], ["pause"]], pid=2, until_ns=10**12)
    kernel.files.program(CMD)
    stopped: list[bool] = []
    for at_s, number in ((1, SIGTSTP), (3, 18), (4, SIGUSR1)):
        kernel.at(at_s * 10**9, lambda number=number: kernel.signal_daemon(number))
    for at_s in (2, 5):
        kernel.at(at_s * 10**9 - 1, lambda: stopped.append(kernel.machine.stopped))
    from initd.reaper.run import Run

    assert Run(SimInit(kernel), plan).run() == 6
    assert stopped == [True]


@pytest.mark.parametrize("number", [SIGHUP, SIGSEGV])
def test_tini_forwards_a_hangup_and_no_fault(number: int) -> None:
    steps = [["handle", "HUP", [["exit", 3]]], ["handle", "SEGV", [["exit", 3]]], ["sleep", 2], ["exit", 9]]
    code, _ = run_of(tini.plan(called(CMD)), steps, (1, number))
    assert code == (3 if number == SIGHUP else 9)


def test_a_pause_reaps_and_ends_at_a_stop_signal() -> None:
    plan: Options = catatonit.plan(called("-P"))
    code, _ = run_of(plan, [], (2, SIGHUP), (5, SIGTERM))
    assert code == 0
