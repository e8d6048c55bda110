"""Answers that speak of what programs have written, on the real kernel: the files have it by then, unless they hang."""

from __future__ import annotations

import os
import xmlrpc.client
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from supervisor.xmlrpc import SupervisorTransport

from tests.e2e.instance import CONFIG, Instance, is_stock, until

BACKUPS = 300
TALKER = f"""
[program:talker]
command = sh -c "trap 'echo last words; exit' TERM; echo up; read forever"
stdout_logfile = %(here)s/talker.log
stdout_logfile_maxbytes = 1
stdout_logfile_backups = {BACKUPS}
autostart = false
startsecs = 0
"""
MANY = 200_000
PIPED = f"""
[program:piped]
command = sh -c "head -c {MANY} /dev/zero; touch said; exec sleep 1000"
stdout_logfile = %(here)s/piped.fifo
stdout_logfile_maxbytes = 0
startsecs = 0
[program:other]
command = sh -c "echo hello; exec sleep 1000"
stdout_logfile = %(here)s/other.log
startsecs = 0
"""


@contextmanager
def calls(made: Instance) -> Iterator[Any]:
    transport = SupervisorTransport("", "", f"unix://{made.folder}/s.sock")
    with xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport) as proxy:
        yield proxy.supervisor


def test_when_a_stop_is_answered_the_last_words_are_in_the_log_and_it_has_been_rotated(
    instance: Callable[[str], Instance],
) -> None:
    made = instance(CONFIG + TALKER)
    log, first, second = (made.folder / f"talker.log{end}" for end in ("", ".1", ".2"))
    for number in range(1, BACKUPS + 1):  # to move them all on takes a while
        (made.folder / f"talker.log.{number}").write_text("old\n")
    made.start("-n", "-s")
    with calls(made) as supervisor:
        for _ in range(10):
            supervisor.startProcess("talker")
            until("its first words", lambda: first.read_text() == "up\n" and log.exists() and not log.read_text())
            supervisor.stopProcess("talker")
            assert (log.read_text(), first.read_text(), second.read_text()) == ("", "last words\n", "up\n")


def test_a_pipe_that_nobody_reads_holds_a_stop_for_a_moment_only_and_no_other_program(
    instance: Callable[[str], Instance],
) -> None:
    if is_stock():
        pytest.xfail("there the whole daemon hangs in the write")
    made = instance(CONFIG + PIPED)
    os.mkfifo(made.folder / "piped.fifo")
    reader = os.open(made.folder / "piped.fifo", os.O_RDONLY | os.O_NONBLOCK)
    try:
        made.start("-n", "-s")
        until("all of it to be written", (made.folder / "said").exists)
        with calls(made) as supervisor:
            assert supervisor.stopProcess("piped") is True
            until("the other's output", lambda: supervisor.readProcessStdoutLog("other", 0, 0) == "hello\n")
            assert supervisor.stopProcess("other") is True
            assert supervisor.stopProcessGroup("piped") == []
            assert supervisor.removeProcessGroup("piped") is True
        received = b""

        def whole() -> bool:
            nonlocal received
            try:
                received += os.read(reader, 1 << 20)
            except BlockingIOError:
                pass
            return len(received) >= MANY

        until("what the pipe could not hold", whole)
        assert received == bytes(MANY)
    finally:
        os.close(reader)
