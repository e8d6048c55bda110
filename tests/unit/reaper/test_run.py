"""initd.reaper.run on the simulated kernel: the whole life of an init, with virtual time."""

from __future__ import annotations

import pytest

from initd.kernel.command import SI_QUEUE, Arrived, Command
from initd.reaper.options import CANNOT_START, SECOND_NS, Options
from initd.reaper.remarks import native
from initd.reaper.run import SETTLED_NS, Run
from initd.signals import (
    SIGCONT,
    SIGHUP,
    SIGINT,
    SIGKILL,
    SIGQUIT,
    SIGRTMIN,
    SIGTERM,
    SIGTSTP,
    SIGUSR1,
    SIGUSR2,
    SIGWINCH,
)
from sim.kernel import SimKernel
from sim.kernel.init import SimInit

CMD = "/bin/cmd"
TRAPPED = [["handle", "TERM", [["exit", 3]]], ["pause"]]
DEAF = [["ignore", "TERM"], ["pause"]]


class Life:
    """One run of the init with a command that does these steps; `at` has something happen to it meanwhile."""

    def __init__(self, steps: list[object], pid: int = 1, terminal: bool = False, **options: object) -> None:
        self.kernel = SimKernel(programs=steps, pid=pid, until_ns=1000 * SECOND_NS)
        self.kernel.files.program(CMD)
        self.init = SimInit(self.kernel, terminal=terminal)
        self.options = Options()
        self.options.command = (CMD,)
        for name, value in options.items():
            setattr(self.options, name, value)
        self.signals: list[tuple[int, int]] = []
        self.kernel.trace = self._hear

    def _hear(self, _now_ns: int, what: str, pid: int, detail: object) -> None:
        if what == "signal":
            self.signals.append((pid, detail))  # type: ignore[arg-type]

    def at(self, seconds: float, *numbers: int) -> Life:
        for number in numbers:
            self.kernel.at(int(seconds * SECOND_NS), lambda number=number: self.kernel.signal_daemon(number))
        return self

    def run(self) -> int:
        return Run(self.init, self.options).run()

    def heard(self, number: int) -> list[int]:
        """Who was sent that signal, in order, the init left out."""
        return [pid for pid, one in self.signals if one == number and pid != self.kernel.getpid()]

    @property
    def took(self) -> float:
        return self.kernel.now / SECOND_NS


@pytest.mark.parametrize("pid", [1, 2])
@pytest.mark.parametrize(
    ("steps", "code"), [([["exit", 0]], 0), ([["exit", 255]], 255), ([["raise", "TERM"]], 143), ([["raise", "SEGV"]], 139)]
)
def test_the_commands_end_is_ours(steps: list[object], code: int, pid: int) -> None:
    life = Life(steps, pid)
    assert (life.run(), life.took) == (code, 0)


def test_exit_codes_are_changed_where_asked() -> None:
    assert Life([["raise", "TERM"]], codes={143: 0}).run() == 0
    assert Life([["exit", 0]], codes={0: 9}).run() == 9
    assert Life([["exit", 4]], codes={3: 1}).run() == 4


def test_every_exit_code_can_be_made_0_and_what_others_are_made_touches_none() -> None:
    for code in range(256):
        others = {other: 0 if other else 1 for other in range(256) if other != code}
        assert Life([["exit", code]], codes={code: 0}).run() == 0
        assert Life([["exit", code]], codes=others).run() == code


def test_a_command_that_is_not_there_is_127_and_one_that_may_not_be_run_126() -> None:
    life = Life([], command=("/bin/nothing",))
    assert (life.run(), life.init.said) == (127, ["initd: cannot run '/bin/nothing': No such file or directory\n"])
    life = Life([["exec-error", "EACCES"]])
    assert life.run() == 126


def test_signals_reach_the_command_realtime_ones_each_with_its_value() -> None:
    life = Life([["handle", "HUP", []], ["handle", "WINCH", []], *([["handle", "RTMIN", []]]), *TRAPPED])
    life.at(1, SIGHUP).at(2, SIGWINCH)
    for value in (5, 6):
        arrived = Arrived(SIGRTMIN, SI_QUEUE, 77, 0, value)
        life.kernel.at(3 * SECOND_NS, lambda arrived=arrived: life.init.arrive(arrived))
    life.at(4, SIGTERM)
    assert life.run() == 3
    command = life.heard(SIGHUP)[0]
    assert life.init.sent == [(command, SIGRTMIN, 5), (command, SIGRTMIN, 6)]
    assert len(life.heard(SIGRTMIN)) == 2
    assert life.heard(SIGWINCH) == [command]


