"""initd.reaper.remarks: what `initd -v`, `-vv` and `-w` say, each on standard error."""

from __future__ import annotations

import pytest

from initd.reaper.options import CANNOT_START, Options
from initd.reaper.remarks import native
from initd.signals import SIGHUP, SIGINT, SIGKILL, SIGTERM

EVENTS = [
    ("bound", 1, 1),
    ("started", 8, 0),
    ("passed", SIGHUP, 0),
    ("passed", SIGINT, SIGTERM),
    ("changed", 0, 0),
    ("reaped", 9, 0),
    ("waits", 0, 0),
    ("exited", 8, 3),
    ("died", 8, SIGKILL),
    ("over", 3, 0),
]
STARTED, ORPHAN = "initd: started CMD as pid 8\n", "initd: reaped orphan 9\n"
PASSED = ["initd: SIGHUP: dropped\n", "initd: SIGINT: passed on as SIGTERM\n"]
ENDED = ["initd: CMD exited with status 3\n", "initd: CMD was ended by SIGKILL\n"]


@pytest.mark.parametrize(
    ("verbose", "warn", "lines"),
    [
        (0, False, []),
        (0, True, [ORPHAN]),
        (1, False, [STARTED, *ENDED]),
        (1, True, [STARTED, ORPHAN, *ENDED]),
        (2, False, [STARTED, *PASSED, ORPHAN, *ENDED]),
    ],
)
def test_each_degree_says_its_own_on_standard_error(verbose: int, warn: bool, lines: list[str]) -> None:
    remark = native(verbose, warn)
    assert [said for event in EVENTS for said in remark(*event)] == [(2, line) for line in lines]


def test_an_init_that_cannot_start_anything_says_so_by_125() -> None:
    assert CANNOT_START == 125
    assert (Options().parent_death, Options().farewell, Options().verbose) == (0, 0, 0)
