"""initd.reaper.clearing by itself: when it looks, whom it signals, and when it gives up."""

from __future__ import annotations

import pytest

from initd.reaper.clearing import LAST_WAIT_NS, LOOK_NS, Clearing
from initd.signals import SIGCONT, SIGKILL, SIGTERM

MAIN, UNTIL_NS = 7, 5 * LAST_WAIT_NS


class Kernel:
    """The calls a clearing makes; `below` are the processes that can be found."""

    def __init__(self, pid: int, below: tuple[int, ...] = (8, 9)) -> None:
        self.pid, self.below, self.now_ns = pid, below, 0
        self.sent: list[tuple[str, int, int]] = []

    def getpid(self) -> int:
        return self.pid

    def mono(self) -> int:
        return self.now_ns

    def descendants(self) -> list[int]:
        return [*self.below]

    def kill(self, pid: int, number: int) -> None:
        self.sent.append(("kill", pid, number))

    def killpg(self, pgid: int, number: int) -> None:
        self.sent.append(("killpg", pgid, number))

    def kill_all(self, number: int) -> bool:
        self.sent.append(("all", -1, number))
        return True


def clearing(kernel: Kernel) -> Clearing:
    return Clearing(kernel, MAIN, UNTIL_NS)  # type: ignore[arg-type]


def test_pid_1_tells_everybody_once_and_looks_for_those_no_signal_tells_of() -> None:
    kernel = Kernel(1)
    one = clearing(kernel)
    one.begin()
    assert kernel.sent == [("all", -1, SIGTERM), ("all", -1, SIGCONT)]
    assert one.next_look() == LOOK_NS
    kernel.now_ns = UNTIL_NS - 1
    assert one.next_look() == UNTIL_NS
    assert not one.over(alone=False) and one.over(alone=True)
    assert len(kernel.sent) == 2


def test_others_tell_those_below_and_wait_for_their_ends() -> None:
    kernel = Kernel(50)
    one = clearing(kernel)
    one.begin()
    assert kernel.sent == [("kill", 8, SIGTERM), ("kill", 9, SIGTERM), ("kill", 8, SIGCONT), ("kill", 9, SIGCONT)]
    assert one.next_look() == UNTIL_NS


def test_where_nobody_can_be_found_the_commands_group_is_told() -> None:
    kernel = Kernel(50, below=())
    clearing(kernel).begin()
    assert kernel.sent == [("killpg", MAIN, SIGTERM), ("killpg", MAIN, SIGCONT)]


@pytest.mark.parametrize("pid", [1, 50])
def test_after_the_grace_they_are_killed_again_and_again_for_a_second(pid: int) -> None:
    kernel = Kernel(pid, below=(8,))
    one = clearing(kernel)
    kernel.now_ns = UNTIL_NS
    for _ in range(2):
        assert not one.over(alone=False)
        assert one.next_look() == UNTIL_NS + LOOK_NS
    assert [number for _, _, number in kernel.sent] == [SIGKILL, SIGKILL]
    one.hurry()  # does not cut that short
    kernel.now_ns = UNTIL_NS + LAST_WAIT_NS - 1
    assert not one.over(alone=False)
    kernel.now_ns += 1
    assert one.over(alone=False)
    assert len(kernel.sent) == 3


def test_a_hurry_ends_the_grace() -> None:
    kernel = Kernel(50)
    one = clearing(kernel)
    kernel.now_ns = 1
    assert not one.over(alone=False) and kernel.sent == []
    one.hurry()
    assert not one.over(alone=False)
    assert [number for _, _, number in kernel.sent] == [SIGKILL, SIGKILL]
