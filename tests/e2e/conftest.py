"""Fixtures of the end-to-end tests: an instance that is cleaned up, and Debian's packages where they are missing."""

from __future__ import annotations

import fcntl
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.instance import ROOT, Instance
from tests.e2e.podman import Container, Podman, Supervised

# They build images with a container engine, or drive a browser: from .ci/long.
collect_ignore = (
    []
    if os.environ.get("INITD_LONG")
    else ["test_image.py", "test_image_init.py", "test_image_recipes.py", "test_browser.py"]
)


@pytest.fixture
def instance() -> Iterator[Callable[[str], Instance]]:
    """Makes instances: of an example by its name, or of a configuration text; all are ended afterwards."""
    made: list[Instance] = []

    def make(source: str) -> Instance:
        example = ROOT / "examples" / source if "\n" not in source else None
        made.append(Instance(example))
        if example is None:
            made[-1].config.write_text(source)
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture(scope="session")
def packages() -> None:
    """Debian's servers and locales, installed by the script CI uses if they are not there; one worker at a time."""
    with (Path(tempfile.gettempdir()) / f"initd-e2e-packages.{os.geteuid()}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run([ROOT / ".ci" / "packages"], check=True, timeout=600)


@pytest.fixture
def as_root() -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root")


@pytest.fixture(scope="session")
def podman() -> Iterator[Podman]:
    """A container engine that has the image; nothing of it is left afterwards."""
    engine = Podman()
    try:
        engine.import_base()
        engine.build_image()
        yield engine
    finally:
        engine.close()


@pytest.fixture
def run(podman: Podman) -> Iterator[Callable[..., Supervised]]:
    """Starts a container with these programs; all are ended afterwards."""
    made: list[Supervised] = []

    def start(programs: str, *options: str, checked: bool = False) -> Supervised:
        made.append(Supervised(podman, programs, *options, checked=checked))
        return made[-1]

    yield start
    for container in made:
        container.podman("rm", "--force", "--time=0")


@pytest.fixture
def start(podman: Podman) -> Iterator[Callable[..., Container]]:
    """Starts a container of `initd WORDS`; all are ended afterwards."""
    made: list[Container] = []

    def started(*words: str, options: tuple[str, ...] = (), **more: str) -> Container:
        made.append(Container(podman, *words, options=("--entrypoint=initd", *options), **more))
        return made[-1]

    yield started
    for container in made:
        container.podman("rm", "--force", "--time=0")
