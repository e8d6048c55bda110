"""The init's slice of the kernel (initd/kernel/init_port.py): held signals, one command, everybody below us."""

from __future__ import annotations

import errno

from initd.signals import (
    SIGCHLD,
    SIGCONT,
    SIGHUP,
    SIGKILL,
    SIGRTMAX,
    SIGRTMIN,
    SIGSTOP,
    SIGTERM,
    SIGTSTP,
    SIGUSR1,
    SIGUSR2,
)
from tests.contract.contracts import CHILD, contract, refused
from tests.contract.world import World

SOON_NS = 30_000_000
LIVES = [["pause"]]


@contract("held-lowest-first", "held-standard-once")
def test_held_signals_are_taken_lowest_first_and_standard_ones_once(world: World) -> None:
    init = world.become_init()
    for number in (SIGTERM, SIGUSR2, SIGHUP, SIGTERM, SIGHUP, SIGTSTP, SIGCONT):
        world.signal_us(number)
    taken = []
    while (arrived := init.wait_signal(0)) is not None:
        taken.append(arrived.number)
    assert taken in ([SIGHUP, SIGUSR2, SIGTERM, SIGCONT], [SIGHUP, SIGUSR2, SIGTERM, SIGCONT, SIGTSTP])


@contract("held-realtime-each-in-order")
def test_realtime_signals_are_taken_as_often_as_they_were_sent(world: World) -> None:
    init = world.become_init()
    for number in (SIGRTMAX, SIGRTMIN, SIGRTMIN, SIGRTMAX, SIGRTMIN):
        world.signal_us(number)
    taken = [arrived.number for _ in range(5) if (arrived := init.wait_signal(0)) is not None]
    assert taken == [SIGRTMIN] * 3 + [SIGRTMAX] * 2
    assert init.wait_signal(0) is None


@contract("wait-ends-at-the-deadline")
def test_a_wait_for_signals_ends_at_its_deadline_and_no_sooner(world: World) -> None:
    init = world.become_init()
    began_ns = init.mono()
    assert init.wait_signal(began_ns + SOON_NS) is None
    assert began_ns + SOON_NS <= init.mono()


@contract("wait-ends-with-a-held-signal")
def test_a_wait_without_deadline_ends_with_a_signal_from_below(world: World) -> None:
    init = world.become_init()
    init.start(world.command([["sleep", 0.05], ["kill", "parent", "USR1"], ["pause"]]))
    arrived = init.wait_signal(None)
    assert arrived is not None and arrived.number == SIGUSR1


@contract("start-in-a-place")
def test_a_command_starts_in_a_group_a_session_or_beside_us(world: World) -> None:
    init = world.become_init()
    group = init.start(world.command([["kill", "parent", "USR1"], ["pause"]]))
    init.killpg(group, 0)
    session = init.start(world.command([["kill", "parent", "USR1"], ["pause"]], "session"))
    beside = init.start(world.command([["kill", "parent", "USR1"], ["pause"]], "none"))
    seen = 0
    while init.session(session) != [session]:
        assert init.wait_signal(init.mono() + 20_000_000_000) is not None
        seen += 1
    with refused(errno.ESRCH):
        init.killpg(beside, 0)
    assert init.session(group) == []


@contract("start-restores-signals")
def test_a_command_gets_the_signals_that_were_blocked_and_ignored_before_us(world: World) -> None:
    init = world.become_init(ignored=[SIGHUP, SIGCHLD], blocked=[SIGUSR2, SIGRTMIN + 1])
    pid = init.start(world.command([["kill", "parent", "USR1"], ["pause"]]))
    while (arrived := init.wait_signal(None)) is None or arrived.number != SIGUSR1:
        continue
    assert world.blocked(pid) == {SIGUSR2, SIGRTMIN + 1}
    assert world.ignored(pid) - {13, 25} == {SIGHUP, SIGCHLD}  # the interpreter that runs the steps adds its two


@contract("start-refused")
def test_a_command_that_cannot_be_executed_exits_with_what_was_agreed(world: World) -> None:
    init = world.become_init()
    pid = init.start(world.command(LIVES, path=world.path("nowhere")))
    assert world.until_changed(init, pid) == (100 + errno.ENOENT) << 8


@contract("reap-as-wait-encodes-it", "reap-tells-whether-any-is-left")
def test_children_are_reaped_with_the_status_of_wait_until_none_is_left(world: World) -> None:
    init = world.become_init()
    assert init.reap(10) == ([], False)
    dies = init.start(world.command(LIVES))
    assert init.reap(10) == ([], True)
    exits = init.start(world.command([["exit", 7]]))
    assert world.until_changed(init, exits) == 7 << 8
    init.kill(dies, SIGKILL)
    assert world.until_changed(init, dies) == SIGKILL
    assert init.reap(10) == ([], False)


@contract()
def test_no_more_than_the_limit_is_reaped_at_once(world: World) -> None:
    init = world.become_init()
    pids = [init.start(world.command([["exit", 0]])) for _ in range(3)]
    world.until(lambda: all(world.state(pid) == "Z" for pid in pids))
    assert [len(init.reap(2)[0]), len(init.reap(2)[0]), init.reap(2)] == [2, 1, ([], False)]


@contract("reap-tells-a-stop-once")
def test_a_stop_of_a_child_is_told_once_and_again_after_it_went_on(world: World) -> None:
    init = world.become_init()
    pid = init.start(world.command(LIVES))
    for _ in range(2):
        init.kill(pid, SIGSTOP)
        assert world.until_changed(init, pid) == SIGSTOP << 8 | 0x7F
        assert init.reap(10) == ([], True)
        init.kill(pid, SIGCONT)
        world.until(lambda: world.state(pid) != "T")


@contract("descendants-nearest-first")
def test_everybody_below_us_is_found_the_nearest_first(world: World) -> None:
    init = world.become_init()
    family = [["fork", [["fork", [["kill", "init", "USR1"], ["pause"]]], ["pause"]]], ["pause"]]
    first, second = init.start(world.command(family)), init.start(world.command(LIVES))
    while (arrived := init.wait_signal(None)) is None or arrived.number != SIGUSR1:
        continue
    below = init.descendants()
    assert below[:2] == [first, second]
    assert len(below) == 4 and below[2] < below[3]


@contract("subreaper-is-known", role=CHILD)
def test_whether_we_are_a_subreaper_is_known(world: World) -> None:
    init = world.become_init()
    assert not init.is_subreaper()
    init.become_subreaper()
    assert init.is_subreaper()


@contract("session-members", role=CHILD)
def test_a_session_has_the_children_of_its_leader_in_it(world: World) -> None:
    init = world.become_init()
    family = [["fork", [["pause"]]], ["kill", "parent", "USR1"], ["pause"]]
    leader = init.start(world.command(family, "session"))
    while (arrived := init.wait_signal(None)) is None or arrived.number != SIGUSR1:
        continue
    members = init.session(leader)
    assert members[0] == leader and len(members) == 2
