"""FastCGI programs: nginx in front of three php-cgi that share one socket, whoever of them is killed."""

from __future__ import annotations

import os
import re
import signal
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.instance import Instance, alive, fetch, is_stock, until

pytestmark = pytest.mark.usefixtures("as_root", "packages")
PHP = [f"php:php_{number}" for number in range(3)]


@pytest.fixture
def site(instance: Callable[[str], Instance]) -> Instance:
    made = instance("fastcgi")
    made.folder.joinpath("log").chmod(0o777)
    made.start("-n")
    made.until_running(*PHP, "nginx")
    until("the first page", lambda: page(made))
    return made


def page(site: Instance, target: str = "/") -> int:
    """Fetch the page; the pid of who has served it, 0 where there is none."""
    status, body = fetch(site.folder / "run" / "web.sock", target)
    found = re.fullmatch(r"served by php-cgi (\d+)\n", body)
    return int(found[1]) if status == 200 and found else 0


def standard_input(pid: int) -> str:
    return os.readlink(f"/proc/{pid}/fd/0")


def log_lines(site: Instance, word: str) -> list[str]:
    lines = (site.folder / "log" / "supervisord.log").read_text().splitlines()
    return [line[24:] for line in lines if word in line]


def test_all_wait_on_one_socket_and_serve_the_page(site: Instance) -> None:
    pids = {site.pid_of(name) for name in PHP}
    (shared,) = {standard_input(pid) for pid in pids}
    assert shared.startswith("socket:")
    path = site.folder / "run" / "php.sock"
    assert (path.owner(), oct(path.lstat().st_mode & 0o7777)) == ("www-data", "0o700")
    assert {page(site) for _ in range(20)} <= pids

    assert site.ctl("shutdown").stdout == "Shut down\n"
    assert site.wait() == 0
    site.until_gone()
    url = f"unix://{path}"
    assert log_lines(site, "socket unix:") == [f"INFO {word} socket {url}" for word in ("Creating", "Closing")] * 2


def test_no_page_is_missed_when_one_after_the_other_is_killed(site: Instance) -> None:
    shared = standard_input(site.pid_of(PHP[0]))
    for name in PHP * 2:
        old = site.pid_of(name)
        os.kill(old, signal.SIGKILL)
        until("its end", lambda old=old: not alive(old))  # until then it may still take a connection, which dies with it
        for _ in range(10):
            assert page(site) not in (0, old)
        new = site.until_replaced(name, old)
        assert standard_input(new) == shared
    assert len(log_lines(site, "Creating socket")) == 2, "once to try it, and once for the first of them"


def test_a_page_that_is_being_made_is_not_concerned_by_the_death_of_another(site: Instance) -> None:
    log = site.folder / "log"
    with ThreadPoolExecutor(1) as slow:
        asked = slow.submit(page, site, "/?until=go")
        busy = int(until("who makes it", lambda: (log / "go.pid").exists() and (log / "go.pid").read_text()))
        others = [name for name in PHP if site.pid_of(name) != busy]
        assert len(others) == 2
        for name in others:
            old = site.pid_of(name)
            os.kill(old, signal.SIGKILL)
            until("its end", lambda old=old: not alive(old))  # as above
            assert page(site) not in (0, busy)
        (log / "go").touch()
        assert asked.result() == busy


def test_when_all_are_stopped_nobody_listens_and_a_start_brings_the_page_back(site: Instance) -> None:
    before = (site.folder / "run" / "php.sock").lstat()
    site.ctl("stop", "php:*")
    with socket.socket(socket.AF_UNIX) as client, pytest.raises(ConnectionRefusedError):
        client.connect(str(site.folder / "run" / "php.sock"))
    assert fetch(site.folder / "run" / "web.sock")[0] == 502
    assert site.ctl("start", "php:*").returncode == 0
    assert page(site) in {site.pid_of(name) for name in PHP}
    assert (site.folder / "run" / "php.sock").lstat().st_ctime_ns != before.st_ctime_ns, "another one"


@pytest.mark.skipif(is_stock(), reason="D12: there it is made anew before the first instance is noticed")
def test_a_second_instance_leaves_the_socket_alone(site: Instance) -> None:
    before = (site.folder / "run" / "php.sock").lstat()
    refused = site.run("-n")
    assert refused.returncode == 2 and "Another program is already listening" in refused.stderr
    assert (site.folder / "run" / "php.sock").lstat() == before
    assert page(site)


def test_processes_share_a_tcp_port_that_is_free_again_afterwards(instance: Callable[[str], Instance]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    made = serving(instance, f"tcp://localhost:{port}")
    made.start("-n")
    made.until_running()
    pids = {made.pid_of(f"f:f{number}") for number in range(2)}
    assert len({standard_input(pid) for pid in pids}) == 1
    assert {answer(("127.0.0.1", port)) for _ in range(8)} <= pids
    made.ctl("stop", "f:*")
    with pytest.raises(ConnectionRefusedError):
        answer(("127.0.0.1", port))
    socket.create_server(("127.0.0.1", port)).close()


@pytest.mark.skipif(is_stock(), reason="there it is a traceback, and the end")
def test_a_port_that_is_taken_is_a_failed_start_and_tried_again(instance: Callable[[str], Instance]) -> None:
    taken = socket.create_server(("127.0.0.1", 0))
    address = taken.getsockname()
    made = serving(instance, f"tcp://127.0.0.1:{address[1]}")
    made.start("-n")
    until("BACKOFF", lambda: set(made.states().values()) == {"BACKOFF"})
    why = f"Could not create FastCGI socket tcp://127.0.0.1:{address[1]}: [Errno 98] Address already in use"
    assert f"ERRO {why}" in made.output() and f"INFO spawnerr: {why}" in made.output()
    assert made.ctl("status", "f:f0").stdout.split(None, 2)[2].rstrip() == why
    taken.close()
    made.until_running()
    assert answer(address) in {made.pid_of(f"f:f{number}") for number in range(2)}


@pytest.mark.skipif(is_stock(), reason="D28: there it loses its socket")
def test_in_a_group_it_keeps_its_socket(instance: Callable[[str], Instance]) -> None:
    made = serving(instance, "unix://%(here)s/f.sock", "[group:g]\nprograms=f\n")
    made.start("-n")
    made.until_running("g:f0", "g:f1")
    assert answer(str(made.folder / "f.sock")) in {made.pid_of("g:f0"), made.pid_of("g:f1")}


CONFIG = """\
[supervisord]
logfile = %(here)s/main.log
pidfile = %(here)s/main.pid
[unix_http_server]
file = %(here)s/s.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl = unix://%(here)s/s.sock
"""
SERVER = """\
import os, socket
shared = socket.socket(fileno=0)
while True:
    with shared.accept()[0] as client:
        client.send(str(os.getpid()).encode())
"""
FCGI = """\
[fcgi-program:f]
command = python3 -I -S %(here)s/server.py
socket = {socket}
numprocs = 2
process_name = f%(process_num)d
startretries = 99
"""


def serving(instance: Callable[[str], Instance], address: str, more: str = "") -> Instance:
    """Two processes at an address that tell who they are."""
    made = instance(CONFIG + FCGI.format(socket=address) + more)
    (made.folder / "server.py").write_text(SERVER)
    return made


def answer(address: tuple[str, int] | str) -> int:
    """Who serves a client there."""
    with socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET) as client:
        client.connect(address)
        return int(b"".join(iter(lambda: client.recv(64), b"")))
