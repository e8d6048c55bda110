"""What the driver holds for a program: the paths a client is told."""

from __future__ import annotations

import pytest

from initd.config.model import LogConfig, ProcessConfig
from initd.drive.program import KEPT_ENDS, End, Program

OUT, ERR = LogConfig("/o", 0, 0), LogConfig("/e", 0, 0)
NONE, EMPTY = LogConfig(None, 0, 0), LogConfig("", 0, 0)


@pytest.mark.parametrize(
    ("stdout", "stderr", "redirect", "paths"),
    [
        (OUT, ERR, False, ("/o", "/e")),
        (OUT, ERR, True, ("/o", None)),
        (NONE, ERR, False, (None, "/e")),
        (OUT, EMPTY, False, ("/o", "")),
    ],
)
def test_the_log_paths_are_those_of_the_streams_that_have_a_file(stdout, stderr, redirect, paths):
    config = ProcessConfig("p", "p", "c", stdout=stdout, stderr=stderr, redirect_stderr=redirect)
    program = Program(1, "g", config)
    assert program.log_paths == paths
    assert program.running is None


@pytest.mark.parametrize(
    ("stdout", "stderr", "redirect", "readable"),
    [
        (OUT, ERR, False, True),
        (OUT, NONE, True, True),
        (OUT, NONE, False, False),
        (EMPTY, ERR, False, False),
        (LogConfig("/dev/stdout", 0, 0), ERR, False, False),
        (OUT, LogConfig("/dev/fd/2", 0, 0), False, False),
    ],
)
def test_output_can_be_read_again_where_all_of_it_is_in_files(stdout, stderr, redirect, readable):
    config = ProcessConfig("p", "p", "c", stdout=stdout, stderr=stderr, redirect_stderr=redirect)
    assert Program(1, "g", config).has_files is readable


def test_the_last_tries_are_remembered_the_newest_last():
    program = Program(1, "g", ProcessConfig("p", "p", "c"))
    for pid in range(1, KEPT_ENDS + 3):
        program.remember(End(pid, 0, 0, 1))
    assert [end.pid for end in program.ends] == list(range(3, KEPT_ENDS + 3))
