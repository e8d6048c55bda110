"""Starts that are refused although the configuration can be read: the complaint and the exit status of the stock daemon.

What differs on purpose is a second line of ours, which says where and why; it is not looked at.
"""

from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.conformance.differences import differs
from tests.conformance.stock import OURS, PATIENCE_S, STOCK, environment, start, until

DAEMON = "[supervisord]\nlogfile=%(here)s/main.log\npidfile=%(here)s/s.pid\nchildlogdir=%(here)s\nnodaemon=true\n"
TAKEN = "[inet_http_server]\nport=127.0.0.1:{port}\n"
CASES = {
    "a host nobody knows": DAEMON + "[inet_http_server]\nport=no.such.host.invalid:9001\n",
    "an address of version 6": DAEMON + "[inet_http_server]\nport=[::1]:9001\n",
    "an address of another host": DAEMON + "[inet_http_server]\nport=203.0.113.7:9001\n",
    "a port that is taken": DAEMON + TAKEN,
    "one port for two servers": DAEMON + TAKEN.replace("]", ":a]") + TAKEN.replace("]", ":b]"),
    "a socket in a folder that is not there": DAEMON + "[unix_http_server]\nfile=%(here)s/none/s.sock\n",
    "too many descriptors": DAEMON + "minfds=9999999999\n",
    "an interface without a factory": DAEMON + TAKEN + "[rpcinterface:x]\nkey=1\n",
}


COSTS = "CRIT Could not make x rpc interface: its calls are not served"


def _refused(command: Sequence[str], folder: Path, text: str, **variables: str) -> tuple[int, list[str]]:
    folder.mkdir()
    (folder / "s.conf").write_text(text)
    ran = subprocess.run(
        [*command, "-c", "s.conf"],
        cwd=folder,
        env=environment() | variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    said = [line.replace(str(folder), "HERE") for line in ran.stderr.splitlines()]
    return ran.returncode, [line for line in said if line.startswith(("Error:", "Traceback"))]


@pytest.mark.parametrize("name", CASES)
def test_a_start_is_refused_in_the_words_of_stock(tmp_path: Path, name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        text = CASES[name].replace("{port}", str(busy.getsockname()[1]))
        stock = _refused(STOCK, tmp_path / "stock", text)
        ours = _refused(OURS, tmp_path / "ours", text)
    assert stock[0] == 2 and len(stock[1]) == 1, stock
    assert ours == stock


@differs("N7")
def test_a_fastcgi_socket_that_cannot_be_made_ends_stock_and_is_a_failed_start_here(tmp_path: Path) -> None:
    program = "[fcgi-program:page]\ncommand=cat\nsocket=unix://%(here)s/none/page.sock\nstartretries=0\n"
    code, said = _refused(STOCK, tmp_path / "stock", DAEMON + program)
    assert (code, said[0]) == (1, "Traceback (most recent call last):")
    with start(OURS, tmp_path / "ours", program) as daemon:
        daemon.wait_for_state("page", "FATAL")
        why = f"Could not create FastCGI socket unix://{daemon.folder}/none/page.sock: [Errno 2] No such file or directory"
        assert daemon.rpc.getProcessInfo("page")["spawnerr"] == why


@differs("N8")
@pytest.mark.parametrize("error", ["RuntimeError('no')", "SystemExit(4)", "SyntaxError('no')"])
def test_a_plugin_that_raises_when_it_is_imported_ends_stock_and_is_a_usage_error_here(tmp_path: Path, error: str) -> None:
    plugin = "[rpcinterface:x]\nsupervisor.rpcinterface_factory=tests.plugins.raising:make\nword=" + error + "\n"
    code, said = _refused(STOCK, tmp_path / "stock", DAEMON + plugin, RAISED=error)
    assert code == (4 if "Exit" in error else 1) and not any(line.startswith("Error:") for line in said)
    why = "Error: tests.plugins.raising:make cannot be resolved within [rpcinterface:x]"
    assert _refused(OURS, tmp_path / "ours", DAEMON + plugin, RAISED=error) == (2, [why])


@differs("N8")
def test_a_factory_that_fails_at_a_reload_ends_stock_and_costs_its_own_calls_here(tmp_path: Path) -> None:
    broken = "[rpcinterface:x]\nsupervisor.rpcinterface_factory=tests.plugins.probe:broken\n"
    for command, folder in ((STOCK, tmp_path / "stock"), (OURS, tmp_path / "ours")):
        with start(command, folder, "[program:cat]\ncommand=cat\n") as daemon:
            daemon.wait_for_state("cat", "RUNNING")
            daemon.config.write_text(daemon.config.read_text() + broken)
            daemon.process.send_signal(signal.SIGHUP)
            if command is STOCK:
                assert daemon.process.wait(PATIENCE_S) == 2
            else:
                until("the line", lambda log=folder / "main.log": COSTS in log.read_text())
                daemon.wait_for_state("cat", "RUNNING")
