"""A disk that can be frozen, for processes that have to wait in disk sleep, where no SIGKILL reaches them (fsfreeze(8)).

It is a small ext4 on a loop device, mounted in the mount namespace of the play. Whoever wants to sleep asks at `keeper` and
says until when. A process of its own holds the disk and thaws it when this process is gone: a frozen disk that nobody thaws
would keep its sleepers, and with them the namespace and the loop device, for ever.
"""

from __future__ import annotations

import socket
import subprocess
import threading
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

SIZE_BYTES = 4 << 20
LIMIT_S = 60.0
MOUNT = 'mount -o loop "$1" "$2" && shift 2 && exec "$@"'
"""Run in the namespace of the play."""
KEEPER = """
exec 3<"$1" || exit 1
echo held
while read -r what; do fsfreeze "--$what" /proc/self/fd/3; echo "$what"; done
fsfreeze --unfreeze /proc/self/fd/3
"""


class FrozenDisk:
    """One disk, with its files in that folder."""

    def __init__(self, folder: Path) -> None:
        self._image, self._mounted = folder / "image", folder / "disk"
        self.keeper, self.file = str(folder / "keeper.sock"), str(self._mounted / "file")
        with self._image.open("wb") as image:
            image.truncate(SIZE_BYTES)
        self._mounted.mkdir()
        subprocess.run(["mkfs.ext4", "-q", self._image], check=True, stdout=subprocess.DEVNULL, timeout=LIMIT_S)
        self._keeper: subprocess.Popen[str] | None = None
        self._ear = socket.socket(socket.AF_UNIX)
        self._over = threading.Event()

    def mounting(self) -> tuple[str, ...]:
        """What mounts it, in whose namespace it runs, before it runs a command."""
        return ("sh", "-c", MOUNT, "sh", str(self._image), str(self._mounted))

    def begin(self, pid: int) -> None:
        """Hold the disk as that process sees it, and listen."""
        self._keeper = subprocess.Popen(
            ["sh", "-c", KEEPER, "sh", f"/proc/{pid}/root{self._mounted}"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, bufsize=1,
            start_new_session=True,
        )  # fmt: skip
        if self._answer() != "held":
            raise OSError(f"nobody can hold {self._mounted}")
        self._ear.bind(self.keeper)
        self._ear.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def end(self) -> None:
        """Thaw it, and let go of it; to be called while the namespace is still there."""
        self._over.set()
        self._ear.close()
        if self._keeper is not None:
            self._keeper.communicate(timeout=LIMIT_S)

    def _answer(self) -> str:
        assert self._keeper is not None and self._keeper.stdout is not None
        return self._keeper.stdout.readline().strip()

    def _do(self, what: str) -> None:
        assert self._keeper is not None and self._keeper.stdin is not None
        self._keeper.stdin.write(f"{what}\n")
        self._answer()

    def _serve(self) -> None:
        while not self._over.is_set():
            try:
                asker, _ = self._ear.accept()
                with asker:
                    until_ns = int(asker.recv(64))
                    self._do("freeze")
                    asker.send(b".")
                    self._over.wait(max(0.0, (until_ns - time.monotonic_ns()) / 1e9))
                    if not self._over.is_set():
                        self._do("unfreeze")
            except (OSError, ValueError):
                return  # it is over