def test_a_signal_is_rewritten_or_dropped() -> None:
    life = Life(TRAPPED, rewrites={SIGINT: SIGTERM, SIGHUP: 0, SIGQUIT: 0}).at(1, SIGHUP, SIGQUIT).at(2, SIGINT)
    assert (life.run(), life.took, life.heard(SIGHUP), life.heard(SIGINT)) == (3, 2, [], [])


def test_a_delayed_signal_comes_late_and_at_once_when_it_is_repeated() -> None:
    assert Life(TRAPPED, delays={SIGTERM: 5 * SECOND_NS}).at(1, SIGTERM).run() == 3
    life = Life(TRAPPED, delays={SIGTERM: 5 * SECOND_NS}).at(1, SIGTERM)
    life.run()
    assert life.took == 6
    life = Life(TRAPPED, delays={SIGTERM: 5 * SECOND_NS}).at(1, SIGTERM).at(2, SIGTERM)
    life.run()
    assert life.took == 2
    assert len(life.heard(SIGTERM)) == 1
    life = Life([["handle", "HUP", []], *TRAPPED], delays={SIGHUP: 5 * SECOND_NS}).at(1, SIGHUP).at(8, SIGHUP).at(10, SIGTERM)
    life.run()
    assert len(life.heard(SIGHUP)) == 1, "the second is kept back as well"
    delays = {SIGTERM: 2 * SECOND_NS, SIGHUP: 50 * SECOND_NS}
    life = Life(TRAPPED, delays=delays).at(1, SIGHUP, SIGTERM)
    assert (life.run(), life.took) == (3, 3)


def test_a_signal_for_a_group_that_is_not_there_yet_is_for_the_command() -> None:
    life = Life(TRAPPED, target="group").at(1, SIGTERM)

    def killpg(pgid: int, number: int) -> None:
        raise ProcessLookupError(3, "No such process")

    life.init.killpg = killpg  # type: ignore[method-assign]
    assert life.run() == 3


def test_it_is_remarked_as_which_signal_one_is_passed_on() -> None:
    passed: list[tuple[int, int]] = []

    def remark(event: str, first: int, second: int) -> list[tuple[int, str]]:
        if event == "passed":
            passed.append((first, second))
        return []

    rewrites = {SIGHUP: 0, SIGINT: SIGTERM}
    assert Life(TRAPPED, rewrites=rewrites, remark=remark).at(1, SIGHUP).at(2, SIGINT).run() == 3
    assert passed == [(SIGHUP, 0), (SIGINT, SIGTERM)]


FAMILY = [["fork", [["pause"]]], ["fork", [["setpgid"], ["pause"]]], ["pause"]]


@pytest.mark.parametrize(("target", "reached"), [("child", 1), ("group", 2), ("session", 3)])
def test_a_signal_is_for_the_child_its_group_or_its_session(target: str, reached: int) -> None:
    place = "session" if target == "session" else "group"
    life = Life(FAMILY, target=target, place=place, grace_ns=None).at(1, SIGUSR1)
    assert life.run() == 128 + SIGUSR1
    assert len(life.heard(SIGUSR1)) == reached


@pytest.mark.parametrize("pid", [1, 2])
def test_leftovers_get_term_and_are_waited_for_but_no_longer_than_they_need(pid: int) -> None:
    polite = ["fork", [["setsid"], ["handle", "TERM", [["sleep", 0.5], ["exit", 0]]], ["pause"]]]
    life = Life([polite, polite, ["sleep", 1], ["exit", 5]], pid)
    assert life.run() == 5
    assert 1.5 <= life.took < 1.6
    assert life.heard(SIGKILL) == [] and life.kernel.processes() == []


