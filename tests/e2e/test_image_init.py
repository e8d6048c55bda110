"""`initd -- CMD` in real containers, as PID 1 and behind others: what users of tini and docker-init do with it.

Takes the image, so it runs from .ci/long.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import termios
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.container import children, descendants
from tests.e2e.instance import PATIENCE_S, alive, stat_fields, until
from tests.e2e.podman import BASE, IMAGE, Container, Podman, Supervised
from tests.e2e.terminal import Terminal

pytestmark = [pytest.mark.usefixtures("as_root"), pytest.mark.timeout(1800)]

Start = Callable[..., Container]
Run = Callable[..., Supervised]
CRUN = ("unshare", "--mount", "sh", "-c", 'umount /sys/fs/cgroup/unified 2>/dev/null; exec "$@"', "sh")
"""crun refuses to run where cgroups of both versions are mounted, so it gets a view with one."""
DEAF = "trap '' TERM INT; echo up; while :; do sleep 0.1; done"
POLITE = "trap 'echo bye; exit 7' TERM; echo up; while :; do sleep 0.1 & wait; done"
EAT = "python3 -c 'b\"x\" * (1 << 30)'"
MEMORY = ("--memory=64m", "--memory-swap=64m")


@pytest.fixture(params=["runc", "crun"])
def runtime(request: pytest.FixtureRequest) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What to put before a podman command, and which options of its own, for each OCI runtime."""
    return ((), ()) if request.param == "runc" else (CRUN, ("--runtime=crun",))


def test_the_status_of_the_command_is_the_containers(podman: Podman, runtime: tuple[tuple[str, ...], tuple[str, ...]]) -> None:
    def code(*words: str) -> int:
        return podman.once("--", *words, before=runtime).returncode

    for wanted in (0, 1, 2, 42, 125, 126, 127, 128, 143, 255):
        assert code("sh", "-c", f"exit {wanted}") == wanted
    for name in ("HUP", "KILL", "TERM", "USR1"):
        assert code("sh", "-c", f"kill -{name} $$") == 128 + getattr(signal, f"SIG{name}")


def test_a_command_that_cannot_be_executed_is_126_and_none_at_all_127(podman: Podman) -> None:
    for words, status in ((("/etc/passwd",), 126), (("/etc",), 126), (("no-such-command",), 127)):
        ran = podman.once("--", *words)
        assert (ran.returncode, ran.stdout) == (status, "")
        assert words[0] in ran.stderr and ran.stderr.startswith("initd: ")


def test_stop_leaves_the_command_time_and_its_own_status(start: Start) -> None:
    container = start("--", "sh", "-c", POLITE)
    container.until_said("up")
    container.podman("stop", "--time=60")
    assert container.exit_status() == 7
    assert "bye" in container.logs()


def test_a_command_that_ignores_it_is_killed_when_the_engines_time_is_up(start: Start) -> None:
    container = start("--", "sh", "-c", DEAF)
    container.until_said("up")
    inside = [container.init, *descendants(container.init)]
    container.podman("stop", "--time=1")
    assert container.exit_status() == 137
    until("nobody left", lambda: not any(alive(pid) for pid in inside))


def test_kill_after_is_before_the_engines_time_and_ends_in_order(start: Start) -> None:
    container = start("--kill-after", "0.2", "--", "sh", "-c", DEAF)
    container.until_said("up")
    container.podman("stop", "--time=1000")
    assert container.exit_status() == 137


def test_what_the_command_leaves_behind_gets_term_and_time(start: Start) -> None:
    left = "(trap 'echo last words; exit' TERM; echo up; while :; do sleep 0.1 & wait; done) & read nothing </tmp/fifo; exit 3"
    container = start("--", "sh", "-c", f"mkfifo /tmp/fifo; {left}")
    container.until_said("up")
    container.exec("sh", "-c", "echo >/tmp/fifo")
    assert container.exit_status() == 3
    assert "last words" in container.logs()


