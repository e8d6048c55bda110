"""Followers of logs in sieges: each gets what is written, once, in order, through every rotation; planted mistakes are told."""

from __future__ import annotations

import pytest

from initd.control import logtail
from sim.nemesis import FOLLOWING, Nemesis
from sim.nemesis.followers import WAYS
from sim.stage import sieges
from sim.stage.besides import TELLERS, with_followers
from sim.stage.siege import Siege, play
from tests.unit.sim.trips import trips

OPTIONS = "startsecs=1\nautorestart=true\nstopwaitsecs=2\nstdout_logfile=/var/log/{}.out\nstderr_logfile=/var/log/{}.err\n"
KEPT = "stdout_logfile_maxbytes=5000\nstdout_logfile_backups=60\n"
PROGRAMS = (
    ("a", OPTIONS.format("a", "a") + KEPT, "counts aloud"),
    ("b", OPTIONS.format("b", "b") + KEPT, "print hello every 0.3s"),
)


def siege(*nemeses, seed=3):
    return Siege(seed, 50, PROGRAMS, nemeses)


def laws(one):
    return {line.split()[0] for line in play(one).broken}


def followed(one):
    shown = []
    assert play(one, shown.append).broken == ()
    return shown[0].followers.all


@pytest.fixture(autouse=True)
def _eager(monkeypatch):
    """Every chance is as likely taken as it ever is."""
    begin = Nemesis.__init__

    def eagerly(nemesis, seed):
        begin(nemesis, seed)
        nemesis.chance = 0.6

    monkeypatch.setattr(Nemesis, "__init__", eagerly)


def test_what_is_drawn_is_added_to_the_rest_and_nothing_that_is_rotated_is_lost():
    cast = (("a", "stdout_logfile=NONE\nstdout_logfile_backups=2\n", "run forever"), ("b", "stdout_logfile_backups=0\n", "x"))
    drawn = [with_followers(seed, cast, ("flood",)) for seed in range(100)]
    assert {nemeses for _, nemeses in drawn} == {("flood",), ("flood", *FOLLOWING)}
    assert all(programs == cast for programs, nemeses in drawn if nemeses == ("flood",))
    for programs, _ in (each for each in drawn if each[1] != ("flood",)):
        assert sum(what in TELLERS for _, _, what in programs) == 1
        assert all("stdout_logfile_backups=60\n" in options for _, options, _ in programs)


@pytest.mark.parametrize("seed", range(2))
def test_followers_are_borne_alone_and_with_others_and_change_nothing(seed):
    assert sieges.verdict(siege(*FOLLOWING, seed=seed), True).broken == ()
    assert sieges.verdict(siege(*FOLLOWING, "reload_storm", "rpc_storm", "slow_disk", seed=seed), True).broken == ()


def test_logs_are_followed_in_every_way_by_those_who_stay_and_those_who_leave_through_many_files():
    every = [each for seed in range(2) for each in followed(siege(*FOLLOWING, seed=seed))]
    assert {each._target.format("a") for each in every} >= {way.format(name) for way in WAYS for name in "ab"}
    assert {each.left for each in every} == {True, False}
    assert max(len(each.text()) for each in every) > 20 * 5_000
    assert any(each.text() and each._events for each in every)


def _planted(monkeypatch, mistake):
    once = siege(*FOLLOWING)
    assert laws(once) == set()
    step = logtail._step
    monkeypatch.setattr(logtail, "_step", lambda *given: mistake(given[1], *step(*given)))
    return laws(once)


@trips("W3")
def test_a_follower_that_is_sent_something_twice_is_told(monkeypatch):
    twice = lambda before, data, place, behind: (data, before if len(data) == 605 else place, behind)  # noqa: E731
    assert "W3" in _planted(monkeypatch, twice)


@trips("W3")
def test_a_follower_that_is_not_sent_the_rest_of_a_rotated_file_is_told(monkeypatch):
    assert "W3" in _planted(monkeypatch, lambda before, data, place, behind: (b"" if behind else data, place, behind))


@trips("W3")
def test_a_follower_that_is_sent_what_is_newer_first_is_told(monkeypatch):
    swap = lambda before, data, place, behind: (data[300:] + data[:300], place, behind)  # noqa: E731
    assert "W3" in _planted(monkeypatch, swap)


@trips("W3")
def test_a_follower_that_is_forgotten_is_told(monkeypatch):
    stop = lambda before, data, place, behind: (b"", before, False) if before.position > 3_000 else (data, place, behind)  # noqa: E731
    assert "W3" in _planted(monkeypatch, stop)


@trips("W3")
def test_a_follower_that_begins_too_early_is_told(monkeypatch):
    once = siege(*FOLLOWING)
    monkeypatch.setattr(logtail, "HEAD_BYTES", 4096)
    assert "W3" in laws(once)
