"""What of the state table stories reach: everything that is defined, and nothing that is not."""

from __future__ import annotations

from collections import Counter

import pytest

from initd.supervise.rules import ACTIONS
from initd.supervise.table import TABLE, Phase, Trigger
from sim import cli
from sim.coverage import Coverage, html, measure, text
from tests.unit.sim.pages import Page


@pytest.fixture(scope="module")
def found():
    return measure(400)


def test_every_defined_pair_is_reached_and_no_impossible_one(found):
    assert (found.unreached(), found.forbidden()) == ([], [])


def test_every_edge_is_told_with_its_causes(found):
    assert found.edges["STARTING", "RUNNING", "due"]
    assert found.edges["STARTING", "RUNNING", "reaped"]
    assert ("RUNNING", "BACKOFF", "reaped") not in found.edges


def test_measuring_leaves_the_actions_as_they_were():
    before = dict(ACTIONS)
    measure(1)
    assert before == ACTIONS


def test_what_is_missing_and_what_must_not_be_is_named():
    cells = Counter(dict.fromkeys(TABLE, 1))
    del cells[Phase.RUNNING, Trigger.STOP]
    lines = text(Coverage(cells, Counter(), 1))
    assert "UNREACHED running x stop: stop" in lines
    assert "FAILED stopped x reaped is declared impossible" in lines


def test_a_campaign_that_reaches_too_little_fails_and_writes_its_page(capsys, tmp_path):
    page = tmp_path / "cover.html"
    assert cli.main(["cover", "--seeds", "1", "--html", str(page)]) == 1
    assert "UNREACHED" in capsys.readouterr().out
    Page(page.read_text())


def test_the_page_shows_each_cell_with_its_action_and_its_count(found):
    page = html(found)
    assert page.count("<td style=") == len(TABLE)
    assert "cancel_spawn<br>" in page
