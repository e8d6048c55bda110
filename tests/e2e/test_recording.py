"""`initd --record` of a real daemon, and `initd-sim replay` of what it wrote: the same again, or the difference by name."""

from __future__ import annotations

import ast
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from initd.kernel import transcript
from tests.e2e.instance import Instance, daemon_command, environment, is_stock, until

pytestmark = pytest.mark.skipif(is_stock(), reason="an option of ours")
CONFIG = """
[supervisord]
logfile = %(here)s/main.log
pidfile = %(here)s/main.pid
childlogdir = %(here)s
nodaemon = true
environment = SECRET="in the environment"
[unix_http_server]
file = %(here)s/s.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl = unix://%(here)s/s.sock
[program:crash]
command = sh -c "echo going; exit 3"
startretries = 1
[program:talk]
command = sh -c "while :; do echo words words words words; sleep 0.05; done"
stdout_logfile = %(here)s/talk.log
stdout_logfile_maxbytes = 100
stdout_logfile_backups = 2
startsecs = 0
stopasgroup = true
"""


def replay(path: Path) -> tuple[int, str]:
    """Exit status and output of the command."""
    script = Path(sys.executable).parent / "initd-sim"
    command = [str(script)] if script.exists() else [sys.executable, "-m", "sim.cli"]
    done = subprocess.run(
        [*command, "replay", str(path)], env=environment(), capture_output=True, text=True, timeout=100
    )
    return done.returncode, done.stdout + done.stderr


def busy(daemon: Instance) -> None:
    """Crashes, calls, rotation, a reload and the end."""
    daemon.until_running("talk")
    until("FATAL", lambda: daemon.states().get("crash") == "FATAL")
    until("a rotation", (daemon.folder / "talk.log.2").exists)
    assert "talk: stopped" in daemon.ctl("stop", "talk").stdout
    assert "crash: ERROR" in daemon.ctl("start", "crash", "nobody").stdout
    assert "talk: started" in daemon.ctl("start", "talk").stdout
    until("words in its log, which is empty after a rotation", lambda: "words" in daemon.ctl("tail", "talk").stdout)
    os.kill(daemon.pid_of("talk"), signal.SIGKILL)
    daemon.config.write_text(CONFIG.replace("startretries = 1", "startretries = 0") + "\n[program:new]\ncommand = cat\n")
    os.kill(daemon.pid, signal.SIGHUP)
    until("the reload", lambda: "new" in daemon.states())
    daemon.until_running("talk", "new")
    os.kill(daemon.pid, signal.SIGTERM)
    assert daemon.wait() == 0


@pytest.fixture
def recording(instance: Callable[[str], Instance]) -> Path:
    daemon = instance(CONFIG)
    daemon.start("--record", "rec")
    busy(daemon)
    return daemon.folder / "rec"


def changed(line: bytes) -> bytes | None:
    """Another way to end for a child of which a `reap` tells."""
    entry = ast.literal_eval(line.decode())
    if entry[0] != "reap" or entry[2] != {"ExitStatus": (3, None, False)}:
        return None
    return transcript.line((*entry[:2], {"ExitStatus": (4, None, False)}))


def test_a_day_of_a_real_daemon_is_told_again_and_a_falsified_answer_is_found(recording: Path) -> None:
    assert stat.S_IMODE(recording.stat().st_mode) == 0o600
    status, output = replay(recording)
    assert (status, output.splitlines()[-1].partition(" entries; ")[2]) == (0, "exit status 0")
    for words in ("crash  BACKOFF -> FATAL", "talk  RUNNING -> EXITED", "new  STARTING -> RUNNING"):
        assert words in output

    lines = recording.read_bytes().splitlines(keepends=True)
    at, other = next((at, made) for at, line in enumerate(lines[2:], 2) if (made := changed(line)))
    falsified = recording.with_name("falsified")
    falsified.write_bytes(b"".join([*lines[:at], other, *lines[at + 1 :]]))
    status, output = replay(falsified)
    assert status == 1
    verdict = output[output.index("DIFFERENT ") :]
    assert int(verdict.partition("falsified:")[2].partition(":")[0]) > at
    was, now = verdict.splitlines()[1:3]
    assert "exit status 3" in was and "exit status 4" in now, verdict


def test_a_daemon_that_was_killed_leaves_a_recording_that_can_be_told(instance: Callable[[str], Instance]) -> None:
    daemon = instance(CONFIG)
    daemon.start("--record", "rec")
    daemon.until_running("talk")
    assert daemon.process is not None
    os.kill(daemon.process.pid, signal.SIGKILL)
    daemon.wait()
    status, output = replay(daemon.folder / "rec")
    assert (status, output.splitlines()[-1].partition("; ")[2]) == (0, "the recording ends before the daemon")
    assert "talk  STARTING -> RUNNING" in output


def test_a_recording_that_cannot_go_on_costs_one_warning_and_nothing_else(instance: Callable[[str], Instance]) -> None:
    daemon = instance(CONFIG)
    limit = ("sh", "-c", 'ulimit -f 24; exec "$@"', "sh")  # 12 or 24 KiB, for any file
    daemon.start("--record", "rec", prefix=limit)
    log = daemon.folder / "main.log"
    until("the warning", lambda: "WARN the recording ends here: File too large" in log.read_text())
    daemon.until_running("talk")
    assert "talk: stopped" in daemon.ctl("stop", "talk").stdout
    os.kill(daemon.pid, signal.SIGTERM)
    assert daemon.wait() == 0
    assert log.read_text().count("the recording ends here") == 1
    status, output = replay(daemon.folder / "rec")
    assert (status, output.splitlines()[-1].partition("; ")[2]) == (0, "the recording ends before the daemon")


def test_a_recording_that_cannot_be_made_stops_the_start(instance: Callable[[str], Instance]) -> None:
    daemon = instance(CONFIG)
    done = daemon.run("--record", "/dev/null")
    assert done.returncode == 2
    assert done.stderr.startswith("Error: could not open the recording /dev/null: it exists and is no regular file\n")
    assert not (daemon.folder / "main.log").exists()


def test_a_daemon_in_the_background_is_recorded_too(instance: Callable[[str], Instance]) -> None:
    daemon = instance(CONFIG.replace("nodaemon = true", ""))
    assert daemon.run("--record=rec").returncode == 0
    daemon.until_running("talk")
    os.kill(daemon.pid, signal.SIGTERM)
    daemon.until_gone()
    assert not (daemon.folder / "rec.old").exists()
    status, output = replay(daemon.folder / "rec")
    assert (status, output.splitlines()[-1].partition("; ")[2]) == (0, "exit status 0")


def test_the_command_for_help_names_it() -> None:
    done = subprocess.run([*daemon_command(), "-h"], env=environment(), capture_output=True, text=True, timeout=100)
    assert "\n  --record FILE " in done.stdout
