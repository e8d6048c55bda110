"""`initd-sim real`: how it ends before its time. What it does is in tests/contract and tests/e2e."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time


def plays_of(pid):
    """The namespaces it has started, as their processes' numbers."""
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
                found += map(int, file.read().split())
        except FileNotFoundError:
            continue
    return [child for child in found if b"unshare\0--mount" in command_of(child)]


def command_of(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def test_ctrl_c_ends_all_plays_at_once_and_leaves_neither_processes_nor_files(tmp_path):
    words = [sys.executable, "-m", "sim.cli", "real", "--seeds", "0:8"]
    env = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env) as command:
        try:
            deadline = time.monotonic() + 100
            while len(plays := plays_of(command.pid)) < 2:
                assert time.monotonic() < deadline and command.poll() is None
                time.sleep(0.02)
            command.send_signal(signal.SIGINT)
            out, err = command.communicate(timeout=60)
        finally:
            command.kill()
    assert (command.returncode, out, err) == (130, "", "initd-sim: interrupted\n")
    assert not any(b"unshare\0--mount" in command_of(pid) for pid in plays)
    assert list(tmp_path.iterdir()) == []
