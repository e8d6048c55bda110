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

# They build an image with a container engine, or drive a browser: from .ci/long.
collect_ignore = [] if os.environ.get("INITD_LONG") else ["test_image.py", "test_browser.py"]


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
