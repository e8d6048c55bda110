"""Work off the loop: latency, delays, withheld answers, operations that hang half done."""

from __future__ import annotations

import errno
import threading

import pytest

from sim.kernel import Deadlock

S = 1_000_000_000


def values(kernel) -> list[object]:
    return [one.value for one in kernel.take_completions()]


def test_an_operation_takes_the_latency_of_the_paths_it_touches(bench) -> None:
    kernel = bench.kernel()
    kernel.files.put("/mnt/a", b"abc")
    kernel.files.slow("/mnt", 2 * S)
    kernel.submit("a", lambda files: files.size("/mnt/a") + files.size("/mnt/a"))
    kernel.submit("b", lambda files: files.listdir("/tmp"))
    kernel.poll(None)
    assert (kernel.now, values(kernel)) == (0, [[]])
    kernel.poll(None)
    assert (kernel.now, values(kernel)) == (4 * S, [6])


def test_a_lane_can_be_delayed_so_that_a_later_one_answers_first(bench) -> None:
    kernel = bench.kernel()
    kernel.delay_lane("slow", 3 * S)
    kernel.submit("slow", lambda files: "slow")
    kernel.submit("fast", lambda files: "fast")
    kernel.poll(None)
    assert values(kernel) == ["fast"]
    kernel.poll(None)
    assert (kernel.now, values(kernel)) == (3 * S, ["slow"])


def test_withheld_answers_never_come_until_they_are_let_go(bench) -> None:
    kernel = bench.kernel()
    kernel.withhold("*")
    done = []
    kernel.submit("a", lambda files: done.append(1))
    kernel.submit("a", lambda files: done.append(2))
    with pytest.raises(Deadlock):
        kernel.poll(None)
    assert done == [1]
    kernel.let_go("*")
    kernel.poll(None)
    assert len(kernel.take_completions()) == 1
    kernel.poll(None)
    assert done == [1, 2]


def test_an_operation_that_hangs_stays_half_done_and_goes_on_when_released(bench) -> None:
    kernel = bench.kernel()
    kernel.files.hang("/mnt")
    done = []

    def operation(files) -> str:
        done.append("before")
        files.write_file("/mnt/x", b"data")
        done.append("after")
        return "answer"

    kernel.files.directory("/mnt")
    kernel.submit("a", operation)
    kernel.submit("b", lambda files: "other")
    kernel.poll(None)
    assert values(kernel) == ["other"]
    assert (done, kernel.files.exists("/mnt/x")) == (["before"], False)
    kernel.at(5 * S, lambda: kernel.files.release("/mnt"))
    kernel.poll(None)
    assert (kernel.now, values(kernel), done) == (5 * S, ["answer"], ["before", "after"])
    assert kernel.files.data("/mnt/x") == b"data"


def test_operations_that_hang_are_ended_when_they_are_abandoned(bench) -> None:
    kernel = bench.kernel()
    kernel.files.hang("/mnt")
    before = threading.active_count()
    kernel.submit("a", lambda files: files.size("/mnt/x"))
    kernel.poll(0)
    assert threading.active_count() == before + 1
    kernel.workers.abandon()
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and thread.daemon:
            thread.join(5)
    assert threading.active_count() == before


def test_the_error_of_an_operation_is_its_completion(bench) -> None:
    kernel = bench.kernel()
    kernel.submit("a", lambda files: files.size("/missing"))
    kernel.poll(None)
    (completion,) = kernel.take_completions()
    assert isinstance(completion.error, OSError) and completion.error.errno == errno.ENOENT


def test_a_child_that_saves_to_a_hung_disk_sleeps_until_it_is_back(bench) -> None:
    kernel = bench.kernel([["save", "/mnt/pid", "{pid}"], ["exit", 0]])
    kernel.files.directory("/mnt")
    kernel.files.hang("/mnt")
    child, _ = bench.spawn(kernel)
    kernel.poll(S)
    assert kernel.process(child.pid).state == "D"
    kernel.files.release("/mnt")
    kernel.poll(None)
    assert kernel.reap(child.pid).code == 0
    assert kernel.files.data("/mnt/pid") == str(child.pid).encode()
