"""What sieges have besides: the system log under nemeses, whose judges planted mistakes do not escape."""

from __future__ import annotations

import pytest

from initd.logs.pipe import OutputPipe
from initd.logs.syslog import LogSocket, SystemLog
from sim.invariants.dispatches import Dispatches, lines_of
from sim.nemesis import RECEIVING, Nemesis
from sim.stage import sieges
from sim.stage.besides import SPEAKERS, with_system_log
from sim.stage.siege import Siege, play, siege_of
from tests.unit.sim.trips import trips

OPTIONS = (
    "startsecs=0\nautorestart=true\nstdout_logfile=NONE\nstderr_logfile=NONE\nstdout_logfile_backups=1\n"
    "stdout_syslog=true\nstderr_syslog=true\n"
)


def siege(what, *nemeses, seed=3):
    return Siege(seed, 50, (("a", OPTIONS, what), ("b", OPTIONS, "print hello every 0.3s")), nemeses or ("clock_step",))


def laws(one):
    return {line.split()[0] for line in play(one).broken}


@pytest.fixture
def eager(monkeypatch):
    """Every chance is as likely taken as it ever is."""
    begin = Nemesis.__init__

    def eagerly(nemesis, seed):
        begin(nemesis, seed)
        nemesis.chance = 0.6

    monkeypatch.setattr(Nemesis, "__init__", eagerly)


def test_what_is_drawn_besides_leaves_the_rest_as_it_was_and_is_all_drawn_sometimes():
    programs, nemeses = (("a", "x=1\n", "run forever"),), ("flood",)
    drawn = [with_system_log(seed, programs, nemeses) for seed in range(300)]
    plain = [cast for cast, _ in drawn if "syslog" not in cast[0][1]]
    assert set(plain) == {programs}
    assert len(plain) < len(drawn)
    assert all(more[:1] == nemeses for _, more in drawn)
    assert {name for _, more in drawn for name in more} == {*nemeses, *RECEIVING}
    assert {what for ((_, _, what),), _ in drawn} == {"run forever", *SPEAKERS}


@pytest.mark.parametrize("name", RECEIVING)
@pytest.mark.parametrize("what", SPEAKERS)
def test_under_each_nemesis_lines_come_in_order_and_once_or_are_counted_and_nobody_notices(eager, what, name):
    assert sieges.verdict(siege(what, name), True).broken == ()


@pytest.mark.parametrize("seed", range(4))
def test_under_all_of_them_and_a_reload_storm_nothing_is_lost_silently(eager, seed):
    assert sieges.verdict(siege("counts", "reload_storm", *RECEIVING, seed=seed), True).broken == ()


def test_the_drawn_ones_send_lines_and_lose_some():
    speaking = [seed for seed in range(40) if any("_syslog=" in options for _, options, _ in siege_of(seed).programs)]
    sent = lost = 0
    for seed in speaking:
        shown = []
        assert play(siege_of(seed), shown.append).broken == ()
        sent += shown[0].dispatches.sent_count
        lost += "target '/dev/log' takes output again" in shown[0].main_log()
    assert len(speaking) > 10
    assert sent > 500
    assert lost > 3


def test_a_chunk_is_a_record_for_each_of_its_lines_but_for_the_ends_of_lines_behind_the_last():
    assert list(lines_of(b"one\n\ntwo\nthr")) == [b"one", b"", b"two", b"thr"]
    assert list(lines_of(b"one\n\n")) == [b"one"]
    assert list(lines_of(b"\n")) == [b""]
    assert list(lines_of(b"cut\0off\n\xff\n")) == [b"cut", "\ufffd".encode()]
    assert list(lines_of(b"")) == []


def record(text):
    return b"<14>Jan  1 00:00:00 supervisord: " + text


@trips("L5")
def test_a_record_twice_or_out_of_order_or_of_nobody_is_told():
    told = []
    dispatches = Dispatches(lambda law, text: told.append(law), lambda: 7)
    dispatches.read("a", b"one\ntwo\nthree\n")
    dispatches.sent(record(b"a one"))
    dispatches.sent(record(b"a three"))
    assert told == []
    for wrong in (record(b"a three"), record(b"a two"), record(b"b one"), b"a one", record(b"a one")[1:]):
        dispatches.sent(wrong)
    assert told == ["L5"] * 5


@trips("L5")
def test_records_that_are_missing_and_not_counted_are_told_and_so_is_a_last_one_that_does_not_go_out():
    for counted, wrong in ((len(record(b"a one")), []), (5, ["L5"]), (None, ["L5"])):
        told = []
        dispatches = Dispatches(lambda law, text, told=told: told.append(law), lambda: 7)
        dispatches.read("a", b"one\ntwo\n")
        dispatches.sent(record(b"a two"))
        line = f"log target '/dev/log' is closed, {counted} bytes were lost" if counted else ""
        dispatches.end(line, "/var/log/main", True)
        assert told == wrong
    told = []
    times = iter([3, 5, 9])
    dispatches = Dispatches(lambda law, text: told.append(law), lambda: next(times))
    dispatches.read("a", b"one\n")
    dispatches.sent(record(b"a one"))
    dispatches.settle(0)
    assert told == []
    dispatches.read("a", b"two\n")
    dispatches.settle(10)
    assert told == []
    dispatches.settle(8)
    assert told == ["L5"]


@trips("L5")
@pytest.mark.parametrize("kind", ["twice", "backwards", "never again"])
def test_a_daemon_that_sends_records_as_it_must_not_is_told_so(monkeypatch, kind):
    append, send = LogSocket.append, LogSocket._send

    def wrong(socket, files, record):
        error = send(socket, files, record)
        return error or send(socket, files, record)

    if kind == "twice":
        monkeypatch.setattr(LogSocket, "_send", wrong)
    elif kind == "backwards":
        monkeypatch.setattr(LogSocket, "append", lambda own, files, chunks, dropped: append(own, files, chunks[::-1], dropped))
    else:
        connect = iter([True])
        monkeypatch.setattr(
            LogSocket, "_send", lambda *args: send(*args) if next(connect, False) else OSError(111, "gave up")
        )
    assert "L5" in laws(siege("counts", "log_stalls" if kind == "backwards" else "clock_step"))


@trips("L6")
def test_a_program_whose_output_is_read_no_more_is_told(monkeypatch):
    stubborn = siege("long lines", "log_stalls")
    assert laws(stubborn) == set()
    ready = OutputPipe._ready

    def deaf(pipe, readiness):
        if pipe._loop.kernel.mono() < 10 * 10**9:
            ready(pipe, readiness)
        else:
            pipe._loop.unwatch(pipe._fd)

    monkeypatch.setattr(OutputPipe, "_ready", deaf)
    assert "L6" in laws(stubborn)


def test_what_waits_for_the_system_log_counts_as_held(monkeypatch):
    monkeypatch.setattr(SystemLog, "held_bytes", 5 << 20)
    assert "L4" in laws(siege("counts"))
