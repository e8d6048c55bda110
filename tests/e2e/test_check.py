"""`initd check` as its user calls it, and the same words in the log of the daemon."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from collections.abc import Callable

import pytest

from tests.e2e.instance import PATIENCE_S, Instance, daemon_command, environment, is_stock, until

pytestmark = pytest.mark.xfail(is_stock(), reason="supervisord has nothing like it", run=False)

CONFIG = """
[supervisord]
logfile = %(here)s/main.log
pidfile = %(here)s/main.pid
childlogdir = %(here)s
nodaemon = true
silent = true
logfle = x
[unix_http_server]
file = %(here)s/s.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl = unix://%(here)s/s.sock
[program:cat]
command = cat
stopwaitsecs = 0
"""
UNKNOWN = "unknown option logfle in [supervisord] is ignored; the nearest option is logfile"
STARTSECS = "startsecs: invalid literal for int() with base 10: 'x'; expected a whole number"
UMASK = "umask: 9 can not be converted to an octal type; expected octal digits, such as 022"
KILL = "stopwaitsecs=0 in [program:cat]: SIGKILL follows the stop signal at once"


def check(folder: Instance, *words: str) -> subprocess.CompletedProcess[str]:
    command = [*daemon_command(), "check", *words]
    return subprocess.run(
        command, cwd=folder.folder, env=environment(), capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )


def test_it_prints_all_and_starts_and_writes_nothing(instance: Callable[[str], Instance]) -> None:
    made = instance(CONFIG + "startsecs = x\numask = 9\n")
    before = sorted(path.name for path in made.folder.iterdir())
    told = check(made, "supervisord.conf")
    assert (told.returncode, told.stderr) == (2, "")
    assert told.stdout.splitlines() == [
        f"supervisord.conf:8:1: warning: {UNKNOWN} [unknown-option]",
        f"supervisord.conf:17:1: warning: {KILL} [immediate-kill]",
        f"supervisord.conf:18:1: error: {STARTSECS} [bad-value]",
        f"supervisord.conf:19:1: error: {UMASK} [bad-value]",
        "1 file: 2 errors, 2 warnings",
    ]
    assert sorted(path.name for path in made.folder.iterdir()) == before == ["supervisord.conf"]


def test_without_a_file_it_looks_where_the_daemon_would(instance: Callable[[str], Instance]) -> None:
    made = instance(CONFIG)
    told = check(made, "--json", "--strict")
    assert told.returncode == 1
    report = json.loads(told.stdout)
    assert (report["errors"], report["warnings"]) == (0, 2)
    assert [one["code"] for one in report["diagnostics"]] == ["unknown-option", "immediate-kill"]


def test_a_reader_that_leaves_early_is_no_error(instance: Callable[[str], Instance]) -> None:
    made = instance(CONFIG)
    reading, writing = os.pipe()
    os.close(reading)
    command = [*daemon_command(), "check", "supervisord.conf"]
    with os.fdopen(writing, "wb") as output:
        told = subprocess.run(
            command,
            cwd=made.folder,
            env=environment(),
            stdout=output,
            stderr=subprocess.PIPE,
            timeout=PATIENCE_S,
            check=False,
        )
    assert (told.returncode, told.stderr) == (0, b"")


def test_on_a_terminal_it_is_coloured(instance: Callable[[str], Instance]) -> None:
    made = instance(CONFIG)
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as reading:
        command = [*daemon_command(), "check", "supervisord.conf"]
        env = environment() | {"TERM": "xterm"}
        subprocess.run(command, cwd=made.folder, env=env, stdout=theirs, timeout=PATIENCE_S, check=False)
        assert b"\x1b[1;33mwarning:\x1b[0m" in reading.read(4096)
        os.close(theirs)


def test_a_wrong_option_is_told_with_the_nearest(instance: Callable[[str], Instance]) -> None:
    told = check(instance(CONFIG), "--stirct")
    assert (told.returncode, told.stdout) == (2, "")
    assert "the nearest is --strict" in told.stderr


def test_the_daemon_logs_the_same_at_its_start_and_only_news_at_a_reread(instance: Callable[[str], Instance]) -> None:
    made = instance(CONFIG)
    made.start()
    log = made.folder / "main.log"
    path = made.config

    def warned(line: int, text: str) -> int:
        return log.read_text().count(f" WARN {path}:{line}: {text}\n")

    assert (warned(8, UNKNOWN), warned(17, KILL)) == (1, 1)
    path.write_text(CONFIG + "startretries = -1\n")
    made.ctl("reread")
    until("the new warning", lambda: warned(18, "startretries=-1 in [program:cat] counts like 0"))
    assert (warned(8, UNKNOWN), warned(17, KILL)) == (1, 1)
    made.ctl("shutdown")
    assert made.wait() == 0
