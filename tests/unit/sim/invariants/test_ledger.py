"""The accounts of logs: what is lost and not counted, out of order, or kept in memory without bound, is told."""

from __future__ import annotations

import pytest

from initd.logs.pipe import OutputPipe
from initd.logs.sinks import FileSink
from sim.invariants.ledger import BOUND_BYTES, Ledger
from sim.stage.site import HEAD, SECOND_NS, Site
from tests.unit.sim.trips import trips

A, MAIN = "/var/log/a.out", "/main"
TROUBLE = f"could not write to log target '{A}': No space left on device; output is lost\n"
SLOW = f"log target '{A}' does not keep up, output is lost\n"


def lost(count, path=A):
    return f"log target '{path}' takes output again, {count} bytes were lost\n"


def broken(read=(), wrote=(), log="", flushed=True):
    """The laws that are broken when these chunks are read, and those written."""
    told = []
    ledger = Ledger(lambda law, text: told.append(law))
    for chunk in read:
        ledger.read(A, chunk)
    for data in wrote:
        ledger.wrote(A, data)
    ledger.end(log, MAIN, flushed)
    return told


def test_what_is_read_and_written_breaks_nothing_however_it_is_joined():
    assert broken([b"one", b"two", b"three"], [b"onetwo", b"three"]) == []
    assert broken([b"one"], [], flushed=False) == [], "it may still be written"


def test_what_is_lost_and_counted_breaks_nothing():
    assert broken([b"one", b"two", b"three"], [b"one", b"three"], TROUBLE + lost(3)) == []
    assert broken([b"one", b"two"], [b"one"], TROUBLE) == [], "it is not over yet"
    assert broken([b"one", b"two"], [b"one"], lost(0) + SLOW) == []
    assert broken([b"one", b"two"], [b"one"], lost(7, MAIN)) == [], "the main log does not say everything"


@trips("L1")
@pytest.mark.parametrize(
    "case",
    [
        {"read": [b"one", b"two"], "wrote": [b"one"]},
        {"read": [b"one", b"two"], "wrote": [b"two", b"one"]},
        {"read": [b"one"], "wrote": [b"on"]},
        {"read": [b"one"], "wrote": [b"one", b"one"]},
        {"read": [b"one", b"two", b"three"], "wrote": [b"one", b"three"], "log": TROUBLE + lost(2)},
        {"read": [b"one", b"two"], "wrote": [b"one", b"two"], "log": TROUBLE + lost(2)},
        {"read": [b"one", b"two"], "wrote": [b"one"], "log": TROUBLE + lost(0)},
        {"read": [b"one", b"two"], "wrote": [b"one"], "log": TROUBLE.replace(A, "/var/log/b.out")},
    ],
)
def test_what_is_lost_and_not_counted_or_written_otherwise_than_read_is_told(case):
    assert "L1" in broken(**case)


@trips("L4")
def test_more_than_a_queue_may_hold_is_told_once():
    told = []
    ledger = Ledger(lambda law, text: told.append(law))
    ledger.holds(BOUND_BYTES)
    assert told == []
    ledger.holds(BOUND_BYTES + 1)
    ledger.holds(BOUND_BYTES + 2)
    assert told == ["L4"]


def site(latency_s=0.0):
    """A daemon whose program writes 12 MB within a second."""
    text = f"{HEAD}[program:a]\ncommand=/usr/bin/program\nstderr_logfile=NONE\nstdout_logfile={A}\nstdout_logfile_maxbytes=0\n"
    place = Site(text, [["repeat", 120, [["write", "out", 100_000], ["sleep", 0.005]]], ["pause"]])
    if latency_s:
        place.kernel.files.slow(A, round(latency_s * SECOND_NS))
    place.run(20 * SECOND_NS)
    place.finish()
    return {line.split()[0] for line in place.broken}


def test_the_daemon_keeps_the_account_also_where_the_disk_is_slow():
    assert site() == site(latency_s=3) == set()


@trips("L1")
def test_a_daemon_that_loses_a_byte_is_told(monkeypatch):
    hand_over = OutputPipe._hand_over
    monkeypatch.setattr(OutputPipe, "_hand_over", lambda pipe, data: hand_over(pipe, data[1:]))
    assert site() == {"L1"}


@trips("L4")
def test_a_daemon_that_reads_on_while_nothing_is_written_is_told(monkeypatch):
    monkeypatch.setattr(FileSink, "full", False)
    monkeypatch.setattr("initd.logs.sinks.DROP_BYTES", 1 << 30)
    assert "L4" in site(latency_s=5)