@pytest.mark.parametrize("name", ["USR1", "WINCH", "HUP", "RTMIN+3", "INT"])
def test_kill_reaches_the_command(start: Start, name: str) -> None:
    number = signal.SIGRTMIN + 3 if name == "RTMIN+3" else getattr(signal, f"SIG{name}")
    container = start("--", "bash", "-c", f"trap 'echo got it; exit 9' {int(number)}; echo up; while :; do sleep 0.1; done")
    container.until_said("up")
    container.podman("kill", f"--signal={int(number)}")
    assert container.exit_status() == 9
    assert "got it" in container.logs()


# -- terminals ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def terminal(podman: Podman) -> Iterator[Callable[..., Terminal]]:
    """`podman run -it` of `initd -- WORDS` on a terminal of 37 lines of 123 letters."""
    made: list[Terminal] = []

    def opened(*words: str) -> Terminal:
        run = ("podman", "run", "--rm", "--no-healthcheck", "--interactive", "--tty", "--entrypoint=initd", IMAGE, "--")
        made.append(Terminal(*run, *words, env=podman.environment | {"TERM": "dumb"}, size=(37, 123)))
        return made[-1]

    yield opened
    for one in made:
        one.close()


def test_ctrl_c_ends_what_is_in_front(terminal: Callable[..., Terminal]) -> None:
    screen = terminal("sh", "-c", "echo up; exec sleep 1000")
    screen.until("up")
    screen.type("\x03")
    assert screen.ended() == 130


def test_a_shell_has_job_control_the_size_of_the_window_and_its_own_status(terminal: Callable[..., Terminal]) -> None:
    screen = terminal("bash", "--norc", "--noprofile", "-i")
    wait = "until [ \"$(stty size)\" = '37 123' ]; do sleep 0.1; done"  # podman sets it just after the start
    place = screen.type(f"trap 'echo \"<$(stty size)>\"' WINCH; {wait}; echo \"=$(stty size)=$-=\"\n")
    place = screen.until("=37 123=", place)
    assert "m" in screen.seen[place : screen.until("=", place)]
    termios.tcsetwinsize(screen.fd, (40, 100))
    os.kill(screen.pid, signal.SIGWINCH)
    screen.until("<40 100>", place)
    screen.type("exit 7\n")
    assert screen.ended() == 7
    assert "no job control" not in screen.seen and "cannot set terminal process group" not in screen.seen


# -- others in the container ----------------------------------------------------------------------------------------------


def test_what_exec_leaves_behind_is_reaped(start: Start) -> None:
    container = start("--", "sleep", "1000")
    (command,) = until("the command", lambda: children(container.init))
    for _ in range(3):
        container.exec("sh", "-c", "mkfifo /tmp/f; (read line </tmp/f) & exit 0")
        assert until("an orphan", lambda: len(children(container.init)) == 2)
        container.exec("sh", "-c", "echo >/tmp/f; rm /tmp/f")
        until("the command alone", lambda: children(container.init) == [command])
    assert stat_fields(command)[0] == "S"


@pytest.mark.parametrize(
    "options",
    [
        ("--read-only", "--read-only-tmpfs=false"),
        ("--user=1234:5678",),
        ("--user=0:0",),
        ("--user=1234:5678", "--cap-drop=all", "--security-opt=no-new-privileges", "--read-only", "--read-only-tmpfs=false"),
    ],
    ids=["read-only root", "another user", "root", "nobody who may anything"],
)
def test_it_needs_no_user_no_privilege_and_nothing_to_write_to(podman: Podman, options: tuple[str, ...]) -> None:
    ran = podman.once("--", "sh", "-c", "(exit 5) & sh -c '(sleep 0.1) &'; id -u; exit 4", options=options)
    user = options[0].removeprefix("--user=").partition(":")[0] if options[0].startswith("--user") else "65532"
    assert (ran.returncode, ran.stdout, ran.stderr) == (4, f"{user}\n", "")