@pytest.mark.parametrize("pid", [1, 2])
def test_leftovers_that_do_not_heed_it_are_killed_after_the_grace(pid: int) -> None:
    life = Life([["fork", [["setsid"], *DEAF]], ["sleep", 1], ["exit", 5]], pid, grace_ns=3 * SECOND_NS)
    assert (life.run(), life.took) == (5, 4)
    assert life.kernel.processes() == []


def test_a_stopped_leftover_is_continued_so_that_it_hears_of_its_end() -> None:
    life = Life([["fork", [["handle", "TERM", [["exit", 0]]], ["raise", "STOP"], ["pause"]]], ["sleep", 1], ["exit", 5]])
    assert life.run() == 5
    assert life.took < 1.1 and life.heard(SIGKILL) == []


@pytest.mark.parametrize("number", [SIGTERM, SIGINT, SIGQUIT])
def test_a_stop_signal_ends_the_grace(number: int) -> None:
    life = Life([["fork", DEAF], ["sleep", 1], ["exit", 5]], grace_ns=500 * SECOND_NS).at(2, SIGHUP).at(3, number)
    assert life.run() == 5
    assert 3 <= life.took < 3.1


def test_what_comes_when_the_command_has_ended_is_for_nobody() -> None:
    life = Life([["fork", [["handle", "HUP", []], *DEAF]], ["sleep", 1], ["exit", 5]], target="group").at(2, SIGHUP)
    assert (life.run(), life.heard(SIGHUP)) == (5, [])


def test_what_was_kept_back_when_the_command_ends_is_for_nobody() -> None:
    steps = [["fork", [["handle", "HUP", []], *DEAF]], ["sleep", 2], ["exit", 5]]
    life = Life(steps, target="group", delays={SIGHUP: 5 * SECOND_NS}, grace_ns=50 * SECOND_NS).at(1, SIGHUP)
    assert (life.run(), life.heard(SIGHUP)) == (5, [])


def test_the_deadline_counts_from_the_first_stop_signal() -> None:
    slow = ["handle", "TERM", [["sleep", 8], ["exit", 3]]]
    life = Life([["fork", DEAF], ["ignore", "HUP"], ["ignore", "INT"], slow, ["pause"]], grace_ns=500 * SECOND_NS)
    life.at(0.5, SIGHUP).at(1, SIGTERM).at(3, SIGINT)
    assert life.run() == 3
    assert 10 <= life.took < 10.1


def test_the_command_itself_is_killed_only_if_asked_for() -> None:
    life = Life(DEAF, kill_after_ns=8 * SECOND_NS).at(1, SIGTERM).at(2, SIGTERM)
    assert (life.run(), life.took) == (137, 9)
    assert life.init.said == [f"initd: pid {life.heard(SIGKILL)[0]} has not ended in time: SIGKILL\n"]


def test_without_a_grace_leftovers_are_left() -> None:
    life = Life([["fork", DEAF], ["exit", 5]], grace_ns=None)
    assert (life.run(), life.took, life.heard(SIGTERM)) == (5, 0, [])


def test_who_cannot_be_killed_does_not_hold_up_the_end_for_ever() -> None:
    life = Life([["fork", [["ignore", "TERM"], ["dstate", 900]]], ["sleep", 1], ["exit", 5]])
    assert life.run() == 5
    assert life.took < 5


def test_orphans_are_reaped_and_named_if_asked_for() -> None:
    orphan = ["fork", [["fork", [["sleep", 1], ["exit", 0]]], ["exit", 0]]]
    life = Life([orphan, orphan, ["wait"], ["sleep", 2], ["exit", 0]], remark=native(0, warn_on_reap=True))
    assert life.run() == 0
    assert len([line for line in life.init.said if "reaped orphan" in line]) == 2


def test_it_is_remarked_who_is_reaped_and_that_the_command_is_waited_for() -> None:
    told: list[str] = []

    def remark(event: str, first: int, second: int) -> list[tuple[int, str]]:
        told.append(event)
        return []

    orphan = ["fork", [["fork", [["sleep", 1], ["exit", 0]]], ["exit", 0]]]
    assert Life([orphan, ["wait"], ["sleep", 2], ["exit", 0]], remark=remark).run() == 0
    assert told == ["bound", "started", "changed", "reaped", "waits", "changed", "exited", "over"]


