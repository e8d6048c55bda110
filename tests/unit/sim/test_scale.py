"""Campaigns on a cluster: the same result as on one machine, keys that name what was played, an end at the first failure."""

from __future__ import annotations

import sys

import pytest

from sim import scale
from sim.campaign import campaign
from sim.cli import main


@pytest.fixture(scope="module")
def cluster():
    import distributed

    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    ) as here:
        yield here.scheduler_address


def test_a_cluster_tells_the_same_stories_as_one_machine(cluster):
    here, there = campaign(0, 1500, "plain"), scale.campaign(cluster, 0, 1500, "plain")
    assert there.clean
    assert there.replace(seconds=0.0) == here.replace(seconds=0.0)


def test_at_the_first_failure_the_rest_is_cancelled_and_unknown(cluster, monkeypatch):
    monkeypatch.setattr(scale, "run_seeds", failing)
    result = scale.campaign(cluster, 0, 400, "boundary", size=10)
    assert result.failed >= 1
    assert result.unknown > 300
    assert result.total == 400


def failing(first, last, profile, stage, model):
    """A range that fails at once if it is the first, and takes its time if not."""
    import time

    from sim.campaign import Result

    if first:
        time.sleep(0.3)
        return Result(last - first, 0, 0, 0, "")
    return Result(last - first - 1, 1, 0, 0, "")


failing.__module__ = "__main__"  # so that it travels by value: the workers have the package, not its tests


def test_a_key_names_commit_profile_stage_and_range():
    assert scale.key("abc", "plain", "core", False, 0, 500) == "initd-sim-abc-plain-core-alone-0-500"
    ways = {scale.key(c, p, s, m, a, a + 1) for c in "xy" for p in "pq" for s in "cd" for m in (0, 1) for a in (1, 2)}
    assert len(ways) == 32


def test_without_dask_the_message_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert main(["run", "--seeds", "0:1", "--dask", "tcp://127.0.0.1:1"]) == 2
    assert "pip install 'initd-supervisor[scale]'" in capsys.readouterr().err
