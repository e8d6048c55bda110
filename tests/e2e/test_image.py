"""The image of images/Dockerfile, built and run by a real container engine: what its users do with it.

Takes minutes and a container engine, so it runs from .ci/long.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import supervisor

import initd
from tests.e2e.instance import alive, stat_fields, until
from tests.e2e.podman import BASE, IMAGE, REVISION, Container, Podman, Supervised

pytestmark = [pytest.mark.usefixtures("as_root"), pytest.mark.timeout(1800)]

Run = Callable[..., Supervised]
WEB = "[program:web]\ncommand = sleep 1000\nstartsecs = 0\n"
READ_ONLY = ("--read-only", "--read-only-tmpfs=false", "--tmpfs=/tmp")
"""As with Docker or Kubernetes: podman itself would mount more than that."""


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def stopped_in_order(container: Container) -> list[str]:
    return [line.split("stopped: ")[1].split()[0] for line in container.logs().splitlines() if "stopped: " in line]


def test_nothing_to_build_or_install_with_is_left_in_it(podman: Podman) -> None:
    words = ("run", "--rm", "--no-healthcheck", "--user=0", "--entrypoint=sh", IMAGE, "-c")
    found = podman(*words, "find / -xdev -path '*-packages/*' -name '*.dist-info'").stdout.split()
    names = {Path(path).name.partition("-")[0].lower() for path in found}
    assert "initd_supervisor" in names and "h11" in names
    assert not names & {"pip", "setuptools", "wheel", "packaging"}
    tools = "for tool in pip pip3 gcc cc make git initd initctl pidproxy; do command -v $tool; done; true"
    assert podman(*words, tools).stdout.split() == [
        f"/usr/local/bin/{name}" for name in ("initd", "initctl", "pidproxy")
    ]
    assert podman(*words, "ls -A /var/lib/apt/lists /tmp").stdout.split() == ["/tmp:", "/var/lib/apt/lists:"]


PYTHON = """
FROM {base}
RUN apt-get update && apt-get install -y --no-install-recommends python3-minimal libpython3-stdlib \\
    && apt-get clean && rm -rf /var/lib/apt/lists/*
"""


def test_it_adds_less_than_70_mb_to_any_base_and_less_than_25_to_one_with_python(
    podman: Podman, capsys: pytest.CaptureFixture[str]
) -> None:
    def size(image: str) -> int:
        return int(podman("image", "inspect", "--format={{.Size}}", image).stdout)

    file = podman.folder / "python.Dockerfile"
    file.write_text(PYTHON.format(base=BASE))
    podman.build("localhost/python", file, podman.folder / "wheels")
    podman.build_image("localhost/over-python", "localhost/python")
    whole, own = size(IMAGE) - size(BASE), size("localhost/over-python") - size("localhost/python")
    with capsys.disabled():
        print(f"\nthe image adds {whole / 1e6:.1f} MB to a base without Python, {own / 1e6:.1f} MB to one with it")
    assert whole < 70_000_000 and own < 25_000_000
    run = ("run", "--rm", "--no-healthcheck", "--entrypoint=initd", "localhost/over-python", "--", "sh", "-c", "exit 3")
    assert podman(*run, check=False).returncode == 3


def test_it_says_what_it_is_how_to_stop_it_and_whose_it_is(podman: Podman) -> None:
    config = json.loads(podman("image", "inspect", IMAGE).stdout)[0]["Config"]
    assert config["StopSignal"] == "SIGTERM"
    assert config["User"] == "65532:65532"
    labels = {key.removeprefix("org.opencontainers.image."): value for key, value in config["Labels"].items()}
    assert labels["version"] == initd.__version__ and labels["base.name"] == BASE
    assert labels["revision"] == REVISION
    assert labels["title"] and labels["description"]


def test_without_a_program_it_just_runs_until_it_is_stopped(run: Run) -> None:
    container = run("")
    until("its answer", lambda: container.exec("initctl", "pid", check=False).stdout == "1\n")
    container.podman("stop")
    assert container.exit_status() == 0


def test_stop_ends_programs_in_reverse_order_of_priority_with_status_0(run: Run) -> None:
    names = ("first", "second", "third")
    programs = "".join(
        f"[program:{name}]\ncommand = sleep 1000\npriority = {priority}\nstartsecs = 0\n"
        for priority, name in enumerate(names)
    )
    container = run(programs)
    container.until_running(*names)
    container.podman("stop", "--time=60")
    assert container.exit_status() == 0
    assert "received SIGTERM indicating exit request" in container.logs()
    assert stopped_in_order(container) == ["third", "second", "first"]


@pytest.mark.parametrize("name", ["INT", "QUIT"])
def test_the_other_exit_signals_are_orderly_too(run: Run, name: str) -> None:
    container = run(WEB)
    container.until_running("web")
    container.podman("kill", f"--signal={name}")
    assert container.exit_status() == 0
    assert stopped_in_order(container) == ["web"]


def test_a_signal_it_has_no_use_for_does_not_end_it(run: Run) -> None:
    container = run(WEB)
    container.until_running("web")
    for name in ("USR1", "ALRM", "PIPE", "WINCH"):
        container.podman("kill", f"--signal={name}")
    assert container.exec("initctl", "pid").stdout == "1\n"


def test_after_a_kill_the_same_container_starts_again(run: Run) -> None:
    """Its files are those of its earlier life: pidfile, socket."""
    container = run(WEB)
    container.until_running("web")
    container.podman("kill")
    assert container.exit_status() == 137
    container.podman("start")
    container.until_running("web")
    container.podman("stop", "--time=60")
    assert container.exit_status() == 0


def test_a_configuration_that_is_wrong_ends_it_with_status_2_and_says_where(run: Run) -> None:
    container = run("[program:web]\ncommand = sleep 1000\nstartsecs = soon\n")
    assert container.exit_status() == 2
    assert container.logs().startswith("Error: ")
    assert "/etc/supervisor/conf.d/programs.conf:3" in container.logs()


def test_its_programs_are_commanded_with_initctl_in_it(run: Run) -> None:
    container = run(WEB)
    container.until_running("web")
    assert container.exec("initctl", "status").returncode == 0
    assert container.exec("initctl", "stop", "web").stdout == "web: stopped\n"
    status = container.exec("initctl", "status", check=False)
    assert (status.returncode, status.stdout.split()[:2]) == (3, ["web", "STOPPED"])
    assert container.exec("initctl", "start", "web").stdout == "web: started\n"


def test_the_stock_client_commands_them_too(run: Run) -> None:
    stock = Path(supervisor.__file__).parent
    container = run(WEB, f"--volume={stock}:/stock/supervisor:ro")
    container.until_running("web")
    client = ("env", "PYTHONPATH=/stock", "python3", "-m", "supervisor.supervisorctl", "-c", "/etc/supervisord.conf")
    assert container.exec(*client, "status").stdout.split()[:2] == ["web", "RUNNING"]
    assert container.exec(*client, "restart", "web").stdout == "web: stopped\nweb: started\n"


def test_the_engine_finds_it_well_until_it_does_not_answer_or_has_given_up_a_program(run: Run, podman: Podman) -> None:
    bad = "[program:bad]\ncommand = false\nstartretries = 0\nautostart = false\n"
    container = run(f"{WEB}{bad}", checked=True)
    container.until_running("web")

    def check() -> tuple[int, str]:
        code = podman("healthcheck", "run", container.name, check=False).returncode
        return code, json.loads(container.inspect("json .State.Healthcheck.Log"))[-1]["Output"]

    assert check() == (0, "healthy: 1 STOPPED, 1 RUNNING")
    container.exec("initctl", "start", "bad", check=False)
    assert check() == (1, "unhealthy: bad FATAL (Exited too quickly (process log may have details))")
    container.exec("initctl", "start", "bad", check=False)
    container.exec("rm", "/tmp/supervisor.sock")
    assert check() == (1, "unhealthy: unix:///tmp/supervisor.sock: No such file or directory")


def test_any_user_may_ask_about_its_health_and_hears_what_forbids_it(run: Run, podman: Podman) -> None:
    container = run(WEB)
    container.until_running("web")
    answers = {
        user: podman("exec", f"--user={user}", container.name, "initd", "health", "web", check=False)
        for user in ("0:0", "65532:65532", "1234:5678")
    }
    assert [(each.returncode, each.stdout) for each in answers.values()] == [
        (0, "healthy: 1 RUNNING\n"),
        (0, "healthy: 1 RUNNING\n"),
        (1, "unhealthy: unix:///tmp/supervisor.sock: Permission denied\n"),
    ]


def test_what_was_orphaned_is_reaped(run: Run) -> None:
    careless = '[program:careless]\ncommand = sh -c "for n in 1 2 3 4 5 6 7 8; do (sleep 0.1; echo $n >>/shared/said) & done"\n'
    container = run(f"{WEB}{careless}startsecs = 0\nautorestart = false\n")
    said = container.shared / "said"
    until("the last word of every orphan", lambda: said.exists() and len(said.read_text().split()) == 8)
    container.until_running("web")
    init = container.init
    until("web alone", lambda: [stat_fields(pid)[:1] for pid in children(init)] == [["S"]])


def test_what_escaped_gets_term_and_time_before_the_container_ends(run: Run) -> None:
    escaped = "trap 'echo bye >/shared/said; exit' TERM; echo up >/shared/up; while :; do sleep 0.1 & wait; done"
    container = run(f'{WEB}[program:parent]\ncommand = sh -c "setsid sh /shared/escaped & sleep 1000"\nstartsecs = 0\n')
    (container.shared / "escaped").write_text(escaped)
    container.until_running("web")
    container.exec("initctl", "restart", "parent")  # the first may have come before the file
    until("it escaped", lambda: (container.shared / "up").exists())
    container.podman("stop", "--time=60")
    assert container.exit_status() == 0
    assert (container.shared / "said").read_text() == "bye\n"


@pytest.mark.parametrize(
    "options",
    [
        READ_ONLY,
        ("--user=1234:5678",),
        ("--user=1234:5678", "--cap-drop=all", "--security-opt=no-new-privileges", *READ_ONLY),
    ],
    ids=["read-only root", "another user", "another user, read-only root, no capabilities"],
)
def test_it_runs_as_anybody_and_where_only_tmp_can_be_written(run: Run, options: tuple[str, ...]) -> None:
    who = "[program:who]\ncommand = sh -c 'id -u; id -g; exec sleep 1000'\nstartsecs = 0\n"
    who += "stdout_logfile = /dev/stdout\nstdout_logfile_maxbytes = 0\n"
    container = run(f"{WEB}{who}", *options)
    container.until_running("web", "who")
    user = ["1234", "5678"] if options[0].startswith("--user") else ["65532", "65532"]
    until("what it says", lambda: user == [line for line in container.logs().splitlines() if line.isdigit()])
    assert container.exec("initctl", "tail", "web").returncode == 0, "its AUTO log could be made"
    assert "Traceback" not in container.logs()
    container.podman("stop", "--time=60")
    assert container.exit_status() == 0
    assert sorted(stopped_in_order(container)) == ["web", "who"]


def test_where_nothing_can_be_written_it_says_so_and_ends_with_status_2(run: Run) -> None:
    container = run(WEB, "--read-only", "--read-only-tmpfs=false")
    assert container.exit_status() == 2
    assert "cannot listen at /tmp/supervisor.sock: Read-only file system" in container.logs()


def test_behind_another_init_it_stays_in_front_as_well(run: Run) -> None:
    container = run(WEB, "--init")
    container.until_running("web")
    assert int(container.exec("initctl", "pid").stdout) > 1
    container.podman("stop", "--time=60")
    assert container.exit_status() == 0
    assert stopped_in_order(container) == ["web"]


def test_a_limit_on_processes_costs_only_the_programs_that_find_no_room(run: Run) -> None:
    crowd = "[program:crowd]\ncommand = sleep 1000\nnumprocs = 40\nprocess_name = %(process_num)02d\nstartsecs = 0\n"
    container = run(f"{crowd}startretries = 1000\n", "--pids-limit=30")
    until("the limit", lambda: "Too many processes in process table to spawn" in container.logs())
    before = children(container.init)
    assert 10 < len(before) < 30
    os.kill(before[0], 9)  # nothing can be executed in the container now, initctl neither
    until("another in its place", lambda: set(children(container.init)) - set(before))
    container.podman("stop", "--time=60")
    assert container.exit_status() == 0
    assert "Traceback" not in container.logs()


def test_its_killer_takes_everything_with_it(run: Run) -> None:
    container = run(WEB)
    container.until_running("web")
    inside = [container.init, *children(container.init)]
    os.kill(inside[0], 9)
    assert container.exit_status() == 137
    until("nothing left of it", lambda: not any(alive(pid) for pid in inside))
