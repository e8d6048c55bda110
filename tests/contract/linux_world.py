"""The real world of a contract: this very process is the daemon."""

from __future__ import annotations

import contextlib
import fcntl
import os
import resource
import signal
import socket
import tempfile
import time

from initd.kernel.linux import LinuxKernel
from initd.kernel.linux_init import LinuxInit
from tests.contract.world import World

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

CHUNK = 65536
SETTLE_S = 0.2
DISK_BYTES = 4 << 20
FIFREEZE, FITHAW = 0xC0045877, 0xC0045878


class LinuxClient:
    """A client of our sockets in the same process; it never waits."""

    def __init__(self, family: int, address: object) -> None:
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._socket.connect(address)
        self._socket.setblocking(False)
        self._received = bytearray()
        self.ended = False

    def send(self, data: bytes) -> None:
        """Bytes for the daemon; they must fit in the socket's buffer."""
        self._socket.sendall(data)

    @property
    def received(self) -> bytes:
        """Everything that has come so far."""
        while not self.ended:
            try:
                data = self._socket.recv(CHUNK)
            except BlockingIOError:
                break
            except ConnectionResetError:
                data = b""
            self._received += data
            self.ended = not data
        return bytes(self._received)

    def shutdown(self) -> None:
        """No more data from here."""
        self._socket.shutdown(socket.SHUT_WR)

    def stall(self) -> None:
        """Not reading is what it does unless asked."""

    def resume(self) -> None:
        """Read what waits."""
        assert self.received is not None

    def close(self) -> None:
        """Gone."""
        self._socket.close()


class LinuxSyslogd:
    """A receiver of the system log in the same process."""

    def __init__(self, path: str, stream: bool) -> None:
        self._stream = stream
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM if stream else socket.SOCK_DGRAM)
        self._socket.bind(path)
        if stream:
            self._socket.listen()
        self._open = [self._socket]
        self.received: list[bytes] = []

    def resume(self) -> None:
        """Read what waits."""
        self._socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while self._stream:
                self._open.append(self._socket.accept()[0])
        for source in self._open[1:] if self._stream else self._open:
            source.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while data := source.recv(1 << 20):
                    self.received += [part for part in data.split(b"\0") if part] if self._stream else [data]

    def close(self) -> None:
        """Gone; its socket file stays."""
        for one in self._open:
            one.close()


class LinuxWorld(World):
    """A LinuxKernel in this process, and the system calls a contract needs besides."""

    kernel: LinuxKernel

    def __init__(self) -> None:
        self.directory = tempfile.mkdtemp(prefix="contract-")
        os.chmod(self.directory, 0o777)
        self.kernel = LinuxKernel()

    def rest(self) -> None:
        time.sleep(0.001)

    def ignored(self, pid: int) -> set[int]:
        return self._signals(pid, "SigIgn")

    def blocked(self, pid: int) -> set[int]:
        return self._signals(pid, "SigBlk")

    @staticmethod
    def _signals(pid: int, field: str) -> set[int]:
        with open(f"/proc/{pid}/status") as status:
            mask = next(int(line.split()[1], 16) for line in status if line.startswith(field))
        return {number for number in range(1, 65) if mask >> (number - 1) & 1}

    def become_init(self, ignored: Iterable[int] = (), blocked: Iterable[int] = ()) -> LinuxInit:
        for number in ignored:
            signal.signal(number, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        return LinuxInit(blocked)

    def dies_of(self, number: int, action: Callable[[], None]) -> bool:
        pid = os.fork()
        if pid == 0:
            action()
            time.sleep(SETTLE_S)
            os._exit(0)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -number

    def state(self, pid: int) -> str:
        try:
            with open(f"/proc/{pid}/stat") as status:
                return status.read().rpartition(")")[2].split()[0].replace("I", "S")
        except (FileNotFoundError, ProcessLookupError):
            return ""

    def become_user(self, uid: int) -> None:
        from initd.kernel import linux_shared, linux_syslog  # noqa: F401  that user may not be able to read them

        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)

    def leave_room(self, count: int) -> None:
        taken = {fd for fd in range(65536) if _is_open(fd)}
        limit = 0
        while count or limit in taken:
            count -= limit not in taken
            limit += 1
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))

    def limit_processes(self, uid: int, count: int) -> None:
        resource.setrlimit(resource.RLIMIT_NPROC, (count, count))

    def next_pid(self, pid: int) -> None:
        with open("/proc/sys/kernel/ns_last_pid", "w") as last:
            last.write(str(pid - 1))

    def highest_pid(self) -> int:
        with open("/proc/sys/kernel/pid_max") as maximum:
            return int(maximum.read()) - 1

    @contextlib.contextmanager
    def frozen_disk(self) -> Iterator[tuple[str, Callable[[], None]]]:
        import subprocess

        image, mounted = self.path("image"), self.path("disk")
        with open(image, "wb") as disk:
            disk.truncate(DISK_BYTES)
        os.mkdir(mounted)
        for command in (["mkfs.ext4", "-q", image], ["mount", "-o", "loop", image, mounted]):
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        root = os.open(mounted, os.O_RDONLY)
        fcntl.ioctl(root, FIFREEZE, 0)
        frozen = True

        def thaw() -> None:
            nonlocal frozen
            if frozen:
                frozen = False
                fcntl.ioctl(root, FITHAW, 0)
                os.close(root)

        try:
            yield mounted, thaw
        finally:
            thaw()  # or nothing that waits there can ever be killed
            subprocess.run(["umount", "--lazy", mounted], check=True)

    def put_file(self, path: str, data: bytes, mode: int = 0o644) -> None:
        with open(path, "wb") as file:
            file.write(data)
        os.chmod(path, mode)

    def link(self, path: str, target: str) -> None:
        os.symlink(target, path)

    def make_directory(self, path: str, mode: int = 0o755) -> None:
        os.mkdir(path)
        os.chmod(path, mode)

    def mode(self, path: str) -> int:
        return os.stat(path).st_mode & 0o7777

    def connect_unix(self, path: str) -> LinuxClient:
        return LinuxClient(socket.AF_UNIX, path)

    def connect_tcp(self, port: int) -> LinuxClient:
        return LinuxClient(socket.AF_INET, ("127.0.0.1", port))

    def log_buffer_bytes(self) -> int:
        with open("/proc/sys/net/core/wmem_default") as size:
            return int(size.read())

    def syslogd(self, path: str, stream: bool = False) -> LinuxSyslogd:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        return LinuxSyslogd(path, stream)


def _is_open(fd: int) -> bool:
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True
