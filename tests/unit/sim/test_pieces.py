"""Pieces of a range in processes: every piece has a result, in order, whatever becomes of its process."""

from __future__ import annotations

import os
import signal
import time

import pytest

from sim.pieces import pieces, results


def lost(piece, reason):
    return f"lost {piece.start}: {reason}"


def total(first, last):
    return sum(range(first, last))


def test_pieces_cover_the_range_and_the_last_may_be_smaller():
    assert pieces(3, 10, 3) == [range(3, 6), range(6, 9), range(9, 10)]
    assert pieces(5, 5, 3) == []


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_results_come_in_the_order_of_the_pieces(jobs):
    def slow_first(first, last):
        if first == 0:
            time.sleep(0.05)
        return first, os.getpid()

    told = list(results(pieces(0, 40, 10), slow_first, lost, jobs))
    assert [(piece.start, first) for piece, (first, _) in told] == [(0, 0), (10, 10), (20, 20), (30, 30)]
    assert (len({pid for _, (_, pid) in told}) == 1) == (jobs == 1)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_piece_that_raises_is_lost_and_the_others_are_not(jobs):
    def raises(first, last):
        if first == 10:
            raise RuntimeError("no")
        return total(first, last)

    told = [result for _, result in results(pieces(0, 30, 10), raises, lost, jobs)]
    assert told == [total(0, 10), "lost 10: process unknown: RuntimeError('no')", total(20, 30)]


def test_so_is_one_whose_process_dies():
    def dies(first, last):
        if first == 10:
            os.kill(os.getpid(), signal.SIGKILL)
        return total(first, last)

    told = [result for _, result in results(pieces(0, 30, 10), dies, lost, 2)]
    assert told == [total(0, 10), "lost 10: process unknown: it ended with -9 before it was done", total(20, 30)]


def test_a_result_may_be_larger_than_a_pipe():
    told = dict(results(pieces(0, 2, 1), lambda first, last: "x" * 3_000_000, lost, 2))
    assert [len(each) for each in told.values()] == [3_000_000] * 2


def test_who_stops_listening_leaves_no_process_behind():
    pids = set()

    def tells(first, last):
        if first:
            signal.pause()
        return os.getpid()

    told = results(pieces(0, 3, 1), tells, lost, 3)
    pids.add(next(told)[1])
    told.close()
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
