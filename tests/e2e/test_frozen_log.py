"""A log on a disk that hangs, for real: an ext4 in a loop device, frozen with fsfreeze, under one program's log."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.instance import Instance, is_stock, until

pytestmark = pytest.mark.usefixtures("as_root")

CONFIG = """
[supervisord]
logfile = %(here)s/{main_log}
pidfile = %(here)s/main.pid
user = root
[unix_http_server]
file = %(here)s/s.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl = unix://%(here)s/s.sock
[program:victim]
command = sh -c "n=0; while :; do n=$((n+1)); echo line $n; sleep 0.01; done"
stdout_logfile = %(here)s/disk/victim.log
stdout_logfile_maxbytes = 0
startsecs = 0
[program:other]
command = sh -c "while :; do echo $$; sleep 0.05; done"
stdout_logfile = %(here)s/other.log
startsecs = 0
"""
# Thaws and unmounts when its standard input ends, so also when the tests are killed: nothing may stay frozen.
KEEPER = 'mount -o loop "$1" "$2" && echo mounted && cat >/dev/null; fsfreeze -u "$2"; umount -l "$2"'


class Disk:
    """A small file system of its own at `path`."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "disk"
        self.path.mkdir()
        image = folder / "image"
        with image.open("wb") as file:
            file.truncate(16 << 20)
        subprocess.run(["mkfs.ext4", "-q", "-F", image], check=True)
        self._keeper = subprocess.Popen(
            ["sh", "-c", KEEPER, "sh", image, self.path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        assert self._keeper.stdout is not None
        assert self._keeper.stdout.readline() == b"mounted\n"

    def freeze(self) -> None:
        subprocess.run(["fsfreeze", "-f", self.path], check=True, timeout=60)

    def thaw(self) -> None:
        subprocess.run(["fsfreeze", "-u", self.path], check=True, timeout=60)

    def close(self) -> None:
        self._keeper.communicate(timeout=60)


@pytest.fixture
def disks() -> Iterator[Callable[[Path], Disk]]:
    made: list[Disk] = []

    def make(folder: Path) -> Disk:
        made.append(Disk(folder))
        return made[-1]

    yield make
    for disk in made:
        disk.close()


@pytest.mark.parametrize("main_log", ["main.log", "disk/main.log"])
def test_a_frozen_log_delays_neither_other_programs_nor_clients_and_loses_nothing(
    instance: Callable[[str], Instance], disks: Callable[[Path], Disk], main_log: str
) -> None:
    if is_stock():
        pytest.xfail("there the whole daemon hangs in the write")
    made = instance(CONFIG.format(main_log=main_log))
    disk = disks(made.folder)
    made.start("-n", "-s")
    log = disk.path / "victim.log"
    until("a first line", lambda: log.exists() and log.read_text())
    disk.freeze()
    size = log.stat().st_size
    # Everything else goes on: a killed program is back, its output is kept, clients are answered, commands carried out.
    for _ in range(3):
        old = made.pid_of("other")
        os.kill(old, signal.SIGKILL)
        new = made.until_replaced("other", old)
        until("its output", lambda new=new: str(new) in (made.folder / "other.log").read_text())
    assert made.ctl("restart", "other").returncode == 0
    assert made.ctl("tail", "other").returncode == 0
    assert made.ctl("tail", "victim").returncode == 0
    victim = made.pid_of("victim")
    os.kill(victim, signal.SIGKILL)
    until("the victim's end to be noticed", lambda: made.pid_of("victim") != victim)
    assert log.stat().st_size == size
    disk.thaw()
    until("more lines", lambda: log.stat().st_size > size)
    made.until_running("victim")
    lines = log.read_text().splitlines()
    first_life = [int(line.split()[1]) for line in lines[: lines.index("line 1", 1)]]
    assert first_life == list(range(1, len(first_life) + 1))

    assert made.ctl("shutdown").returncode == 0
    assert made.wait() == 0


def test_a_shutdown_with_a_frozen_log_ends(instance: Callable[[str], Instance], disks: Callable[[Path], Disk]) -> None:
    if is_stock():
        pytest.xfail("there the whole daemon hangs in the write")
    made = instance(CONFIG.format(main_log="main.log"))
    disk = disks(made.folder)
    made.start("-n", "-s")
    log = disk.path / "victim.log"
    until("a first line", lambda: log.exists() and log.read_text())
    disk.freeze()
    assert made.ctl("shutdown").returncode == 0
    until("the end of the shutdown", lambda: "stopped: other" in (made.folder / "main.log").read_text())
    disk.thaw()
    assert made.wait() == 0
