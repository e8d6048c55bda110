"""What the driver holds for a program: the paths a client is told."""

from __future__ import annotations

import pytest

from initd.config.model import LogConfig, ProcessConfig
from initd.drive.program import Program

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
