"""Real containers: podman with a storage of its own in one folder, the image of what is committed here, and containers of it.

What Debian gives is enough (.ci/long installs it): the base of the image is bootstrapped from the archive apt uses here, and
the wheels for its first stage come from where pip finds them here, so the build itself needs nothing but apt.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.e2e.instance import ROOT, until

Run = subprocess.CompletedProcess[str]
PATIENCE_S = 120
BUILD_S = 900
BASE, IMAGE = "localhost/base", "localhost/initd"
ARCHIVE = "http://deb.debian.org/debian"
CODENAME = "bookworm"
"""Of the image's default base."""
SETTINGS = """
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
netns = "none"
log_driver = "k8s-file"
init_path = "/usr/bin/catatonit"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
tmp_dir = "{folder}/tmp"
[network]
network_backend = "netavark"
"""  # the limits are what a container without CAP_SYS_RESOURCE around it may still set
STORAGE = """
[storage]
driver = "overlay"
graphroot = "{folder}/storage"
runroot = "{folder}/run"
"""


class Podman:
    """The engine; to be called with the words of a podman command."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="initd-podman."))
        self.folder.chmod(0o755)  # for containers of other users
        for name, text in (("containers.conf", SETTINGS), ("storage.conf", STORAGE)):
            (self.folder / name).write_text(text.format(folder=self.folder))
        self._environment = os.environ | {
            "CONTAINERS_CONF": str(self.folder / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": str(self.folder / "storage.conf"),
        }

    def __call__(self, *words: str | Path, check: bool = True, timeout: float = PATIENCE_S) -> Run:
        command = ["podman", *words]
        ran = subprocess.run(command, env=self._environment, capture_output=True, text=True, timeout=timeout)
        assert ran.returncode == 0 or not check, (
            f"{command}: {ran.returncode}\n{ran.stdout[-8000:]}\n{ran.stderr[-8000:]}"
        )
        return ran

    def build(self) -> None:
        """Make the image, as images/Dockerfile has it, over a base bootstrapped here."""
        root, tar, wheels = (self.folder / name for name in ("root", "root.tar", "wheels"))
        _quietly("debootstrap", "--variant=minbase", CODENAME, root, _archive())
        _quietly("tar", "-C", root, "-cf", tar, ".")
        shutil.rmtree(root)
        path = "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        self("import", "--quiet", "--change", path, tar, BASE, timeout=BUILD_S)
        tar.unlink()

        pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", "wheel", "-w", wheels)
        needed = subprocess.check_output(["git", "-C", ROOT, "archive", "--format=tar", "HEAD"], timeout=BUILD_S)
        source = self.folder / "source"  # building a wheel leaves things behind
        source.mkdir()
        subprocess.run(["tar", "-C", source, "-x"], input=needed, check=True, timeout=BUILD_S)
        _quietly(*pip, source, "setuptools>=68")
        offline = self.folder / "pip.conf"
        offline.write_text("[global]\nno-index = true\nfind-links = /wheels\n")
        mounts = (f"--volume={wheels}:/wheels:ro", f"--volume={offline}:/etc/pip.conf:ro")
        file = (f"--file={source}/images/Dockerfile", f"--build-arg=BASE={BASE}", f"--tag={IMAGE}")
        # `docker` is the format with HEALTHCHECK; the host's network is the one that apt is known to work with.
        how = ("--isolation=chroot", "--network=host", "--format=docker")
        self("build", *how, *file, *mounts, source, timeout=BUILD_S)

    def close(self) -> None:
        """End and remove every container, unmount what podman leaves mounted, and remove the folder."""
        self("rm", "--all", "--force", "--time=0")
        with open("/proc/self/mountinfo") as lines:
            places = [line.split()[4] for line in lines]
        for place in reversed(places):
            if place.startswith(f"{self.folder}/"):
                subprocess.run(["umount", place], check=True, timeout=PATIENCE_S)
        shutil.rmtree(self.folder)


class Container:
    """A container of the image; `options` are those of `podman run`."""

    def __init__(self, podman: Podman, programs: str, *options: str) -> None:
        self._podman = podman
        folder = Path(tempfile.mkdtemp(dir=podman.folder))
        self.shared = folder / "shared"
        self.shared.mkdir()
        self.shared.chmod(0o1777)
        (folder / "conf.d").mkdir()
        (folder / "conf.d" / "programs.conf").write_text(programs)
        folder.chmod(0o755)
        mounts = (f"--volume={folder}/conf.d:/etc/supervisor/conf.d:ro", f"--volume={self.shared}:/shared")
        # Without systemd podman cannot run a health check by the clock, and complains at each step.
        words = ("run", "--detach", "--no-healthcheck", *mounts, *options, IMAGE)
        self.name = podman(*words).stdout.strip()

    def podman(self, verb: str, *words: str, check: bool = True) -> Run:
        """A podman command about this container."""
        return self._podman(verb, *words, self.name, check=check)

    def exec(self, *words: str, check: bool = True) -> Run:
        """Run a command in it."""
        return self._podman("exec", self.name, *words, check=check)

    def states(self) -> dict[str, str]:
        """Name to state, as `initctl status` in the container shows them; {} while nobody answers."""
        lines = [line.split() for line in self.exec("initctl", "status", check=False).stdout.splitlines()]
        return {words[0]: words[1] for words in lines if len(words) > 1 and words[1].isupper()}

    def until_running(self, *names: str) -> None:
        """Wait until these programs are RUNNING."""
        until(
            f"RUNNING: {names}; {self.logs()}",
            lambda: all(self.states().get(name) == "RUNNING" for name in names),
        )

    def inspect(self, what: str) -> str:
        return self.podman("inspect", "--format", f"{{{{{what}}}}}").stdout.strip()

    @property
    def init(self) -> int:
        """The process id of its PID 1, seen from here; 0 when it does not run."""
        return int(self.inspect(".State.Pid"))

    def exit_status(self) -> int:
        """Wait for its end; its exit status."""
        return int(self.podman("wait").stdout)

    def logs(self) -> str:
        """Everything it has written to its output and its errors."""
        ran = self.podman("logs")
        return ran.stdout + ran.stderr


def _archive() -> str:
    """The Debian archive that apt uses here."""
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", f"Codename: {CODENAME}"]
    found = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S).stdout.split()
    return min(found, default=ARCHIVE)


def _quietly(*command: str | Path) -> None:
    ran = subprocess.run(command, capture_output=True, text=True, timeout=BUILD_S)
    assert ran.returncode == 0, f"{command[0]}: {ran.stdout[-4000:]}\n{ran.stderr[-4000:]}"
