from __future__ import annotations

import errno
import resource

import pytest

from initd.kernel.linux_limits import Limits, raise_limits, set_soft_nofile
from tests.unit.kernel.launching import run_python

RAISE = """
import os, resource, sys
from initd.kernel.linux_limits import LimitError, Limits, raise_limits
nofile, nproc, minfds, minprocs, user = [eval(argument) for argument in sys.argv[1:]]
resource.setrlimit(resource.RLIMIT_NOFILE, nofile)
resource.setrlimit(resource.RLIMIT_NPROC, nproc)
if user and os.getuid() == 0:
    os.setuid(user)
try:
    print(repr(raise_limits(minfds, minprocs)))
except LimitError as error:
    print(error.errno, error.name, error.wanted, error.hard)
print(resource.getrlimit(resource.RLIMIT_NOFILE), resource.getrlimit(resource.RLIMIT_NPROC))
"""


def raised(nofile: tuple[int, int], nproc: tuple[int, int], minfds: int, minprocs: int, user: int = 0) -> list[str]:
    return run_python(RAISE, *map(repr, (nofile, nproc, minfds, minprocs, user))).splitlines()


def test_soft_limits_below_the_minimum_are_raised_and_told() -> None:
    notes = ("Increased RLIMIT_NOFILE limit to 400", "Increased RLIMIT_NPROC limit to 900")
    assert raised((300, 1000), (800, 900), 400, 900) == [repr(Limits(notes, 400)), "(1000, 1000) (900, 900)"]


def test_limits_that_suffice_stay_and_ours_goes_to_the_hard_one() -> None:
    assert raised((500, 1000), (800, 900), 400, 200) == [repr(Limits((), 500)), "(1000, 1000) (800, 900)"]


def test_who_may_raise_a_hard_limit_does(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = {
        resource.RLIMIT_NOFILE: (300, 500),
        resource.RLIMIT_NPROC: (resource.RLIM_INFINITY, resource.RLIM_INFINITY),
    }
    monkeypatch.setattr(resource, "getrlimit", limits.__getitem__)
    monkeypatch.setattr(resource, "setrlimit", limits.__setitem__)
    assert raise_limits(600, 200) == Limits(("Increased RLIMIT_NOFILE limit to 600",), 600)
    assert limits[resource.RLIMIT_NOFILE] == (600, 600)


@pytest.mark.parametrize("hard", [resource.RLIM_INFINITY, 1 << 30])
def test_ours_is_raised_within_reason(monkeypatch: pytest.MonkeyPatch, hard: int) -> None:
    limits = {resource.RLIMIT_NOFILE: (1024, hard), resource.RLIMIT_NPROC: (900, 900)}
    monkeypatch.setattr(resource, "getrlimit", limits.__getitem__)
    monkeypatch.setattr(resource, "setrlimit", limits.__setitem__)
    assert raise_limits(1024, 200) == Limits((), 1024)
    assert limits[resource.RLIMIT_NOFILE] == (1 << 20, hard)


def test_a_minimum_that_the_environment_forbids_is_an_error_that_names_it() -> None:
    lines = raised((300, 500), (800, 900), 600, 200, user=4321)
    assert lines == [f"{errno.EPERM} RLIMIT_NOFILE 600 500", "(300, 500) (800, 900)"]


def test_a_soft_limit_above_the_hard_one_becomes_the_hard_one() -> None:
    program = """
import resource
from initd.kernel.linux_limits import set_soft_nofile
resource.setrlimit(resource.RLIMIT_NOFILE, (300, 500))
print(set_soft_nofile(9999), resource.getrlimit(resource.RLIMIT_NOFILE))
"""
    assert run_python(program) == "(300, 500) (500, 500)\n"


def test_the_limits_of_before_can_be_restored() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert set_soft_nofile(100) == before
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (100, before[1])
    resource.setrlimit(resource.RLIMIT_NOFILE, before)
