"""Under every nemesis, alone and together, nothing is broken, and once all is well again everything comes true."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sim.campaign import LISTENERS, NEMESIS, run_seeds
from sim.stage.sieges import from_json, verdict

SEEDS = 5000 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 120
KEPT = sorted((Path(__file__).parent / "sieges").glob("*.json"))


@pytest.mark.parametrize("path", KEPT, ids=[path.stem for path in KEPT])
def test_what_once_broke_the_daemon_does_so_no_more(path):
    assert verdict(from_json(path.read_text()), True).broken == ()


def test_the_daemon_withstands_its_nemeses():
    result = run_seeds(0, SEEDS, NEMESIS, "daemon")
    assert [(failure.seed, failure.reasons) for failure in result.failures] == []
    assert result.passed == SEEDS


def test_it_treats_its_listeners_as_it_must_under_them():
    result = run_seeds(0, SEEDS // 3, LISTENERS, "daemon")
    assert [(failure.seed, failure.reasons) for failure in result.failures] == []
    assert result.passed == SEEDS // 3
