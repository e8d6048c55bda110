"""Containers that end when their program does: as PID 1 of a real pid namespace, with the status a runtime reports."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.instance import Instance, is_stock, until
from tests.e2e.test_pid1 import FRAME, UNSHARE, start

pytestmark = [
    pytest.mark.usefixtures("as_root"),
    pytest.mark.xfail(is_stock(), reason="supervisord stays up whatever becomes of its programs"),
]
OTHER = "[program:other]\ncommand = sleep 1000\npriority = 1\n"  # started before those that end


@pytest.mark.parametrize(
    ("options", "command", "status"),
    [
        ("essential = true\nautorestart = false", "sleep 1.2; exit 3", 3),
        ("on_exit = shutdown", "sleep 1.2", 0),
        ("on_failure = shutdown", "sleep 1.2; exit 255", 255),
        ("main = true", "sleep 1.2; kill -KILL $$", 137),
        ("on_fatal = shutdown\nstartretries = 0", "exit 9", 1),
    ],
)
def test_the_container_ends_with_its_program_and_with_its_status(
    instance: Callable[[str], Instance], options: str, command: str, status: int
) -> None:
    text = f'[program:job]\ncommand = sh -c "echo last word; {command}"\nautorestart = false\n{options}\n'
    made = instance(FRAME + OTHER + text)
    made.launch("-n", prefix=UNSHARE)
    assert made.wait() == status
    made.until_gone()
    log = (made.folder / "main.log").read_text()
    assert "shutting down, " in log and "stopped: other (terminated by SIGTERM)" in log
    assert "initd: job:job " in made.output()
    assert "initd: its last output:\nlast word\n" in made.output()


def test_the_main_program_that_docker_stop_stops_gives_its_own_status(instance: Callable[[str], Instance]) -> None:
    text = "[program:job]\ncommand = sh -c \"trap 'exit 42' TERM; while :; do sleep 0.05; done\"\nmain = true\n"
    made, init = start(instance, OTHER + text, "-n")
    made.until_running("job", "other")
    os.kill(init, signal.SIGTERM)
    assert made.wait() == 42
    assert "initd: " not in made.output()


def test_a_batch_of_jobs_ends_when_the_last_has(instance: Callable[[str], Instance]) -> None:
    jobs = "".join(
        f'[program:job{number}]\ncommand = sh -c "sleep 1.{number}; exit {number}"\nautorestart = false\n'
        for number in (0, 4, 2)
    )
    made = instance(FRAME + "[initd]\nexit_when_idle = true\n" + jobs)
    made.launch("-n", prefix=UNSHARE)
    assert made.wait() == 2  # the first that failed


def test_shutdown_timeout_is_kept_with_a_program_and_a_leftover_that_ignore_everything(
    instance: Callable[[str], Instance],
) -> None:
    text = """
[initd]
shutdown_timeout = 1
[program:deaf]
command = sh -c "trap '' TERM; (trap '' TERM; echo >ready; setsid sleep 1000) & while :; do sleep 1; done"
directory = %(here)s
stopwaitsecs = 600
"""
    made, init = start(instance, text, "-n")
    until("the leftover to be", lambda: (made.folder / "ready").exists())
    began = time.monotonic()
    os.kill(init, signal.SIGTERM)
    assert made.wait() == 0
    assert time.monotonic() - began < 30  # neither 600 s, nor the 30 s of D7 and more
    assert "shutdown_timeout is over: killing deaf" in (made.folder / "main.log").read_text()
    made.until_gone()


def test_standard_error_that_nobody_reads_does_not_keep_the_container(instance: Callable[[str], Instance]) -> None:
    made = instance(FRAME + '[program:job]\ncommand = sh -c "sleep 1.2; exit 3"\non_exit = shutdown\n')
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    try:
        while True:
            os.write(writer, b"x" * 4096)
    except BlockingIOError:
        pass
    os.set_blocking(writer, True)
    made.launch("-n", "-s", prefix=UNSHARE, stderr=writer)
    os.close(writer)
    assert made.wait() == 3
    os.close(reader)


def test_the_message_for_kubernetes_is_in_the_file_the_runtime_has_made(
    instance: Callable[[str], Instance], tmp_path: Path
) -> None:
    job = '[program:job]\ncommand = sh -c "echo why >&2; sleep 1.2; exit 3"\nmain = true\nautorestart = false\n'
    made = instance(FRAME + job)
    message = tmp_path / "message"
    message.touch()
    # A mount namespace of its own has a /dev of its own, in which the message is where a runtime mounts it.
    script = tmp_path / "enter"
    script.write_text(
        f"#!/bin/sh\nset -e\nmkdir {tmp_path}/dev\nmount -t tmpfs none {tmp_path}/dev\n"
        f"cp -a /dev/null /dev/urandom {tmp_path}/dev/\n"
        f"touch {tmp_path}/dev/termination-log\nmount --bind {message} {tmp_path}/dev/termination-log\n"
        f'mount --move {tmp_path}/dev /dev\nexec "$@"\n'
    )
    script.chmod(0o755)
    made.launch("-n", prefix=("unshare", "--mount", str(script), *UNSHARE))
    assert made.wait() == 3
    assert message.read_text().startswith("initd: job:job exited (exit status 3; not expected); exit status 3\n")
    assert message.read_text().endswith("\nwhy\n")


@pytest.mark.parametrize("prefix", [UNSHARE, ()])
def test_a_command_beside_a_configuration_starts_when_the_others_are_up_and_gives_the_status(
    instance: Callable[[str], Instance], prefix: tuple[str, ...]
) -> None:
    made = instance(FRAME + OTHER)
    script = "echo out; echo err >&2; grep -c 'success: other' main.log; exit 7"
    made.launch("--", "sh", "-c", script, prefix=prefix)
    assert made.wait() == 7
    made.until_gone()
    lines = made.output().splitlines()
    # Standard error is a log of its own, so that its last line and ours come in either order.
    assert {line for line in lines if not line.startswith("initd: ")} == {"out", "err", "1"}
    assert any(line.startswith("initd: main:main exited (exit status 7; not expected); exit status 7") for line in lines)
    assert "stopped: other (terminated by SIGTERM)" in (made.folder / "main.log").read_text()


@pytest.mark.parametrize(
    ("command", "status", "said"),
    [
        ("/no/such/command", 127, "can't find command '/no/such/command'"),
        ("no-such-command", 127, "can't find command 'no-such-command'"),
        ("/etc", 126, "command at '/etc' is a directory"),
        ("/etc/passwd", 126, "command at '/etc/passwd' is not executable"),
    ],
)
def test_a_command_that_cannot_be_run_ends_the_container_with_a_shells_status(
    instance: Callable[[str], Instance], command: str, status: int, said: str
) -> None:
    made = instance(FRAME + OTHER)
    made.launch("--", command, prefix=UNSHARE)
    assert made.wait() == status
    assert f"initd: main:main entered FATAL state: {said}" in made.output()


def test_the_status_of_a_command_that_cannot_be_run_is_the_configurations_if_it_names_one(
    instance: Callable[[str], Instance],
) -> None:
    made = instance(FRAME + "[initd]\nfatal_exit_code = 9\n" + OTHER)
    made.launch("--", "/no/such/command", prefix=UNSHARE)
    assert made.wait() == 9
