"""The counters of the kernel, of either version of cgroups, on a simulated disk."""

from __future__ import annotations

import pytest

from initd.explain.memory import Kills, kills
from sim.kernel import SimFiles

V2 = "/sys/fs/cgroup/a/memory.events"
V1 = "/sys/fs/cgroup/memory/b/memory.oom_control"


@pytest.fixture
def files() -> SimFiles:
    made = SimFiles()
    made.put("/proc/self/cgroup", b"9:name=systemd:/x\n4:memory:/b\n0::/a\n")
    return made


def test_the_counter_of_our_cgroup_is_told_with_its_limit(files: SimFiles) -> None:
    files.put(V2, b"low 0\nhigh 0\nmax 7\noom 2\noom_kill 2\noom_group_kill 0\n")
    files.put("/sys/fs/cgroup/a/memory.max", b"67108864\n")
    assert kills(files) == Kills(2, V2, 64 << 20)
    files.put("/sys/fs/cgroup/a/memory.max", b"max\n")
    assert kills(files) == Kills(2, V2)


def test_so_is_that_of_version_1(files: SimFiles) -> None:
    files.put(V1, b"oom_kill_disable 0\nunder_oom 0\noom_kill 3\n")
    files.put("/sys/fs/cgroup/memory/b/memory.limit_in_bytes", b"9223372036854771712\n")
    assert kills(files) == Kills(3, V1)


def test_in_a_container_the_mount_is_the_cgroup(files: SimFiles) -> None:
    files.put("/sys/fs/cgroup/memory.events", b"oom_kill 1\n")
    assert kills(files) == Kills(1, "/sys/fs/cgroup/memory.events")


def test_a_counter_that_has_counted_nothing_tells_nothing_and_the_machines_is_asked_last(files: SimFiles) -> None:
    files.put(V2, b"oom_kill 0\n")
    assert kills(files) is None
    files.put("/proc/vmstat", b"nr_free 5\noom_kill 4\n")
    assert kills(files) == Kills(4, "/proc/vmstat")
    files.put(V1, b"oom_kill 1\n")
    assert kills(files) == Kills(1, V1)


def test_without_any_of_them_nothing_is_known() -> None:
    assert kills(SimFiles()) is None
