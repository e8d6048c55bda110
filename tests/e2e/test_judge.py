"""A real daemon with programs that crash, stop slowly and are stopped, judged by its recording and by its main log.

Nothing is found in what it did; what is planted in its recording or its log is found by name.
"""

from __future__ import annotations

import ast
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from initd.kernel import transcript
from tests.e2e.instance import CTL, Instance, environment, is_stock, until

CONFIG = """
[supervisord]
logfile = %(here)s/main.log
pidfile = %(here)s/main.pid
childlogdir = %(here)s
nodaemon = true
loglevel = debug
[unix_http_server]
file = %(here)s/s.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl = unix://%(here)s/s.sock
[program:crash]
command = sh -c "exit 3"
startretries = 1
[program:gone]
command = /no/such/command
startretries = 0
[program:once]
command = sh -c "sleep 1.3; exit 0"
[program:quiet]
command = sleep 1000
priority = 5
[program:stubborn]
command = sh -c "trap '' TERM; while :; do sleep 0.1; done"
stopwaitsecs = 1
killasgroup = true
[program:later]
command = sleep 1000
autostart = false
"""
SHOWN = ("S1", "S2", "S3", "S4", "S6", "S7", "S8", "S11", "T1", "T2", "T3", "T4", "T5", "V1", "V4")
"""What a log at loglevel debug shows to hold."""
SLACK = ("--slack", "60s")
"""So late may things be here, where the machine may be busy."""


def judge(path: Path, *options: str) -> tuple[int, str]:
    """Exit status and output of the command."""
    script = Path(sys.executable).parent / "initd-sim"
    command = [str(script)] if script.exists() else [sys.executable, "-m", "sim.cli"]
    done = subprocess.run(
        [*command, "judge", str(path), *SLACK, *options], env=environment(), capture_output=True, text=True, timeout=100
    )
    return done.returncode, done.stdout + done.stderr


def logged(daemon: Instance, words: str, times: int = 1) -> str:
    """Wait until the main log has these words so often; the log."""
    log = daemon.folder / "main.log"
    until(f"{words} x {times}", lambda: log.read_text().count(words) >= times)
    return log.read_text()


def busy(daemon: Instance) -> None:
    """Crashes, an end by itself, stops and starts by clients, a signal, SIGKILL by the daemon and by somebody else, the end."""
    for words in ("success: quiet", "success: stubborn", "gave up: crash", "gave up: gone", "exited: once"):
        logged(daemon, words)
    assert "later: started" in daemon.ctl("start", "later").stdout
    assert "stubborn: stopped" in daemon.ctl("stop", "stubborn").stdout
    assert "stubborn: started" in daemon.ctl("start", "stubborn").stdout
    assert "quiet: signalled" in daemon.ctl("signal", "USR1", "quiet").stdout
    log = logged(daemon, "success: quiet", 2)
    os.kill(int(re.findall(r"spawned: 'later' with pid (\d+)", log)[-1]), signal.SIGKILL)
    logged(daemon, "success: later", 2)
    os.kill(daemon.pid, signal.SIGTERM)
    assert daemon.wait() == 0


def planted(lines: list[bytes], at: int, *entries: tuple[object, ...]) -> bytes:
    return b"".join([*lines[:at], *map(transcript.line, entries), *lines[at:]])


@pytest.mark.skipif(is_stock(), reason="an option of ours")
def test_the_recording_of_a_real_daemon_is_found_innocent_and_what_is_planted_in_it_is_named(
    instance: Callable[[str], Instance],
) -> None:
    daemon = instance(CONFIG)
    daemon.start("--record", "rec")
    busy(daemon)
    recording = daemon.folder / "rec"
    status, output = judge(recording)
    assert (status, output.count("\n")) == (0, 1), output
    assert re.fullmatch(r"\d\d passed, 0 failed in .*\n", output)

    lines = recording.read_bytes().splitlines(keepends=True)
    told = [ast.literal_eval(line.decode()) for line in lines[1:]]
    stop = next(at for at, each in enumerate(told, 1) if each[0] == "kill" and each[1][1] == signal.SIGTERM)
    shut = next(at for at, each in enumerate(told, 1) if each[0] == "effect" and each[1][0][0] == "MoodChanged")
    spawn = next(each for each in told if each[0] == "spawn" and "sleep" in each[1][0][2])
    changes = [at for at, each in enumerate(told, 1) if each[0] == "effect" and each[1][0][0] == "StateChanged"]
    edge = next(at for at in changes if told[at - 1][1][0][4:6] == ("10", "30"))
    kind, instance_of, group, name, old, _, *rest = told[edge - 1][1][0]
    clock = next(each for each in told[shut:] if each[0] == "mono")
    other = ("effect", ((kind, instance_of, group, name, old, "100", *rest),), None)
    falsified = {
        "T2": planted(lines, stop + 1, ("kill", (told[stop - 1][1][0], 9), None)),
        "S11": planted(lines, shut + 1, (*spawn[:2], {"Child": (4_000_000, -1, None)}), clock),
        "S1": planted([*lines[:edge], *lines[edge + 1 :]], edge, other),
    }
    for law, data in falsified.items():
        recording.write_bytes(data)
        status, output = judge(recording)
        assert status == 1
        assert f"FAIL {law} {recording}:" in output, output


def test_the_main_log_of_a_real_daemon_is_found_innocent_and_what_is_planted_in_it_is_named(
    instance: Callable[[str], Instance],
) -> None:
    daemon = instance(CONFIG)
    daemon.start()
    busy(daemon)
    log = daemon.folder / "main.log"
    config = ("--config", str(daemon.config))
    status, output = judge(log, *config)
    assert "FAIL" not in output and re.search(r"\d+ passed, 0 failed, \d+ unknown in ", output), output
    assert status == 1, "unknown is no pass"
    shown = [option for law in SHOWN for option in ("--law", law)]
    status, output = judge(log, *config, *shown)
    assert (status, output.partition(" in ")[0]) == (0, f"{len(SHOWN)} passed, 0 failed"), output

    text = log.read_text()
    lines = text.splitlines(keepends=True)
    end = lines[-1].split(" ")[:2]
    stop = next(at for at, line in enumerate(lines) if re.search(r" killing stubborn \(pid \d+\) with signal SIGTERM", line))
    spawned = next(line for line in lines if "spawned: 'quiet'" in line)
    hasty = lines[stop].replace("with signal SIGTERM", "process group with signal SIGKILL")
    falsified = {
        "T2": "".join([*lines[: stop + 1], hasty, *lines[stop + 1 :]]),
        "S11": text + " ".join([*end, *spawned.split(" ")[2:]]),
        "S1": text + " ".join([*end, "INFO exited: quiet (exit status 0; expected)\n"]),
    }
    for law, data in falsified.items():
        log.write_text(data)
        status, output = judge(log, *config)
        assert status == 1
        assert f"FAIL {law} {log}:" in output, output


def test_the_main_log_of_a_stock_supervisord_is_judged_as_far_as_it_goes(
    instance: Callable[[str], Instance], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INITD_COMMAND", f"{sys.executable} -m {CTL[-1].replace('supervisorctl', 'supervisord')}")
    daemon = instance(CONFIG)
    daemon.start()
    busy(daemon)
    log = daemon.folder / "main.log"
    status, output = judge(log, "--config", str(daemon.config))
    assert "FAIL" not in output and re.search(r"\d+ passed, 0 failed, \d+ unknown in ", output), output
    assert status == 1, "unknown is no pass"
