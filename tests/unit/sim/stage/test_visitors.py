"""Browsers in sieges: they show what is so, and what they ask for is done just if it may be; planted mistakes are told."""

from __future__ import annotations

import pytest

from initd.control.steps import run
from initd.control.web import actions, pages, programs
from initd.control.web.board import Watcher
from initd.control.web.live import Live
from sim.nemesis import VISITING, Nemesis
from sim.nemesis.browsers import FORGERIES, ON_ONE
from sim.stage import sieges
from sim.stage.besides import with_pages
from sim.stage.browser import Browser
from sim.stage.siege import Siege, play
from tests.unit.sim.trips import trips

OPTIONS = "startsecs=1\nautorestart=true\nstopwaitsecs=2\nstdout_logfile=NONE\nstderr_logfile=NONE\nstdout_logfile_backups=1\n"
PROGRAMS = (("a", OPTIONS, "crash after 2.5s exit 0"), ("b", OPTIONS, "run forever"))


def siege(*nemeses, seed=3):
    return Siege(seed, 50, PROGRAMS, nemeses)


def laws(one):
    return {line.split()[0] for line in play(one).broken}


@pytest.fixture(autouse=True)
def _eager(monkeypatch):
    """Every chance is as likely taken as it ever is."""
    begin = Nemesis.__init__

    def eagerly(nemesis, seed):
        begin(nemesis, seed)
        nemesis.chance = 0.6

    monkeypatch.setattr(Nemesis, "__init__", eagerly)


def visited(one):
    shown = []
    assert play(one, shown.append).broken == ()
    return shown[0].visitors


def test_what_is_drawn_is_added_to_the_rest():
    drawn = [with_pages(seed, ("flood",)) for seed in range(100)]
    assert all(each[0] == "flood" for each in drawn)
    assert {name for each in drawn for name in each} == {"flood", *VISITING}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", VISITING)
def test_each_alone_is_borne_and_the_harmless_change_nothing(name, seed):
    assert sieges.verdict(siege(name, seed=seed), True).broken == ()


@pytest.mark.parametrize("seed", range(3))
def test_all_of_them_together_and_restarts_are_borne(seed):
    assert sieges.verdict(siege(*VISITING, "reload_storm", "rpc_storm", seed=seed), True).broken == ()


def test_there_are_browsers_of_every_kind_that_stay_and_that_leave(monkeypatch):
    followed = []
    live = Browser._live
    monkeypatch.setattr(Browser, "_live", lambda browser, visit: (followed.append(browser), live(browser, visit))[1])
    visitors = [visited(siege("page_readers", seed=seed)) for seed in range(3)]
    browsers = [browser for each in visitors for browser in each.browsers]
    assert any(browser.left for browser in browsers)
    assert all(set(browser.shown) == {"a", "b"} for browser in browsers if not browser.left)
    assert 0 < len(set(map(id, followed))) < len(browsers)


def test_buttons_are_pressed_and_forged_in_every_way_and_answered_so():
    seen = {}
    for seed in range(6):
        for action in visited(siege("page_actions", "page_forgers", seed=seed)).actions:
            reply = action.visit.reply()
            seen.setdefault(action.forged, set()).add(action.what)
            if reply is not None and action.forged:
                assert reply[0] == (200 if action.forged == "a link" else 403)
    assert set(seen) == {"", *FORGERIES}
    assert seen[""] == set(ON_ONE)


@trips("W1")
def test_a_page_that_is_not_told_of_the_last_change_is(monkeypatch):
    ends = ("b", OPTIONS.replace("true", "false"), "exit 0 after 30s")
    once = Siege(3, 50, (("a", OPTIONS, "run forever"), ends), ("page_readers",))
    assert laws(once) == set()
    ring = Watcher.ring
    monkeypatch.setattr(Watcher, "ring", lambda watcher, changed: None if changed else ring(watcher, changed))
    monkeypatch.setattr(Live, "poll", Live.programs)
    assert "W1" in laws(once)


@trips("W1")
def test_a_page_with_states_that_never_were_is_told(monkeypatch):
    row = programs._ROW
    monkeypatch.setattr(programs, "_ROW", lambda **words: row(**{**words, "state": "fatal"}))
    assert "W1" in laws(siege("page_readers"))


@trips("W1")
def test_a_page_without_one_of_the_programs_is_told(monkeypatch):
    rows = programs.rows
    monkeypatch.setattr("initd.control.web.status.rows", lambda daemon, token, wanted: list(rows(daemon, token, wanted))[:-1])
    assert "W1" in laws(siege("page_readers"))


@trips("W2")
def test_an_action_that_needs_no_token_is_told(monkeypatch):
    monkeypatch.setattr(pages, "compare_digest", lambda given, token: True)
    assert "W2" in laws(siege("page_forgers"))


@trips("W2")
def test_an_action_that_is_done_and_said_not_to_be_changes_what_must_not_change(monkeypatch):
    assert sieges.verdict(siege("page_forgers", seed=4), True).broken == ()
    question = pages.Pages._question

    def asks_and_does(own, asked, why, form, status):
        run(pages.plan(own._rpc, form).act(), lambda answer: None)
        return question(own, asked, why, form, status)

    monkeypatch.setattr(pages.Pages, "_question", asks_and_does)
    told = [line.split()[0] for line in sieges.verdict(siege("page_forgers", seed=4), True).broken]
    assert told == ["O4"], "not W2: the answers are as they must be"


@trips("W2")
@pytest.mark.parametrize("what", ["stop", "start", "restart"])
def test_an_action_that_is_said_to_be_done_and_is_not_is_told(monkeypatch, what):
    word = {"stop": "stopped", "start": "started", "restart": "restarted"}[what]

    def nothing(rpc, name):
        yield from ()
        return f"Process {name} {word}"

    monkeypatch.setitem(actions._ON_PROCESSES, what, nothing)
    assert "W2" in {law for seed in range(4) for law in laws(siege("page_actions", seed=seed))}


@trips("W2")
def test_a_token_that_is_refused_though_it_is_the_present_one_is_told(monkeypatch):
    monkeypatch.setattr(pages, "compare_digest", lambda given, token: False)
    assert "W2" in laws(siege("page_actions"))
