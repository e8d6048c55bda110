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


def test_what_has_been_played_is_not_played_again(cluster, monkeypatch, tmp_path):
    monkeypatch.setattr(scale, "run_seeds", noting(tmp_path / "played"))
    first = scale.campaign(cluster, 0, 40, "again", size=10)
    more = scale.campaign(cluster, 0, 60, "again", size=10)
    assert (first.passed, more.passed) == (40, 60)
    assert sorted(map(int, (tmp_path / "played").read_text().split())) == [0, 10, 20, 30, 40, 50]


def noting(path):
    """A range that says in a file that it was played."""

    def note(first, last, profile, stage, model):
        from sim.campaign import Result

        with open(path, "a", encoding="ascii") as file:
            file.write(f"{first}\n")
        return Result(last - first, 0, 0, 0, "")

    note.__module__ = "__main__"  # so that it travels by value: the workers have the package, not its tests
    return note


def test_at_the_first_failure_the_rest_is_cancelled_and_unknown(cluster, monkeypatch, tmp_path):
    monkeypatch.setattr(scale, "run_seeds", failing(tmp_path / "failed"))
    try:
        result = scale.campaign(cluster, 0, 400, "boundary", size=10)
    finally:
        (tmp_path / "failed").touch()
    assert result.failed == 1
    assert result.unknown >= 400 - 10 - 10 - 1  # one worker fails, the other may have come to its end meanwhile
    assert result.total == 400


def failing(over):
    """A range that fails at once if it is the first, and if not is not over before that file is there."""

    def fail(first, last, profile, stage, model):
        import os
        import time

        from sim.campaign import Result

        while first and not os.path.exists(over):
            time.sleep(0.01)
        return Result(last - first - (not first), int(not first), 0, 0, "")

    fail.__module__ = "__main__"
    return fail


def test_a_range_whose_workers_die_is_unknown(cluster, monkeypatch):
    def die(first, last, profile, stage, model):
        raise MemoryError("no room for the range")

    die.__module__ = "__main__"
    monkeypatch.setattr(scale, "run_seeds", die)
    result = scale.campaign(cluster, 0, 10, "lost", size=10)
    assert (result.passed, result.failed, result.unknown) == (0, 0, 10)
    assert "no room for the range" in result.failures[0].reasons[0]


@pytest.fixture
def other_code(monkeypatch):
    """This process, and none of the cluster, runs an installed package of version 9.9.9."""
    monkeypatch.setattr("initd.__version__", "9.9.9")
    monkeypatch.setenv("PATH", "")  # no git
    scale.commit.cache_clear()
    yield
    scale.commit.cache_clear()


def test_a_worker_with_other_code_is_refused(cluster, other_code):
    with pytest.raises(scale.ScaleError, match=r"worker tcp://.* runs .*, expected 9\.9\.9: install that on it"):
        scale.campaign(cluster, 0, 10, "plain")


def test_a_key_names_commit_profile_stage_and_range():
    assert scale.key("abc", "plain", "core", False, 0, 500) == "initd-sim-abc-plain-core-alone-0-500"
    ways = {scale.key(c, p, s, m, a, a + 1) for c in "xy" for p in "pq" for s in "cd" for m in (0, 1) for a in (1, 2)}
    assert len(ways) == 32


def test_without_dask_the_message_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert main(["run", "--seeds", "0:1", "--dask", "tcp://127.0.0.1:1"]) == 2
    assert "pip install 'initd-supervisor[scale]'" in capsys.readouterr().err
