"""Namespaces of one attempt: what happens in there stays there, and how it ends is told."""

from __future__ import annotations

import os
import signal

import pytest

from sim import isolation
from sim.trials import in_children

pytestmark = pytest.mark.skipif(not isolation.possible(), reason="needs namespaces")


def said(attempt, patience_s=20):
    ((_, what, _),) = in_children([(1, attempt)], 1, patience_s, True)
    return what


def test_it_is_not_the_first_process_and_sees_its_own_alone():
    def attempt():
        assert sorted(name for name in os.listdir("/proc") if name.isdigit()) == ["1", "2"]
        with pytest.raises(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)  # everybody but the first and us
        return f"{os.getpid()}"

    assert said(attempt) == "2"


def test_a_file_may_have_another_content_there_and_only_there(tmp_path):
    file = tmp_path / "file"
    file.write_text("old")
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "left").touch()

    def attempt():
        isolation.overlay(file, "new")
        assert file.stat().st_mode & 0o777 == 0o644
        return f"{file.read_text()} {os.listdir(tmp_path / '__pycache__')}"

    file.chmod(0o644)
    assert said(attempt) == "new []"
    assert file.read_text() == "old"
    assert os.listdir(tmp_path / "__pycache__") == ["left"]


def test_what_is_left_behind_ends_with_it(tmp_path):
    alive = tmp_path / "alive"
    os.mkfifo(alive)
    reader = os.open(alive, os.O_RDONLY | os.O_NONBLOCK)

    def attempt():
        writer = os.open(alive, os.O_WRONLY)
        if not os.fork():
            os.setsid()
            signal.pause()
        os.close(writer)
        return "done"

    assert said(attempt) == "done"
    os.set_blocking(reader, True)
    assert os.read(reader, 1) == b""  # nobody has the other end any more
    os.close(reader)


@pytest.mark.parametrize(
    ("attempt", "told"),
    [
        (lambda: os._exit(3), "breakdown "),
        (lambda: os.kill(os.getpid(), signal.SIGALRM), "hang"),
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "breakdown "),
        (lambda: 1 / 0, "breakdown ZeroDivisionError"),
    ],
)
def test_an_end_of_another_kind_is_told_as_without_namespaces(attempt, told):
    assert said(attempt).startswith(told)


def test_an_attempt_that_never_ends_hangs():
    assert said(signal.pause, 1) == "hang"