def test_a_fork_bomb_at_the_limit_of_processes_leaves_the_init_in_charge(start: Start) -> None:
    bomb = "import os, time\nwhile True:\n  try: os.fork()\n  except OSError: time.sleep(0.2)"
    container = start("--", "sh", "-c", f"echo up; exec python3 -c '{bomb}'", options=("--pids-limit=40",))
    until("the limit", lambda: len(descendants(container.init)) >= 30)
    init = container.init
    container.podman("stop", "--time=60")
    assert container.exit_status() == 143
    assert not alive(init)


def test_a_supervisor_answers_while_one_of_its_programs_is_a_fork_bomb(run: Run) -> None:
    bomb = "import os, time\nwhile True:\n  try: os.fork()\n  except OSError: time.sleep(0.2)"
    programs = "[program:cat]\ncommand = cat\nstartsecs = 0\n"
    programs += "[program:bomb]\ncommand = python3 /shared/bomb\nautostart = false\nstartsecs = 0\nstopasgroup = true\n"
    container = run(programs, "--pids-limit=40")
    (container.shared / "bomb").write_text(bomb)
    container.until_running("cat")
    container.exec("initctl", "start", "bomb")
    init = container.init
    until("the limit", lambda: len(descendants(init)) >= 30)
    # Nothing can be started in the container now; its socket is reached from outside.
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(PATIENCE_S)
        client.connect(f"/proc/{init}/root/tmp/supervisor.sock")
        client.sendall(b"GET /ok.html HTTP/1.0\r\n\r\n")
        assert client.recv(64).startswith(b"HTTP/1.1 200")
    container.podman("stop", "--time=60")
    assert container.exit_status() == 0
    assert "stopped: bomb" in container.logs() and "Traceback" not in container.logs()


def test_a_child_that_runs_out_of_memory_is_137_and_the_init_goes_on(podman: Podman) -> None:
    ran = podman.once("--", "sh", "-c", f"{EAT}; echo it was $?; exit 3", options=MEMORY)
    assert (ran.returncode, ran.stdout) == (3, "it was 137\n")
    assert podman.once("--", "sh", "-c", f"exec {EAT}", options=MEMORY).returncode == 137


def test_a_program_that_runs_out_of_memory_is_reported_and_comes_back(run: Run) -> None:
    eat = "command = sh -c 'test -e /shared/again && exec sleep 1000; touch /shared/again; exec python3 /shared/eat'"
    container = run(f"[program:eat]\n{eat}\nstartsecs = 0\nautostart = false\n", *MEMORY)
    (container.shared / "eat").write_text("b'x' * (1 << 30)")
    until("an answer", lambda: container.states())
    container.exec("initctl", "start", "eat")
    container.until_said("exited: eat (terminated by SIGKILL; not expected)")
    container.until_running("eat")
    container.podman("stop", "--time=60")
    assert container.exit_status() == 0


# -- in place of others, and behind others ---------------------------------------------------------------------------------


def test_it_is_what_podman_takes_for_its_init(podman: Podman, start: Start, tmp_path: Path) -> None:
    source = start("--", "sleep", "1000")
    podman("cp", f"{source.name}:/opt/initd/bin/initd", tmp_path / "initd")
    options = ("--init", f"--init-path={tmp_path}/initd")
    container = Container(podman, "-c", POLITE, options=("--entrypoint=sh", *options))
    try:
        container.until_said("up")
        command = Path(f"/proc/{container.init}/cmdline").read_bytes().split(b"\0")
        assert b"/run/podman-init" in command
        container.exec("sh", "-c", "(sleep 0.1) & exit 0")
        until("the command alone", lambda: len(children(container.init)) == 1)
        container.podman("stop", "--time=60")
        assert container.exit_status() == 7
    finally:
        container.podman("rm", "--force", "--time=0")
    for status in (0, 5, 127):
        run = ("run", "--rm", "--no-healthcheck", *options, "--entrypoint=sh", IMAGE, "-c", f"exit {status}")
        assert podman(*run, check=False).returncode == status


