from __future__ import annotations

import os

import pytest

from initd.daemonize import report
from tests.unit.kernel.launching import run_python

REFUSED = """
import os
from initd import daemonize
def execv(*_):
    raise PermissionError(13, "Permission denied", "/an/interpreter")
os.execv = execv
said = []
daemonize.complain = said.append
print(daemonize.launch(), said)
"""


def test_a_report_tells_status_and_text_and_closes_the_pipe() -> None:
    reader, writer = os.pipe()
    report(writer, 2, "Error: \udcff\n")
    with open(reader, "rb") as pipe:
        assert pipe.read() == b"2\nError: \xff\n"
    with pytest.raises(OSError):
        os.fstat(writer)


def test_a_report_that_nobody_waits_for_any_more_is_dropped() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    report(writer, 0)
    with pytest.raises(OSError):
        os.fstat(writer)


def test_without_anybody_waiting_there_is_nothing_to_report() -> None:
    report(-1, 0)


def test_the_command_says_why_the_way_into_the_background_was_barred() -> None:
    reason = "[Errno 13] Permission denied: '/an/interpreter'"
    assert run_python(REFUSED) == f"1 {[f'Error: could not go into the background: {reason}' + chr(10)]}\n"
