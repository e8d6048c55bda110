"""`initctl explain` on the real kernel: every cause happens for real, to programs of Debian where there are any."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.instance import CONFIG, PATIENCE_S, Instance, alive, daemon_command, environment, is_stock, until
from tests.e2e.terminal import Terminal

pytestmark = [
    pytest.mark.usefixtures("as_root"),
    pytest.mark.skipif(is_stock(), reason="supervisord explains nothing"),
]

NGINX = "pid %s/nginx.pid; error_log stderr; events {} http { access_log off; server { listen unix:%s/n.sock; } }\n"
BIND = "import socket; socket.socket().bind(('127.0.0.1', {port}))"
EAT = "eaten = []\nwhile True: eaten.append(b'x' * (1 << 20))\n"
LIMIT_BYTES = 96 << 20
"""Enough for the daemon, and soon too little for a program that eats."""


def initctl(made: Instance) -> list[str]:
    beside = daemon_command()
    client = [sys.executable, "-m", "initd.control.client"] if "-m" in beside else [re.sub(r"initd$", "initctl", beside[0])]
    return [*client, "-c", str(made.config)]


def explain(made: Instance, name: str) -> str:
    command = [*initctl(made), "explain", name]
    ran = subprocess.run(
        command, cwd=made.folder, env=environment(), capture_output=True, text=True, timeout=PATIENCE_S, check=True
    )
    return ran.stdout


def explained(made: Instance, name: str, first: str) -> list[str]:
    """The lines, once the first says that."""
    seen: list[str] = []

    def said() -> list[str]:
        seen[:] = explain(made, name).splitlines()
        return seen if re.fullmatch(f"{name} (BACKOFF|FATAL|STARTING|EXITED): {first}", seen[0]) else []

    try:
        return [line.strip() for line in until(first, said)]
    except AssertionError:
        raise AssertionError(f"not {first!r} but {seen}") from None


def program(name: str, command: str, *more: str) -> str:
    return "\n".join([f"[program:{name}]", f"command = {command}", "startretries = 50", *more, ""])


def script(path: Path, text: str, mode: int = 0o755) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("init", [False, True], ids=["somebody", "pid1"])
@pytest.mark.usefixtures("packages")
def test_a_real_nginx_that_leaves_for_the_background_is_told_to_daemonize(
    instance: Callable[[str], Instance], init: bool
) -> None:
    made = instance(CONFIG + program("nginx", "/usr/sbin/nginx -c %(here)s/nginx.conf -e stderr"))
    (made.folder / "nginx.conf").write_text(NGINX % (made.folder, made.folder))
    made.start("-n", "-s", prefix=("unshare", "--pid", "--fork", "--mount-proc", "--kill-child") if init else ())
    lines = explained(made, "nginx", r"daemonizes: pid \d+ lives on")
    pid = lines[0].split()[4]
    assert lines[2].startswith(f"A process it left behind (pid {pid}, nginx: master process") and "daemonizes" in lines[2]
    assert pid == (made.folder / "nginx.pid").read_text().strip()
    assert "Use nginx -g 'daemon off;': what stays in the foreground can be supervised." in lines
    if not init:
        assert alive(int(pid))
    later = explained(made, "nginx", r"daemonizes: pid \d+ lives on")
    until("the next try to find the socket taken", lambda: "Since then it ended with 1" in explain(made, "nginx"))
    assert later[0].split()[4] == pid


def test_what_ends_before_it_runs_is_told_apart_by_what_really_happened(instance: Callable[[str], Instance]) -> None:
    here, out = "%(here)s", "stdout_logfile = NONE"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        made = instance(
            CONFIG
            + program("missing", "ngnix", f'environment = PATH="{here}/bin:/gone"')
            + program("closed", f"{here}/closed/bin/run", "user = nobody")
            + program("mode", f"{here}/mode")
            + program("script", f"{here}/script", out, "stderr_logfile = NONE")
            + program("shell", 'sh -c "pyhton3 -c pass"', f'environment = PATH="{here}/bin:/usr/bin:/bin"', out)
            + program("shell126", f'sh -c "{here}/mode"')
            + program("library", f"{here}/library")
            + program("bind", f'{sys.executable} -S -c "{BIND.format(port=port)}"', out)
            + program("log", "sleep 100", f"stdout_logfile = {here}/nolog/out.log", "autostart = false")
            + program("zero", "true")
            + program("segv", 'sh -c "kill -SEGV $$"')
        )
        script(made.folder / "mode", "#!/bin/sh\n", 0o644)
        script(made.folder / "script", "#!/usr/bin/pyhton9\n")
        broken = Path("/bin/true").read_bytes().replace(b"libc.so.6\0", b"libX.so.6\0")
        (made.folder / "library").write_bytes(broken)
        (made.folder / "library").chmod(0o755)
        (made.folder / "closed/bin").mkdir(parents=True)
        (made.folder / "bin").mkdir()
        for name in ("nginx", "python3"):
            script(made.folder / "bin" / name, "#!/bin/sh\n")
        script(made.folder / "closed/bin/run", "#!/bin/sh\n")
        (made.folder / "closed").chmod(0o700)
        (made.folder / "nolog").mkdir()
        made.start("-n", "-s")
        (made.folder / "nolog").rmdir()
        made.ctl("start", "log")
        judge(made, port)


def judge(made: Instance, port: int) -> None:
    """Each of them is told by what happened."""
    folder = made.folder
    lines = explained(made, "missing", r"command ngnix not found \(nginx\?\)")
    assert f"ngnix is in none of the directories of its PATH: {folder}/bin:/gone." in lines
    assert f"Similar names there: {folder}/bin/nginx." in lines
    lines = explained(made, "closed", f"cannot execute {folder}/closed/bin/run")
    assert f"{folder}/closed is drwx------ root:root: nobody may not enter it." in lines
    lines = explained(made, "mode", f"may not run {folder}/mode")
    assert f"{folder}/mode is -rw-r--r-- root:root: root may not execute it." in lines
    lines = explained(made, "script", f"cannot execute {folder}/script")
    assert f"{folder}/script is a script, and its interpreter is not there: /usr/bin/pyhton9." in lines
    lines = explained(made, "shell", "its shell found no pyhton3")
    assert any(line.startswith(f"Similar names there: {folder}/bin/python3") for line in lines)
    lines = explained(made, "shell126", f"its shell may not run {folder}/mode")
    assert any(line.startswith("It ended with 126 ") for line in lines)
    explained(made, "library", r"library libX\.so\.6 is missing")
    lines = explained(made, "bind", f"port {port} is in use")
    assert any(line.startswith(f"Port {port} is held by pid {os.getpid()}, ") for line in lines)
    lines = explained(made, "zero", "ended with 0 within startsecs=1")
    assert not [line for line in lines if "daemon" in line]
    explained(made, "segv", "killed by SIGSEGV")
    lines = explained(made, "log", f"cannot open its log {folder}/nolog/out.log")
    assert f"{folder}/nolog does not exist." in lines


def test_a_disk_that_is_full_is_told(instance: Callable[[str], Instance]) -> None:
    made = instance(CONFIG + program("full", "dd if=/dev/zero of=%(here)s/disk/file bs=128k count=1"))
    disk = made.folder / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", disk], check=True)
    try:
        made.start("-n", "-s")
        assert any("No space left on device" in line for line in explained(made, "full", "no space left on a disk"))
    finally:
        subprocess.run(["umount", disk], check=True)


@contextmanager
def memory_cgroup() -> Iterator[tuple[Path, str]]:
    """A cgroup with LIMIT_BYTES of memory, of either version, and the file that counts there."""
    old, new = Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup")
    top, limit, counter = (
        (old, "memory.limit_in_bytes", "memory.oom_control") if old.is_dir() else (new, "memory.max", "memory.events")
    )
    group = top / f"initd-explain-{os.getpid()}"
    group.mkdir()
    try:
        (group / limit).write_text(str(LIMIT_BYTES))
        yield group, counter
    finally:
        until("an empty cgroup", lambda: not (group / "cgroup.procs").read_text().strip())
        group.rmdir()


def test_a_program_that_the_kernel_kills_for_want_of_memory_is_told_with_the_limit(
    instance: Callable[[str], Instance],
) -> None:
    with memory_cgroup() as (group, counter):
        made = instance(CONFIG + program("eater", f"{sys.executable} -S %(here)s/eat.py", "startsecs = 0"))
        (made.folder / "eat.py").write_text(EAT)
        made.start("-n", "-s", prefix=("sh", "-c", f'echo $$ > {group}/cgroup.procs; exec "$@"', "sh"))
        until("a kill", lambda: re.search(r"^oom_kill [1-9]", (group / counter).read_text(), re.MULTILINE))
        text = until("the reason", lambda: (said := explain(made, "eater")) and "OOM killer" in said and said)
        made.close()
    assert "killed by SIGKILL" in text
    assert f"{counter} counts " in text and "; the limit is 96 MiB." in text


def test_who_waits_is_told_when_and_status_has_the_reason_on_a_terminal_alone(instance: Callable[[str], Instance]) -> None:
    made = instance(CONFIG + program("waits", 'sh -c "echo unhappy; exit 3"'))
    made.start("-n", "-s")
    pattern = r"Next try: in [\d.]+ s, at \d\d:\d\d:\d\d, the \d+(st|nd|rd|th) of 51 \(startretries=50\)\."
    until("a wait", lambda: re.search(pattern, explain(made, "waits")))
    assert "Its last words: unhappy" in explain(made, "waits")
    command = [*initctl(made), "status", "waits"]

    def on_a_terminal() -> bool:
        with Terminal(*command, env=environment() | {"NO_COLOR": "1"}, size=(24, 200)) as terminal:
            assert terminal.ended() == 0
            return re.search(r"waits +BACKOFF +Exited too quickly [^\r]*  \(ended with 3\)\r\n", terminal.seen) is not None

    until("the reason beside BACKOFF", on_a_terminal)

    def off_a_terminal() -> str:
        ran = subprocess.run(command, cwd=made.folder, env=environment(), capture_output=True, text=True, check=True)
        return ran.stdout if "BACKOFF" in ran.stdout else ""

    assert until("BACKOFF", off_a_terminal).endswith("BACKOFF   Exited too quickly (process log may have details)\n")
