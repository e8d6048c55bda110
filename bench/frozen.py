"""A disk that hangs: an ext4 in a loop device, frozen with fsfreeze (root only)."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SIZE_BYTES = 16 << 20
ENVIRON = {**os.environ, "PATH": os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"}
# Thaws and unmounts when its standard input ends, so also when the measuring is killed: nothing may stay frozen.
KEEPER = 'mount -o loop "$1" "$2" && echo mounted && cat >/dev/null; fsfreeze -u "$2"; umount -l "$2"'


def available() -> bool:
    """Whether this can be done here at all."""
    tools = ("mkfs.ext4", "mount", "umount", "fsfreeze")
    return os.geteuid() == 0 and all(shutil.which(tool, path=ENVIRON["PATH"]) for tool in tools)


@contextmanager
def mounted(path: Path) -> Iterator[None]:
    """A small filesystem of its own at the directory `path`."""
    image = path.with_name("image")
    with image.open("wb") as file:
        file.truncate(SIZE_BYTES)
    subprocess.run(["mkfs.ext4", "-q", "-F", image], env=ENVIRON, check=True)
    keeper = subprocess.Popen(
        ["sh", "-c", KEEPER, "sh", image, path],
        env=ENVIRON,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        assert keeper.stdout is not None
        if keeper.stdout.readline() != b"mounted\n":
            raise OSError("a loop device cannot be mounted here")
        yield
    finally:
        keeper.communicate(timeout=60)


@contextmanager
def frozen(path: Path) -> Iterator[None]:
    """Every write to the filesystem at `path` hangs meanwhile."""
    subprocess.run(["fsfreeze", "-f", path], env=ENVIRON, check=True, timeout=60)
    try:
        yield
    finally:
        subprocess.run(["fsfreeze", "-u", path], env=ENVIRON, check=True, timeout=60)