@pytest.mark.parametrize(
    "words, status, told",
    [
        (["tini", "--", "sh", "-c", "exit 5"], 5, ""),
        (["tini", "-e", "143", "--", "sh", "-c", "kill $$"], 0, ""),
        (["tini", "--version"], 0, "tini version 0.19.0"),
        (["docker-init", "--version"], 0, "tini version 0.19.0"),
        (["dumb-init", "sh", "-c", "exit 6"], 6, ""),
        (["dumb-init", "--version"], 0, "dumb-init v1.2.5"),
        (["catatonit", "--", "sh", "-c", "kill -9 $$"], 137, ""),
        (["catatonit", "--version"], 0, "tini version"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else None,
)
def test_an_image_that_has_another_init_switches_by_a_link(podman: Podman, words: list[str], status: int, told: str) -> None:
    link = f'ln -s /usr/local/bin/initd /tmp/{words[0]}; PATH=/tmp:$PATH exec "$@"'
    run = ("run", "--rm", "--no-healthcheck", "--entrypoint=sh", IMAGE, "-c", link, "sh", *words)
    ran = podman(*run, check=False)
    assert ran.returncode == status
    assert told in ran.stdout + ran.stderr and "Traceback" not in ran.stderr


def test_in_a_shared_pid_namespace_it_is_a_subreaper_and_touches_nobody_else(podman: Podman, start: Start) -> None:
    infra = ("--infra-image", BASE, "--infra-command", "sleep 1000")
    pod = podman("pod", "create", "--share=pid,ipc", "--network=none", *infra).stdout.strip()
    try:
        other = start("--", "sleep", "1000", options=(f"--pod={pod}",))
        container = start("--", "sh", "-c", POLITE, options=(f"--pod={pod}",))
        container.until_said("up")
        # Two generations that vanish leave a third: to the init of this container, though it is not PID 1.
        orphan = "mkfifo /tmp/f; (sh -c 'read line </tmp/f; exit 0' & ) & wait"
        inside = start("--", "sh", "-c", f"{orphan}; sleep 1000", options=(f"--pod={pod}",))
        init = inside.init
        assert Path(f"/proc/{init}/status").read_text().split("NSpid:")[1].split()[1] != "1"
        until("the command and its orphan", lambda: len(children(init)) == 2)
        inside.exec("sh", "-c", "echo >/tmp/f")
        until("the command alone", lambda: len(children(init)) == 1)
        container.podman("stop", "--time=60")
        assert container.exit_status() == 7
        assert alive(other.init) and alive(init)
    finally:
        podman("pod", "rm", "--force", "--time=0", pod)


def test_behind_dockers_init_a_supervisor_takes_orphans_and_ends_in_order(run: Run) -> None:
    container = run("[program:web]\ncommand = sleep 1000\nstartsecs = 0\n", "--init", "--init-path=/usr/bin/tini")
    container.until_running("web")
    container.podman("stop", "--time=60")
    assert container.exit_status() == 0
    assert "stopped: web" in container.logs()


def test_crun_stops_and_signals_it_as_runc_does(podman: Podman, tmp_path: Path) -> None:
    script = f"""
        umount /sys/fs/cgroup/unified 2>/dev/null
        podman --runtime=crun run --detach --no-healthcheck --name=crun --entrypoint=initd {IMAGE} -- bash -c "$1" >/dev/null
        until podman --runtime=crun logs crun 2>&1 | grep -q up; do sleep 0.05; done
        podman --runtime=crun kill --signal=USR1 crun >/dev/null
        until podman --runtime=crun logs crun 2>&1 | grep -q usr1; do sleep 0.05; done
        podman --runtime=crun exec crun sh -c '(sleep 0.1) & exit 0'
        podman --runtime=crun stop --time=60 crun >/dev/null
        podman --runtime=crun wait crun
        podman --runtime=crun rm crun >/dev/null
    """
    command = "trap 'echo usr1' USR1; " + POLITE
    ran = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, "sh", command],
        env=podman.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE_S * 2,
    )  # fmt: skip
    assert ran.stdout == "7\n", ran.stderr
