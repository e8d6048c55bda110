"""The command as a whole: arguments in, exit code out."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import xmlrpc.client
from pathlib import Path
from typing import Any

import pytest

from initd.control.client import main
from initd.control.client.session import Session
from tests.unit.client.peer import peer, reply

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def conf(tmp_path: Path) -> str:
    path = tmp_path / "s.conf"
    path.write_text("[supervisorctl]\nserverurl = unix://%(here)s/none\nusername = user\nprompt = here\n")
    return str(path)


def test_the_exit_code_is_that_of_the_command(conf: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["initctl", "-c", conf, "pid"]) == 7
    assert capsys.readouterr().out == f"unix://{tmp_path}/none no such file\n"
    assert main(["initctl", "-c", conf, "help", "nope"]) == 0


def test_the_command_line_counts_before_the_file(conf: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["initctl", "-c", conf, "-s", f"unix://{tmp_path}/other", "pid"]) == 7
    assert capsys.readouterr().out == f"unix://{tmp_path}/other no such file\n"


@pytest.mark.parametrize("program", ["initctl", "/usr/bin/supervisorctl"])
def test_a_usage_error_names_the_program_as_it_was_called(program: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([program, "-x"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines()[0] == "Error: option -x not recognized"
    assert captured.err.splitlines()[-1] == f"For help, use {program} -h"


def test_help_goes_to_standard_output_and_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["initctl", "-h"]) == 0
    captured = capsys.readouterr()
    assert "initctl [options] [action" in captured.out
    assert captured.err == ""


def test_ctrl_c_ends_the_process_by_the_signal_and_without_a_word(conf: str) -> None:
    program = (
        "from initd.control.client import main, session\n"
        "def interrupted(*_): raise KeyboardInterrupt\n"
        "session.Session.call = interrupted\n"
        f"print('before'), main(['initctl', '-c', {conf!r}, 'pid'])"
    )
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert (ended.returncode, ended.stdout, ended.stderr) == (-signal.SIGINT, "before\n", "")


def test_a_reader_that_has_gone_ends_it_quietly(conf: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone(io.StringIO):
        def flush(self) -> None:
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stdout", Gone())
    assert main(["initctl", "-c", conf, "help"]) == 1
    assert sys.stdout is None


def test_an_output_that_takes_nothing_is_a_failure_of_one_line(conf: str) -> None:
    with open("/dev/full", "w") as full:
        ended = run_there(conf, "help", stdout=full)
    assert (ended.returncode, ended.stderr) == (1, "initctl: standard output: No space left on device\n")


def test_with_standard_output_closed_there_is_still_an_exit_code(conf: str) -> None:
    ended = run_there(conf, "pid", preexec_fn=lambda: os.close(1))
    assert (ended.returncode, ended.stderr) == (7, "")


def run_there(conf: str, *words: str, **streams: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "initd.control.client", "-c", conf, *words]
    return subprocess.run(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, timeout=30, **streams)


def test_without_an_action_there_is_a_shell(
    conf: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[Session] = []
    monkeypatch.setattr("initd.control.client.shell.interact", seen.append)
    assert main(["initctl", "-c", conf]) == 0
    [session] = seen
    assert (session.config.prompt, session.config.username, session.interactive) == ("here", "user", True)


LOADED = """\
import sys
from initd.control.client import main
code = main(["initctl", "-s", sys.argv[1], "pid"])
heavy = {"xmlrpc.client", "http.client", "email", "rich", "cmd", "readline", "getopt", "argparse", "configparser"}
print(code, sorted(heavy & set(sys.modules)))
"""


def test_a_one_shot_command_loads_neither_the_librarys_client_nor_the_shell(tmp_path: Path) -> None:
    version = xmlrpc.client.dumps(("3.0",), methodresponse=True).encode()
    pid = xmlrpc.client.dumps((42,), methodresponse=True).encode()
    with peer(tmp_path, [reply(version), reply(pid)]) as there:
        command = [sys.executable, "-S", "-c", LOADED, there.url]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=True)
    assert ended.stdout == "42\n0 []\n"
