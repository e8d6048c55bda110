"""What is installed: the commands, the packages, and how `initd` finds its own wherever pip put it.

One wheel is built and installed into several kinds of places without the network; the dependencies are linked in from
the environment the tests run in.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from initd import SUPERVISOR_VERSION

ROOT = Path(__file__).resolve().parent.parent
VERSION = f"python{sys.version_info[0]}.{sys.version_info[1]}"
LIBRARY = Path(sysconfig.get_path("purelib"))
NEEDED = ("h11", "daemon", "lockfile")


def bare_environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return kept | more


def pip(place: Path, *words: str | Path) -> None:
    """Run pip in a directory from where this tree is not seen."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", *words]
    subprocess.run(command, check=True, cwd=place, env=bare_environment(), timeout=300)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree, built from a copy: building leaves things behind."""
    work = tmp_path_factory.mktemp("wheel")
    source = work / "source"
    ignored = shutil.ignore_patterns(".*", "build", "*.egg-info", "tests", "examples", "__pycache__")
    shutil.copytree(ROOT, source, ignore=ignored, symlinks=True)
    pip(work, "wheel", "--no-deps", "-w", work, source)
    return next(work.glob("*.whl"))


def answer(script: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Call an installed command from a directory that holds nothing of ours."""
    return subprocess.run(
        [script, *words], cwd="/", env=bare_environment(**environment), capture_output=True, text=True, timeout=60
    )


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A virtual environment with the wheel in it."""
    place = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place], check=True, timeout=120)
    pip(place, "--python", place, "install", "--no-deps", "--no-index", wheel)
    for name in NEEDED:
        (place / "lib" / VERSION / "site-packages" / name).symlink_to(LIBRARY / name)
    yield place


def give_flags(script: Path) -> None:
    """Put back the flags that installers drop, as docs/installation.md shows."""
    subprocess.run(["sed", "-i", "1s/$/ -IS/", script], check=True)


def test_the_wheel_holds_our_packages_and_no_supervisor(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.partition("/")[0].partition("-")[0] for name in names}
    assert tops == {"initd", "sim", "initd_supervisor"}
    assert not [name for name in names if name.startswith("supervisor/")]
    assert [name for name in names if name.endswith(".data/scripts/initd")]


def test_the_wheels_first_line_asks_for_an_isolated_interpreter_without_site(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    script = next(name for name in archive.namelist() if name.endswith(".data/scripts/initd"))
    assert archive.read(script).splitlines()[0] == b"#!python -IS"


def test_runtime_dependencies_are_three(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    metadata = archive.read(next(name for name in archive.namelist() if name.endswith("/METADATA"))).decode()
    needed = [line.split(": ")[1] for line in metadata.splitlines() if line.startswith("Requires-Dist")]
    always = sorted(text.partition(">")[0] for text in needed if "extra ==" not in text)
    assert always == ["h11", "python-daemon", "rich"]


def test_an_installed_initd_answers(installed: Path) -> None:
    ran = answer(installed / "bin" / "initd", "--version")
    assert (ran.stdout, ran.stderr, ran.returncode) == (f"{SUPERVISOR_VERSION}\n", "", 0)


@pytest.mark.parametrize("command", ["initctl", "initd-sim", "pidproxy"])
def test_the_other_commands_are_there_and_explain_themselves(installed: Path, command: str) -> None:
    ran = answer(installed / "bin" / command, "-h")
    assert "Traceback" not in ran.stderr
    assert "usage" in (ran.stdout + ran.stderr).lower()


def test_with_its_flags_it_finds_its_packages_without_site(installed: Path, tmp_path: Path) -> None:
    script = tmp_path / "venv" / "bin" / "initd"
    shutil.copytree(installed, tmp_path / "venv", symlinks=True)
    give_flags(script)
    assert script.read_text().splitlines()[0].endswith(" -IS")
    assert answer(script, "--version").stdout == f"{SUPERVISOR_VERSION}\n"
    link = tmp_path / "linked"
    link.symlink_to(script)
    assert answer(link, "--version").stdout == f"{SUPERVISOR_VERSION}\n"


@pytest.mark.parametrize("library", [f"lib/{VERSION}/dist-packages", "lib/python3/dist-packages"])
def test_debians_directories_are_known(installed: Path, tmp_path: Path, library: str) -> None:
    (tmp_path / "bin").mkdir()
    shutil.copytree(installed / "lib" / VERSION / "site-packages", tmp_path / library, symlinks=True)
    script = tmp_path / "bin" / "initd"
    body = (installed / "bin" / "initd").read_text().partition("\n")[2]
    script.write_text(f"#!{os.path.realpath(sys.executable)} -IS\n{body}")
    script.chmod(0o755)
    assert answer(script, "--version").stdout == f"{SUPERVISOR_VERSION}\n"


@pytest.mark.parametrize("flags", [False, True])
def test_an_editable_installation_works_with_and_without_the_flags(
    installed: Path, tmp_path: Path, flags: bool
) -> None:
    """As setuptools lays one out: no packages, a .pth file that leads to them."""
    shutil.copytree(installed, tmp_path / "venv", symlinks=True)
    packages = tmp_path / "venv" / "lib" / VERSION / "site-packages"
    for name in ("initd", "sim"):
        shutil.rmtree(packages / name)
    (packages / "editable.pth").write_text(f"{ROOT}\n")
    script = tmp_path / "venv" / "bin" / "initd"
    script.write_text(script.read_text().replace(str(installed), str(tmp_path / "venv")))
    if flags:
        give_flags(script)
    assert answer(script, "--version").stdout == f"{SUPERVISOR_VERSION}\n"


def test_dependencies_in_another_directory_are_found_through_site(installed: Path, tmp_path: Path) -> None:
    shutil.copytree(installed, tmp_path / "venv", symlinks=True)
    packages = tmp_path / "venv" / "lib" / VERSION / "site-packages"
    for name in NEEDED:
        (packages / name).unlink()
    (packages / "elsewhere.pth").write_text(f"{LIBRARY}\n")
    script = tmp_path / "venv" / "bin" / "initd"
    script.write_text(script.read_text().replace(str(installed), str(tmp_path / "venv")))
    give_flags(script)
    assert answer(script, "--version").stdout == f"{SUPERVISOR_VERSION}\n"


def test_a_users_installation_is_found_from_its_own_place(wheel: Path, tmp_path: Path) -> None:
    pip(tmp_path, "install", "--no-deps", "--no-index", "--ignore-installed", "--prefix", tmp_path, wheel)
    packages = next(tmp_path.glob("**/initd/__init__.py")).parent.parent
    for name in NEEDED:
        (packages / name).symlink_to(LIBRARY / name)
    script = next(tmp_path.glob("**/bin/initd"))
    give_flags(script)
    assert answer(script, "--version").stdout == f"{SUPERVISOR_VERSION}\n"


def test_it_starts_over_only_where_something_got_in(installed: Path) -> None:
    show = ("--", "sh", "-c", "cat /proc/$PPID/cmdline")
    assert "initd_held=" not in answer(installed / "bin" / "initd", *show).stdout
    assert "initd_held=" in answer(installed / "bin" / "initd", *show, PYTHONPATH="/nowhere").stdout


def test_the_users_environment_has_no_say_in_the_daemon(installed: Path, tmp_path: Path) -> None:
    """An agent that instruments every Python through PYTHONPATH and sitecustomize stays out, and so does a false module."""
    (tmp_path / "sitecustomize.py").write_text(
        "import threading\nthreading.Thread(target=print, args=('in!',)).start()\n"
    )
    (tmp_path / "enum.py").write_text("raise SystemExit('not the real enum')\n")
    (tmp_path / "initd.py").write_text("raise SystemExit('not the real initd')\n")
    ran = answer(installed / "bin" / "initd", "--version", PYTHONPATH=str(tmp_path))
    assert ran.returncode == 0
    assert ran.stdout.endswith(f"{SUPERVISOR_VERSION}\n")
    silent = shutil.copy(installed / "bin" / "initd", installed / "bin" / "initd-with-flags")
    give_flags(Path(silent))
    ran = answer(Path(silent), "--version", PYTHONPATH=str(tmp_path))
    assert (ran.stdout, ran.stderr) == (f"{SUPERVISOR_VERSION}\n", "")
