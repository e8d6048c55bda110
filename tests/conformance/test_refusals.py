"""Starts that are refused although the configuration can be read: the complaint and the exit status of the stock daemon.

What differs on purpose is a second line of ours, which says where and why; it is not looked at.
"""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.conformance.stock import OURS, PATIENCE_S, STOCK, environment

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


def _refused(command: Sequence[str], folder: Path, text: str) -> tuple[int, list[str]]:
    folder.mkdir()
    (folder / "s.conf").write_text(text)
    ran = subprocess.run(
        [*command, "-c", "s.conf"],
        cwd=folder,
        env=environment(),
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
