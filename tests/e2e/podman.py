"""Real containers: podman with a storage of its own in one folder, the image of what is committed here, and containers of it.

What Debian gives is enough (.ci/long installs it): the base of the image is bootstrapped from the archive apt uses here, and
the wheels for its first stage come from where pip finds them here, so the build itself needs nothing but apt. For many runs
in a row INITD_ROOTFS may name a tar of such a base.
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
Words = tuple[str, ...]
PATIENCE_S = 120
BUILD_S = 900
BASE, IMAGE = "localhost/base", "localhost/initd"
REVISION = "the one that is tested"
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

    @property
    def environment(self) -> dict[str, str]:
        """What makes podman and buildah use this storage."""
        return os.environ | {
            "CONTAINERS_CONF": str(self.folder / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": str(self.folder / "storage.conf"),
        }

    def __call__(self, *words: str | Path, check: bool = True, timeout: float = PATIENCE_S) -> Run:
        return self._run("podman", *words, check=check, timeout=timeout)

    def once(self, *words: str, options: Words = (), before: tuple[Words, Words] = ((), ())) -> Run:
        """Run `initd WORDS` in a container that is gone afterwards; status and output are the container's.

        `before` is what stands before the command podman, and its own options.
        """
        run = ("run", "--rm", "--no-healthcheck", "--entrypoint=initd", *options, IMAGE)
        return self._run(*before[0], "podman", *before[1], *run, *words, check=False)

    def _run(self, *command: str | Path, check: bool = True, timeout: float = PATIENCE_S) -> Run:
        ran = subprocess.run(
            command,
            cwd=self.folder,  # conmon leaves a file named `oom` where it was started
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        assert ran.returncode == 0 or not check, (
            f"{command}: {ran.returncode}\n{ran.stdout[-8000:]}\n{ran.stderr[-8000:]}"
        )
        return ran

    def import_base(self) -> None:
        """Make the image that others stand on: a Debian without Python."""
        tar = Path(os.environ.get("INITD_ROOTFS") or self._bootstrap())
        path = "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        self("import", "--quiet", "--change", path, tar, BASE, timeout=BUILD_S)

    def _bootstrap(self) -> Path:
        root, tar = self.folder / "root", self.folder / "root.tar"
        _quietly("debootstrap", "--variant=minbase", CODENAME, root, _archive())
        _quietly("tar", "-C", root, "-cf", tar, ".")
        shutil.rmtree(root)
        return tar

    def build_image(self, tag: str = IMAGE, base: str = BASE) -> None:
        """Make the image as images/Dockerfile has it, of what is committed, over a base."""
        wheels, source = self.folder / "wheels", self.folder / "source"  # building a wheel leaves things behind
        offline = self.folder / "pip.conf"
        if not source.exists():
            committed = subprocess.check_output(["git", "-C", ROOT, "archive", "--format=tar", "HEAD"], timeout=BUILD_S)
            source.mkdir()
            subprocess.run(["tar", "-C", source, "-x"], input=committed, check=True, timeout=BUILD_S)
            pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", "wheel", "-w", wheels)
            _quietly(*pip, source, "setuptools>=68")
            offline.write_text("[global]\nno-index = true\nfind-links = /wheels\n")
        mounts = (f"--volume={wheels}:/wheels:ro", f"--volume={offline}:/etc/pip.conf:ro")
        arguments = (f"--build-arg=BASE={base}", f"--build-arg=REVISION={REVISION}")
        self.build(tag, source / "images" / "Dockerfile", source, *mounts, *arguments)

    def build(self, tag: str, file: Path, context: Path, *options: str) -> None:
        """Make an image with buildah; `docker` is the format with HEALTHCHECK, and the host's network is known to do for apt."""
        how = ("--isolation=chroot", "--network=host", "--format=docker", f"--file={file}", f"--tag={tag}")
        self._run("buildah", "bud", "--layers", "--pull-never", *how, *options, context, timeout=BUILD_S)

    def close(self) -> None:
        """End and remove every container, unmount what podman leaves mounted, and remove the folder; nobody is left."""
        self("pod", "rm", "--all", "--force", "--time=0")
        self("rm", "--all", "--force", "--time=0")
        with open("/proc/self/mountinfo") as lines:
            places = [line.split()[4] for line in lines]
        for place in reversed(places):
            if place.startswith(f"{self.folder}/"):
                subprocess.run(["umount", place], check=True, timeout=PATIENCE_S)
        until("the end of all that served containers", lambda: not self._served())
        shutil.rmtree(self.folder)


    def _served(self) -> list[str]:
        """The commands of processes that still know our storage."""
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                command = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:  # it has ended
                continue
            if str(self.folder) in command:
                found.append(command)
        return found


class Container:
    """A container in the background, of that image with that command; `options` are those of `podman run`.

    Without systemd podman cannot run a health check by the clock, and complains at each step. With `checked` there is one to
    be run by hand.
    """

    def __init__(
        self, podman: Podman, *words: str, options: tuple[str, ...] = (), image: str = IMAGE, checked: bool = False
    ) -> None:
        self._podman = podman
        check = "--health-interval=disable" if checked else "--no-healthcheck"
        self.name = podman("run", "--detach", check, *options, image, *words).stdout.strip()

    def podman(self, verb: str, *words: str, check: bool = True) -> Run:
        """A podman command about this container."""
        return self._podman(verb, *words, self.name, check=check)

    def exec(self, *words: str, check: bool = True) -> Run:
        """Run a command in it."""
        return self._podman("exec", self.name, *words, check=check)

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

    def until_said(self, text: str) -> None:
        """Wait until it has written that."""
        until(f"{text!r}; {self.logs()}", lambda: text in self.logs())


class Supervised(Container):
    """A container of the image with these programs; `shared` is a folder that is /shared in it."""

    def __init__(self, podman: Podman, programs: str, *options: str, checked: bool = False) -> None:
        folder = Path(tempfile.mkdtemp(dir=podman.folder))
        self.shared = folder / "shared"
        self.shared.mkdir()
        self.shared.chmod(0o1777)
        (folder / "conf.d").mkdir()
        (folder / "conf.d" / "programs.conf").write_text(programs)
        folder.chmod(0o755)
        mounts = (f"--volume={folder}/conf.d:/etc/supervisor/conf.d:ro", f"--volume={self.shared}:/shared")
        super().__init__(podman, options=(*mounts, *options), checked=checked)

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


def _archive() -> str:
    """The Debian archive that apt uses here."""
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", f"Codename: {CODENAME}"]
    found = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S).stdout.split()
    return min(found, default=ARCHIVE)


def _quietly(*command: str | Path) -> None:
    ran = subprocess.run(command, capture_output=True, text=True, timeout=BUILD_S)
    assert ran.returncode == 0, f"{command[0]}: {ran.stdout[-4000:]}\n{ran.stderr[-4000:]}"
