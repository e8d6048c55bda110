"""The recipes of images/README.md, each as it is written there, and the web stack as one image.

Takes the image, so it runs from .ci/long.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from tests.e2e.container import children
from tests.e2e.instance import ROOT, alive, until
from tests.e2e.podman import IMAGE, Container, Podman, Run

pytestmark = [pytest.mark.usefixtures("as_root"), pytest.mark.timeout(1800)]

RECIPES = re.findall(r"^```(\w+)\n(.*?)^```$", (ROOT / "images" / "README.md").read_text(), re.MULTILINE | re.DOTALL)
"""(language, text) of each."""
CAT = "[program:cat]\ncommand = cat\nstartsecs = 0\n"
PAGE = "visit {}, served by nginx, php-fpm and redis\n"


def recipe(language: str, containing: str) -> str:
    """The one recipe in that language with that in it."""
    (found,) = [text for its, text in RECIPES if its == language and containing in text]
    return found


def test_none_is_left_out() -> None:
    assert sorted(language for language, _ in RECIPES) == sorted(
        ["sh"] * 5 + ["yaml"] * 3 + ["Dockerfile"] * 2 + ["ini"]
    )


@pytest.fixture
def place(podman: Podman, tmp_path: Path) -> Iterator[Path]:
    """A folder with `programs`, and nothing that runs, before and after."""
    assert podman("ps", "--all", "--quiet").stdout == ""
    (tmp_path / "programs").mkdir()
    (tmp_path / "programs" / "cat.conf").write_text(CAT)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "docker").symlink_to(shutil.which("podman") or "")
    yield tmp_path
    podman("pod", "rm", "--all", "--force", "--time=0")
    podman("rm", "--all", "--force", "--time=0")


@pytest.mark.parametrize(
    "words, said",
    [
        ("docker exec", "cat                              RUNNING"),
        ("--cap-drop all", ""),
        ("-- sh -c 'initctl", "main                             RUNNING"),
        ("--init-path", ""),
        ("healthcheck run", ""),
    ],
    ids=["programs", "without privileges", "beside a command", "podman's init", "health"],
)
def test_what_is_typed_does_what_it_says(podman: Podman, place: Path, words: str, said: str) -> None:
    path = f"{place}/bin:{os.environ['PATH']}"
    ran = subprocess.run(
        ["sh", "-eux", "-c", recipe("sh", words)],
        cwd=place, env=podman.environment | {"PATH": path}, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert said in ran.stdout
    assert podman("ps", "--all", "--quiet").stdout == ""


def test_what_a_program_says_is_in_the_containers_log(podman: Podman, place: Path) -> None:
    (place / "programs" / "web.conf").write_text(recipe("ini", "http.server"))
    options = (f"--volume={place}/programs:/etc/supervisor/conf.d:ro", "--user=1234:5678")
    container = Container(podman, options=options)
    until("web", lambda: container.exec("initd", "health", "web", check=False).returncode == 0)
    page = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8000/').status)"
    assert container.exec("python3", "-c", page).stdout == "200\n"
    container.until_said('"GET / HTTP/1.1" 200')


@pytest.mark.parametrize(
    "containing, script, status",
    [("COPY --from=initd", "exit 3", 3), ("/usr/bin/tini", "exit 3", 3), ("/usr/bin/tini", "kill $$", 0)],
    ids=["initd", "tini", "tini -e 143"],
)
def test_an_image_with_it_as_its_init_can_be_built(
    podman: Podman, place: Path, containing: str, script: str, status: int
) -> None:
    podman("tag", IMAGE, "localhost/python:3.13-slim")  # ours has a Python, and the same one
    (place / "Dockerfile").write_text(recipe("Dockerfile", containing))
    podman.build("localhost/recipe", place / "Dockerfile", place)
    run = ("run", "--rm", "--no-healthcheck", "localhost/recipe", "sh", "-c", script)
    assert podman(*run, check=False).returncode == status


def test_the_service_of_compose_runs_is_well_and_stops_in_its_time(podman: Podman, place: Path) -> None:
    """As compose would run it; its own translation to podman takes a network that is not everywhere."""
    service = yaml.safe_load(recipe("yaml", "services:"))["services"]["app"]
    assert service.pop("restart") == "unless-stopped"
    grace, check = service.pop("stop_grace_period"), service.pop("healthcheck")
    how, *command = check.pop("test")
    assert how == "CMD"
    options = [f"--health-{key.replace('_', '-')}={value}" for key, value in check.items() if key != "interval"]
    options += [f"--health-cmd={' '.join(command)}", f"--user={service.pop('user')}"]
    options += [f"--volume={volume.replace('./', f'{place}/', 1)}" for volume in service.pop("volumes")]
    options += [f"--tmpfs={each}" for each in service.pop("tmpfs")] + ["--read-only"] * service.pop("read_only")
    container = Container(podman, options=tuple(options), image=service.pop("image"), checked=True)
    assert not service, "every key has been used"
    until("healthy", lambda: well(podman, container.name))
    container.podman("stop", f"--time={grace.removesuffix('s')}")
    assert container.exit_status() == 0


def well(podman: Podman, name: str) -> bool:
    return podman("healthcheck", "run", name, check=False).returncode == 0


@pytest.fixture
def play(podman: Podman, place: Path) -> Callable[[str], Run]:
    """Starts what a Kubernetes recipe describes."""

    def started(containing: str) -> Run:
        (place / "pod.yaml").write_text(recipe("yaml", containing))
        return podman("play", "kube", "--network=none", place / "pod.yaml")

    return started


def test_the_pod_runs_read_only_and_unprivileged_and_its_probes_answer(
    podman: Podman, play: Callable[[str], Run]
) -> None:
    pod = list(yaml.safe_load_all(recipe("yaml", "ConfigMap")))[1]["spec"]
    (described,) = pod["containers"]
    probes = [described[name] for name in ("startupProbe", "readinessProbe", "livenessProbe")]
    play("ConfigMap")
    name = "app-app"
    assert podman("exec", name, "id", "-u").stdout == "1234\n"
    assert podman("exec", name, "touch", "/etc/x", check=False).returncode != 0
    for probe in probes:
        ask = ("exec", name, *probe["exec"]["command"])
        until(f"{ask}", lambda ask=ask: podman(*ask, check=False).returncode == 0)  # type: ignore[misc]
    assert well(podman, name)
    assert podman("exec", name, *described["lifecycle"]["preStop"]["exec"]["command"], check=False).returncode == 0
    podman("stop", f"--time={pod['terminationGracePeriodSeconds']}", name)
    assert podman("wait", name).stdout == "0\n"
    assert "stopped: web" in podman("logs", name).stdout


def test_in_a_pod_that_shares_its_pids_each_ends_alone_with_its_own_status(
    podman: Podman, play: Callable[[str], Run]
) -> None:
    play("shareProcessNamespace")
    until("up", lambda: "up" in podman("logs", "shared-app").stdout)
    assert b"initd" not in podman("exec", "shared-app", "cat", "/proc/1/cmdline").stdout.encode()
    podman("stop", "--time=60", "shared-app")
    assert podman("wait", "shared-app").stdout == "7\n"
    assert podman("inspect", "--format={{.State.Running}}", "shared-debug").stdout == "true\n"


# -- the web stack --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def web_stack(podman: Podman) -> str:
    """The image of examples/web-stack; nginx, php-fpm and redis come from Debian as it is built."""
    folder = ROOT / "examples" / "web-stack"
    podman.build("localhost/web-stack", folder / "Dockerfile", folder, f"--build-arg=INITD={IMAGE}")
    return "localhost/web-stack"


@pytest.fixture
def stack(podman: Podman, web_stack: str) -> Iterator[Container]:
    made = Container(podman, options=("--read-only", "--read-only-tmpfs=false", "--tmpfs=/tmp"), image=web_stack, checked=True)
    until("all three", lambda: made.exec("initd", "health", "web:*", check=False).returncode == 0)
    yield made
    made.podman("rm", "--force", "--time=0")


def page(stack: Container) -> str:
    """What nginx answers; "" while it does not."""
    ask = "import urllib.request as u; print(end=u.urlopen('http://127.0.0.1:8080/').read().decode())"
    return stack.exec("python3", "-c", ask, check=False).stdout


def test_the_web_stack_serves_its_page_and_stops_gracefully_with_status_0(podman: Podman, stack: Container) -> None:
    assert until("the page", lambda: page(stack)) == PAGE.format(1)
    assert page(stack) == PAGE.format(2)
    assert podman("healthcheck", "run", stack.name).returncode == 0
    stack.until_said('"GET / HTTP/1.1" 200')
    stack.podman("stop", "--time=60")
    assert stack.exit_status() == 0
    said = stack.logs()
    stopped = [line.split("stopped: ")[1] for line in said.splitlines() if "INFO stopped: " in line]
    assert sorted(stopped) == [f"{name} (exit status 0)" for name in ("nginx", "php-fpm", "redis")]
    assert "gracefully shutting down" in said


def test_without_nginx_the_container_ends_and_says_why(stack: Container) -> None:
    until("the page", lambda: page(stack))
    inside = children(stack.init)
    stack.exec("sh", "-c", "kill -9 $(initctl pid web:nginx)")
    assert stack.exit_status() == 137
    assert "web:nginx exited (terminated by SIGKILL; not expected); exit status 137" in stack.logs()
    until("nobody left", lambda: not any(alive(pid) for pid in inside))


def test_without_redis_it_comes_back_and_the_container_goes_on(stack: Container) -> None:
    until("the page", lambda: page(stack))

    def redis() -> str:
        return stack.exec("initctl", "pid", "web:redis", check=False).stdout.strip()

    before = redis()
    stack.exec("sh", "-c", f"kill -9 {before}")
    until("another redis", lambda: redis() not in ("0", before))
    until("the page", lambda: page(stack) == PAGE.format(1))
