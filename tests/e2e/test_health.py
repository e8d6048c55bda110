"""`initd health`, as HEALTHCHECK and exec probes run it: one line, 0 or 1, in time, whatever it finds."""

from __future__ import annotations

import base64
import hashlib
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.instance import PATIENCE_S, ROOT, Instance, daemon_command, environment, is_stock, until

pytestmark = pytest.mark.xfail(is_stock(), reason="supervisord has nothing like it", run=False)

Make = Callable[[str], Instance]
DAEMON = """
[supervisord]
logfile = %(here)s/main.log
pidfile = %(here)s/main.pid
childlogdir = %(here)s
nodaemon = true
silent = true
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl = unix://%(here)s/s.sock
"""
SERVER = "[unix_http_server]\nfile = %(here)s/s.sock\n"
CAT = "[program:cat]\ncommand = cat\nstartsecs = 0\n"
BAD = "[program:bad]\ncommand = false\nstartretries = 0\nautostart = false\n"
ONCE = "[program:once]\ncommand = true\nstartsecs = 0\nautorestart = false\n"
PAIR = "[program:pair]\ncommand = cat\nprocess_name = %(process_num)d\nnumprocs = 2\nstartsecs = 0\n"


def call(*words: str | Path, folder: Path | None = None, command: list[str] | None = None) -> tuple[int, str, str]:
    """Status, output and errors of `initd health`."""
    ran = subprocess.run(
        [*(command or daemon_command()), "health", *words],
        cwd=folder or "/",
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    return ran.returncode, ran.stdout, ran.stderr


def started(instance: Make, text: str) -> Instance:
    made = instance(DAEMON + text)
    made.start("-n")
    return made


def test_it_is_well_as_long_as_no_program_is_given_up(instance: Make) -> None:
    made = started(instance, SERVER + CAT + BAD + ONCE)
    until("the end of once", lambda: made.states()["once"] == "EXITED")
    made.until_running("cat")
    assert call("-c", made.config) == (0, "healthy: 1 STOPPED, 1 RUNNING, 1 EXITED\n", "")
    assert call(folder=made.folder)[0] == 0, "the file in the working directory"
    made.ctl("start", "bad")
    why = "Exited too quickly (process log may have details)"
    assert call("-c", made.config) == (1, f"unhealthy: bad FATAL ({why})\n", "")
    assert call("--alive", "-c", made.config) == (0, "healthy: the supervisor answers\n", "")


def test_named_programs_and_all_of_them_must_be_running(instance: Make) -> None:
    made = started(instance, SERVER + CAT + BAD + PAIR)
    made.until_running("cat", "pair:0", "pair:1")
    at = ("-c", str(made.config))
    assert call(*at, "cat") == (0, "healthy: 1 RUNNING\n", "")
    assert call("cat", *at, "pair:*") == (0, "healthy: 3 RUNNING\n", "")
    assert call(*at, "pair:1")[0] == 0
    assert call(*at, "--programs") == (1, "unhealthy: bad STOPPED\n", "")
    assert call(*at, "bad", "cat") == (1, "unhealthy: bad STOPPED\n", "")
    for name in ("pair", "pair:2", "dog", "dog:*"):
        assert call(*at, name) == (1, f"unhealthy: no such process {name}\n", "")
    made.ctl("stop", "pair:0", "pair:1")
    assert call(*at, "pair:*") == (1, "unhealthy: pair:0 STOPPED, pair:1 STOPPED\n", "")


def test_one_that_shuts_down_is_alive_and_not_well(instance: Make) -> None:
    slow = """command = sh -c "trap 'test -e %(here)s/end && exit' TERM; while :; do sleep 0.05; done"\nstopwaitsecs = 1000\n"""
    made = started(instance, SERVER + "[program:slow]\nstartsecs = 0\n" + slow)
    made.until_running("slow")
    made.ctl("shutdown")
    until("a shutdown", lambda: "shuts down" in call("-c", made.config)[1])
    assert call("-c", made.config, "slow") == (1, "unhealthy: the supervisor shuts down\n", "")
    assert call("-c", made.config, "--alive")[0] == 0


def test_a_tcp_server_and_its_password_are_taken_from_the_file_and_its_includes(instance: Make) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    made = instance(f"{DAEMON.replace('unix://%(here)s/s.sock', f'http://127.0.0.1:{port}')}{CAT}[include]\nfiles = *.inc\n")
    made.config.write_text(made.config.read_text().replace("[supervisorctl]", "[supervisorctl]\nusername = u\npassword = p:%%"))
    server = f"[inet_http_server]\nport = 127.0.0.1:{port}\nusername = u\npassword = "
    (made.folder / "server.inc").write_text(f"{server}p:%%\n")
    made.start("-n")
    assert call("-c", made.config) == (0, "healthy: 1 RUNNING\n", "")
    url = f"http://127.0.0.1:{port}"
    refused = f"unhealthy: {url}: the server wants another username and password than"
    assert call("-s", url) == (1, f"{refused} none\n", "")
    assert call("-s", url, "-u", "u", "-p", "x") == (1, f"{refused} these\n", "")
    assert call("-s", f"{url}/", "-u", "u", "-p", "p:%")[0] == 0

    digest = hashlib.sha1(b"p:%").hexdigest()
    (made.folder / "server.inc").write_text(f"{server}{{SHA}}{digest}\n")
    assert call("-c", made.config)[0] == 0, "what cannot be sent is looked for in [supervisorctl]"
    made.config.write_text(made.config.read_text().replace("p:%%", "other"))
    assert call("-c", made.config)[:2] == (1, f"{refused} these\n")


def test_stock_supervisord_is_asked_as_well(instance: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = daemon_command()
    monkeypatch.setenv("INITD_COMMAND", f"{sys.executable} -m supervisor.supervisord")
    made = started(instance, SERVER + CAT + BAD)
    made.until_running("cat")
    assert call("-c", made.config, command=ours) == (0, "healthy: 1 STOPPED, 1 RUNNING\n", "")
    assert call("-c", made.config, "--alive", command=ours) == (0, "healthy: the supervisor answers\n", "")
    assert call("-c", made.config, "bad", command=ours) == (1, "unhealthy: bad STOPPED\n", "")


def test_without_anybody_to_ask_it_says_what_is_missing(tmp_path: Path) -> None:
    code, said, errors = call(folder=tmp_path)
    assert (code, errors) == (1, "")
    assert said.startswith("unhealthy: no configuration at ") and "; `initd -- CMD` answers nobody" in said
    config = tmp_path / "a.conf"
    assert call("-c", config) == (1, f"unhealthy: {config}: could not find config file {config} (no such file)\n", "")
    config.write_text("[supervisord]\n")
    nothing = f"unhealthy: nothing to ask: {config} has neither [unix_http_server] nor [inet_http_server]\n"
    assert call("-c", config) == (1, nothing, "")
    config.write_text(SERVER)
    url = f"unix://{tmp_path}/s.sock"
    assert call("-c", config) == (1, f"unhealthy: {url}: No such file or directory\n", "")
    config.write_text("[unix_http_server]\n")
    code, said, errors = call("-c", config)
    assert (code, said.count("\n"), errors) == (1, 1, "")
    assert said.startswith(f"unhealthy: {config}:1: file: section [unix_http_server] has no file value")


@pytest.mark.parametrize("words", ["--foo", "-t 0", "-t x", "--timeout inf", "-s nowhere", "-s http://", "-s", "--alive cat"])
def test_a_wrong_call_is_1_as_well_and_one_line(words: str) -> None:
    code, said, errors = call(*words.split())
    assert code == 1
    assert (said + errors).count("\n") == 1 and "Traceback" not in errors


def test_help_names_every_option() -> None:
    from initd.health import SWITCHES

    code, said, errors = call("-h")
    assert (code, errors) == (0, "")
    for letter, name, _ in SWITCHES:
        assert (f"  -{letter}, --{name}" if letter else f"  --{name}") in said


def test_it_waits_no_longer_than_it_may_whatever_hangs(tmp_path: Path) -> None:
    late = (1, "unhealthy: no answer within 0.2 s\n", "")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        listener.listen()
        assert call("-t", "0.2", "-s", f"unix://{tmp_path}/s") == late
    os.mkfifo(tmp_path / "fifo")
    assert call("-t", "0.2", "-c", tmp_path / "fifo") == late


def test_without_room_for_a_thread_it_waits_no_longer_either(tmp_path: Path) -> None:
    script = f"""
import _thread, sys
def full(*_): raise RuntimeError("can't start new thread")
_thread.start_new_thread = full
from initd.cli import main
sys.argv = ["initd", "health", "-t", "0.2", "-s", "unix://{tmp_path}/s"]
main()
"""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        listener.listen()
        ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S)
    assert (ran.returncode, ran.stdout, ran.stderr) == (1, "unhealthy: no answer within 0.2 s\n", "")


@pytest.mark.parametrize(
    "answer, told",
    [
        (b"", "no answer"),
        (b"SSH-2.0-x\r\n", "no answer"),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", "HTTP status 404"),
        (b"HTTP/1.1 200 OK\r\n\r\n<cut", "ExpatError: "),
        (b"HTTP/1.1 200 OK\r\n\r\n<methodResponse><params><param><value>3</value></param></params></methodResponse>", "Type"),
    ],
    ids=["nothing", "not http", "not found", "not xml", "not processes"],
)
def test_whatever_else_answers_there_is_not_well(tmp_path: Path, answer: bytes, told: str) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        listener.listen()
        listener.settimeout(PATIENCE_S)
        command = [*daemon_command(), "health", "-t", str(PATIENCE_S), "-s", f"unix://{tmp_path}/s"]
        with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True) as asking:
            with listener.accept()[0] as client:
                while b"</methodCall>" not in client.recv(65536):
                    pass
                client.sendall(answer)
            said = asking.communicate(timeout=PATIENCE_S)[0]
    assert asking.returncode == 1
    assert told in said and said.startswith("unhealthy: ") and said.count("\n") == 1


def test_the_password_is_sent_as_basic_authentication_has_it(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        listener.listen()
        listener.settimeout(PATIENCE_S)
        command = [*daemon_command(), "health", "-u", "ü", "-p", "p:", "-s", f"unix://{tmp_path}/s"]
        with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE) as asking:
            with listener.accept()[0] as client:
                head = b""
                while b"</methodCall>" not in head:
                    head += client.recv(65536)
            asking.communicate(timeout=PATIENCE_S)
    assert b"\r\nAuthorization: Basic " + base64.b64encode("ü:p:".encode()) + b"\r\n" in head


def test_closed_streams_change_nothing_but_the_line(instance: Make) -> None:
    made = started(instance, SERVER)
    text = '"$@" <&- >&- 2>&-'
    command = ["sh", "-c", text, "sh", *daemon_command(), "health", "-c", str(made.config)]
    assert subprocess.run(command, env=environment(), timeout=PATIENCE_S).returncode == 0
    assert subprocess.run([*command, "dog"], env=environment(), timeout=PATIENCE_S).returncode == 1