def test_an_orphan_that_only_stops_is_not_reaped() -> None:
    stopping = ["fork", [["fork", [["raise", "STOP"], ["pause"]]], ["exit", 0]]]
    life = Life([stopping, ["wait"], ["sleep", 2], ["exit", 0]], grace_ns=None, remark=native(0, warn_on_reap=True))
    assert (life.run(), life.init.said) == (0, [])


def test_more_than_one_batch_is_reaped_without_another_signal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("initd.reaper.run.BATCH", 2)
    orphans = [["fork", [["fork", [["sleep", 1], ["exit", 0]]], ["exit", 0]]]] * 7
    life = Life([*orphans, ["sleep", 5], ["exit", 0]])
    left: list[int] = []
    life.kernel.at(3 * SECOND_NS, lambda: left.append(len(life.kernel.machine.daemon.children)))
    assert (life.run(), left) == (0, [1])


def test_who_suspends_with_the_command_stops_itself_alone() -> None:
    life = Life([["handle", "TSTP", []], ["sleep", 3], ["exit", 0]], suspend=(SIGTSTP,)).at(1, SIGTSTP)
    stopped: list[bool] = []
    life.init.stop = stopped.append  # type: ignore[method-assign]
    assert (life.run(), stopped) == (0, [False])


def test_an_idle_init_asks_for_nothing() -> None:
    life = Life([["sleep", 900], ["exit", 0]])
    calls: list[int] = []
    life.kernel.at(2 * SETTLED_NS, lambda: calls.append(life.init.calls))
    life.kernel.at(899 * SECOND_NS, lambda: calls.append(life.init.calls))
    assert life.run() == 0
    assert calls[0] == calls[1]


@pytest.mark.parametrize(("remark", "output"), [(None, False), (native(1, False), True)])
def test_it_settles_at_the_start_and_loads_the_rest_once_it_has_lived_a_while(remark: object, output: bool) -> None:
    life = Life([["sleep", 1], ["exit", 0]], remark=remark)
    told: list[object] = []
    life.init.settle = lambda output: told.append((life.took, output))  # type: ignore[method-assign]
    life.init.load = lambda: told.append(life.took)  # type: ignore[method-assign]
    assert life.run() == 0
    assert told == [(0, output), 0.1]


def test_it_is_remarked_what_leaving_the_terminal_brings() -> None:
    told: list[tuple[str, int]] = []

    def remark(event: str, first: int, second: int) -> list[tuple[int, str]]:
        told.append((event, first))
        return []

    assert Life([["exit", 0]], pid=2, terminal=True, place="session", remark=remark).run() == 0
    assert [number for event, number in told if event == "ignored"] == [SIGHUP, SIGCONT]


