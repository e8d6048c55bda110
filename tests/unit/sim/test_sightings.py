"""What sieges have met: what is counted, and that what none has met is told and fails."""

from __future__ import annotations

from collections import Counter

import pytest

from sim import cli, sightings
from sim.nemesis import NEMESES
from sim.sightings import PROBES, STATES, Sightings, html, measure, text, unseen
from sim.stage.siege import play, siege_of


@pytest.fixture(scope="module")
def few():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sightings, "AIMED", 0)
        return measure(6)


def everything():
    pairs = Counter((state, name) for state in STATES for name in NEMESES)
    return Sightings(pairs, Counter(PROBES), 1)


def test_a_pair_is_a_nemesis_that_acts_while_a_program_is_in_a_state_and_a_probe_a_line_of_the_log(few):
    assert few.pairs["RUNNING", "eintr"] + few.pairs["RUNNING", "order_shuffle"] > 0
    assert few.probes["a program comes up"] >= 4
    assert few.probes["a shutdown"] == 6
    assert all(state in STATES and name in NEMESES for state, name in few.pairs)


def test_a_pair_that_the_sieges_have_not_met_is_aimed_at(monkeypatch):
    monkeypatch.setattr(sightings, "NEMESES", {"fork_errno": None})
    monkeypatch.setattr(sightings, "AIMED", 30)
    monkeypatch.setattr(
        sightings, "siege_of", lambda seed: siege_of(seed).replace(nemeses=()) if not seed else siege_of(seed)
    )
    found = measure(1)
    assert all(found.pairs[state, "fork_errno"] for state in ("RUNNING", "STARTING", "BACKOFF"))


def test_watching_changes_nothing_about_a_siege():
    seen = []
    assert play(siege_of(3), seen.append, lambda name, states: seen.append(name)) == play(siege_of(3))
    assert len(seen) > 1


def test_a_nemesis_that_is_in_force_all_the_time_is_met_at_every_step():
    met = []
    play(siege_of(1).replace(nemeses=("pid_squeeze",)), acts=lambda name, states: met.append((name, states)))
    assert len(met) > 5
    assert {name for name, _ in met} == {"pid_squeeze"}


def test_what_was_not_met_is_told():
    found = everything()
    assert unseen(found) == []
    assert text(found)[-1].startswith(f"{8 * len(NEMESES) + len(PROBES)} of {8 * len(NEMESES) + len(PROBES)} ")
    del found.pairs["FATAL", "eintr"], found.probes["a crash"]
    assert unseen(found) == ["FATAL x eintr", "probe 'a crash'"]
    assert {"UNSEEN FATAL x eintr", "UNSEEN probe 'a crash'"} <= set(text(found))


def test_without_sieges_nothing_is_asked_of_them():
    none = measure(0)
    assert (unseen(none), text(none), html(none)) == ([], [], "")


def test_the_page_has_a_cell_for_each_pair_and_a_row_for_each_probe(few):
    page = html(few)
    assert page.count("<td style=") == len(STATES) * len(NEMESES)
    assert all(name.replace("'", "&#x27;") in page for name in PROBES)


@pytest.mark.parametrize(("found", "status"), [(everything(), 0), (everything().replace(probes=Counter()), 1)])
def test_a_campaign_that_meets_too_little_fails_and_its_page_shows_it(monkeypatch, capsys, tmp_path, found, status):
    page = tmp_path / "page.html"
    monkeypatch.setattr(sightings, "measure", lambda sieges: found)
    assert cli.main(["cover", "--seeds", "400", "--sieges", "1", "--html", str(page)]) == status
    assert ("UNSEEN" in capsys.readouterr().out) == bool(status)
    assert "State by nemesis, 1 sieges" in page.read_text()
