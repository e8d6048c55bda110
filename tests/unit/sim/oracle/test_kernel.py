"""Children of the virtual kernel live the lives they were given."""

from __future__ import annotations

import errno
import signal

import pytest

from sim.oracle.kernel import FIRST_PID, Kernel
from sim.scenario import SECOND_NS, Life, Program

NAME = "g:p"


def kernel(*lives: Life) -> Kernel:
    return Kernel([(NAME, Program("p", lives))])


def test_a_child_ends_by_itself_and_is_a_zombie_until_it_is_reaped():
    it = kernel(Life(ends_ns=SECOND_NS, status=3))
    pid = it.fork(NAME)
    it.advance(SECOND_NS - 1)
    assert it.waitpid() == (None, None)
    it.advance(SECOND_NS)
    it.kill(pid, signal.SIGTERM)
    assert it.has_zombies()
    assert it.waitpid() == (pid, 3 << 8)
    with pytest.raises(ProcessLookupError):
        it.kill(pid, signal.SIGTERM)


def test_only_the_first_catchable_signal_counts():
    it = kernel(Life(stop_ns=2 * SECOND_NS))
    pid = it.fork(NAME)
    it.kill(pid, signal.SIGINT)
    it.advance(SECOND_NS)
    it.kill(pid, signal.SIGTERM)
    it.advance(2 * SECOND_NS)
    assert it.waitpid() == (pid, signal.SIGINT)


def test_an_end_of_its_own_comes_before_a_reaction_that_is_not_sooner():
    it = kernel(Life(ends_ns=SECOND_NS, status=3, stop_ns=SECOND_NS))
    pid = it.fork(NAME)
    it.kill(pid, signal.SIGTERM)
    it.advance(SECOND_NS)
    assert it.waitpid() == (pid, 3 << 8)


def test_sigkill_overrides_what_was_on_its_way():
    it = kernel(Life(ends_ns=SECOND_NS, kill_ns=5 * SECOND_NS))
    pid = it.fork(NAME)
    it.kill(-pid, signal.SIGKILL)
    it.kill(pid, signal.SIGTERM)
    it.advance(5 * SECOND_NS - 1)
    it.kill(pid, signal.SIGKILL)
    assert not it.has_zombies()
    it.advance(5 * SECOND_NS)
    assert it.waitpid() == (pid, signal.SIGKILL)
    assert it.waitpid() == (None, None)
    assert [entry[2:] for entry in it.story] == [
        *(("spawn", "1"), ("signal", "9 group"), ("signal", "15"), ("signal", "9")),
    ]


def test_one_that_takes_no_notice_takes_none():
    it = kernel(Life(stop_ns=None))
    pid = it.fork(NAME)
    it.kill(pid, signal.SIGTERM)
    it.kill(pid, signal.SIGSTOP)
    it.advance(1000 * SECOND_NS)
    assert not it.has_zombies()


def test_a_refused_fork_uses_up_its_life_and_tells_nothing():
    it = kernel(Life(refused="EAGAIN"), Life(ends_ns=1))
    with pytest.raises(OSError) as refused:
        it.fork(NAME)
    assert refused.value.errno == errno.EAGAIN and not it.story
    assert it.fork(NAME) == FIRST_PID
    assert it.story == [(0, NAME, "spawn", "2")]


def test_a_refused_kill_sends_nothing_and_tells_nothing():
    it = kernel(Life())
    pid = it.fork(NAME)
    it.refusals[NAME] = [errno.EPERM]
    with pytest.raises(OSError) as refused:
        it.kill(pid, signal.SIGTERM)
    assert refused.value.errno == errno.EPERM
    assert not it.has_zombies() and [entry[2] for entry in it.story] == ["spawn"]
    it.kill(pid, signal.SIGTERM)
    assert it.has_zombies()


def test_an_outsider_reaches_the_process_there_is_and_is_not_told_of():
    it = kernel(Life())
    it.outsider(NAME, signal.SIGKILL)
    pid = it.fork(NAME)
    it.outsider(NAME, signal.SIGKILL)
    assert it.waitpid() == (pid, signal.SIGKILL)
    assert [entry[2] for entry in it.story] == ["spawn"]