def test_timers_have_their_turn_in_a_flood_of_signals() -> None:
    life = Life([["handle", "HUP", []], *DEAF], kill_after_ns=SECOND_NS).at(1, SIGTERM)

    def flood() -> None:
        if life.kernel.now < 10 * SECOND_NS:
            life.kernel.signal_daemon(SIGHUP)
            life.kernel.at(life.kernel.now + 1000, flood)

    life.kernel.tick_ns = 2000
    life.kernel.at(SECOND_NS * 199 // 100, flood)
    assert life.run() == 137
    assert 2 <= life.took < 2.1


def test_without_a_command_orphans_are_reaped_without_a_word() -> None:
    life = Life([], pause=True).at(5, SIGTERM)
    life.kernel.at(SECOND_NS, lambda: life.init.start(Command((CMD,), "group", lambda number, text, pid: ("", 0))))
    assert (life.run(), life.took) == (0, 5)
    assert life.init.said == [] and life.kernel.processes() == []


def test_a_start_without_room_is_tried_again_for_a_while() -> None:
    life = Life([["exit", 4]])
    life.kernel.machine.table.max_processes = 0
    life.kernel.at(SECOND_NS, lambda: setattr(life.kernel.machine.table, "max_processes", None))
    assert life.run() == 4
    life = Life([["exit", 4]])
    life.kernel.machine.table.max_processes = 0
    assert (life.run(), life.took) == (CANNOT_START, 2)
    assert life.init.said == ["initd: cannot start a process for '/bin/cmd': Resource temporarily unavailable\n"]
    life = Life([["exit", 4]])
    life.kernel.machine.table.max_processes = 0
    assert life.at(1, SIGTERM).run() == 143


def test_a_parent_that_was_gone_before_we_were_tied_to_it_is_told_to_the_command() -> None:
    life = Life([["sleep", 1], ["exit", 0]], pid=2, parent_death=SIGUSR1)
    life.init.tie_to_parent = lambda number: False  # type: ignore[method-assign]
    assert life.run() == 128 + SIGUSR1


@pytest.mark.parametrize("rewrites", [{}, {SIGCONT: 0}])
def test_stopping_the_command_at_a_terminal_stops_us_and_going_on_goes_on(rewrites: dict[int, int]) -> None:
    life = Life([["sleep", 2], ["raise", "TSTP"], ["sleep", 2], ["exit", 0]], 2, True, rewrites=rewrites)
    fronts: list[int] = []
    groups: list[bool] = []
    stop = life.init.stop
    life.init.stop = lambda group: [groups.append(group), stop(group)]  # type: ignore[method-assign, func-returns-value]
    for seconds in (1, 3, 5):
        life.kernel.at(seconds * SECOND_NS, lambda: fronts.append(life.init.front))
    life.at(4, SIGCONT)
    assert life.run() == 0
    assert fronts[0] > 1 and fronts == [fronts[0], 0, fronts[0]]
    assert groups == [True]
    assert (life.init.front, life.took) == (0, 6)


def test_a_stop_without_a_terminal_or_by_somebody_else_leaves_us_alone() -> None:
    for name, terminal in (("TSTP", False), ("STOP", True)):
        life = Life([["sleep", 1], ["raise", name], ["exit", 0]], pid=2, terminal=terminal).at(3, SIGCONT)
        life.kernel.at(2 * SECOND_NS, lambda life=life: pytest.fail("stopped") if life.kernel.machine.stopped else None)
        assert life.run() == 0


def test_a_mistake_of_ours_does_not_end_us() -> None:
    life = Life([["handle", "USR2", []], *TRAPPED]).at(1, SIGUSR2).at(2, SIGTERM)
    failing = iter([True])

    def kill(pid: int, number: int) -> None:
        if next(failing, False):
            raise RuntimeError("planted")
        life.kernel.kill(pid, number)

    life.init.kill = kill  # type: ignore[method-assign]
    assert life.run() == 3
    assert life.init.said == ["initd: internal error: RuntimeError('planted')\n"]


def test_a_mistake_of_ours_at_the_end_of_the_command_does_not_keep_us_from_ending() -> None:
    life = Life([["fork", [["pause"]]], ["sleep", 1], ["exit", 6]])

    def kill_all(number: int) -> bool:
        raise RuntimeError("planted")

    life.init.kill_all = kill_all  # type: ignore[method-assign]
    assert (life.run(), life.took) == (6, 1)


def test_a_value_that_cannot_be_sent_does_not_cost_the_signal() -> None:
    for error in (OSError(11, "no room"), ImportError("no libffi")):
        life = Life(TRAPPED)
        life.kernel.at(SECOND_NS, lambda life=life: life.init.arrive(Arrived(SIGTERM, SI_QUEUE, 77, 0, 5)))

        def queue(pid: int, number: int, arrived: Arrived, error: Exception = error) -> None:
            raise error

        life.init.queue = queue  # type: ignore[method-assign]
        assert life.run() == 3


def test_a_flood_of_signals_does_not_keep_children_from_being_reaped() -> None:
    life = Life([["handle", "HUP", []], ["sleep", 1], ["exit", 6]])

    def flood() -> None:
        if life.kernel.now < 900 * SECOND_NS:
            life.kernel.signal_daemon(SIGHUP)
            life.kernel.at(life.kernel.now + 1000, flood)

    life.kernel.tick_ns = 2000
    life.kernel.at(SECOND_NS * 97 // 100, flood)
    assert life.run() == 6
    assert life.took < 2


def test_a_terminal_stop_reaches_the_command_as_it_is() -> None:
    life = Life([["handle", "TSTP", [["exit", 8]]], ["pause"]]).at(1, SIGTSTP)
    assert life.run() == 8
