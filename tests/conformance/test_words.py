"""What people read is in words of our own; what programs read beside it is stock's."""

from __future__ import annotations

import subprocess
import sys
import xmlrpc.client
from pathlib import Path

from supervisor.xmlrpc import SupervisorTransport

from tests.conformance.differences import differs
from tests.conformance.stock import OURS, PATIENCE_S, STOCK, Daemon, environment, start

CLIENTS = ("supervisor.supervisorctl", "initd.control.client")
OPTIONS = ("--configuration", "--serverurl", "--username", "--password", "--interactive")


def _told(daemon: Daemon) -> dict[str, tuple[str, list[str]]]:
    """By method: its help and its signature."""
    transport = SupervisorTransport("none", "none", f"unix://{daemon.socket}")
    system = xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport).system
    names: list[str] = system.listMethods()  # type: ignore[assignment]
    return {name: (system.methodHelp(name), system.methodSignature(name)) for name in names}  # type: ignore[misc]


@differs("N10")
def test_every_method_has_help_of_its_own_and_the_signature_of_stock(tmp_path: Path) -> None:
    with start(STOCK, tmp_path / "stock", "") as stock, start(OURS, tmp_path / "ours", "") as ours:
        theirs, mine = _told(stock), _told(ours)
    assert {name: types for name, (_, types) in mine.items()} == {name: types for name, (_, types) in theirs.items()}
    assert all(text.endswith(".") and "@" not in text and text != theirs[name][0] for name, (text, _) in mine.items())


@differs("N10")
def test_the_client_tells_of_the_same_options_in_other_words() -> None:
    told = []
    for client in CLIENTS:
        command = [sys.executable, "-c", f"import sys; from {client} import main; sys.exit(main())", "-h"]
        ran = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=PATIENCE_S)
        assert (ran.returncode, ran.stderr) == (0, "")
        assert all(option in ran.stdout for option in OPTIONS)
        told.append(ran.stdout)
    assert told[0] != told[1]
