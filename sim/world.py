"""A simulated machine that has whatever a configuration speaks of: its directories, users and commands.

So that anybody's supervisord.conf can be simulated anywhere. Configuration files are read from the real disk; nothing
else of the real machine is looked at, and nothing is written.
"""

from __future__ import annotations

import shlex
import stat
from posixpath import normpath

from initd.config.host import Host
from initd.config.load import Arguments, load, parse_arguments
from initd.kernel.linux_files import LinuxFiles
from sim.kernel import SimFiles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from initd.config.model import Config, ProcessConfig

DIRECTORY = stat.S_IFDIR | 0o755
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class ObligingFiles:
    """The files of a configuration as on the real disk, and for whatever else it asks: yes, that exists."""

    def __init__(self) -> None:
        self._disk = LinuxFiles()

    def read_file(self, path: str) -> bytes:
        return self._disk.read_file(path)

    def glob(self, pattern: str) -> list[str]:
        return self._disk.glob(pattern)

    def stat(self, path: str) -> tuple[int, int]:
        try:
            return self._disk.stat(path)
        except OSError:
            return DIRECTORY, 0

    def user(self, name_or_uid: str) -> tuple[str, int, int, str] | None:
        if name_or_uid == "root" or name_or_uid == "0":
            return "root", 0, 0, "/root"
        uid = int(name_or_uid) if name_or_uid.isdigit() else 1000 + sum(map(ord, name_or_uid))
        return name_or_uid, uid, uid, "/"

    def group(self, name_or_gid: str) -> tuple[str, int] | None:
        user = self.user(name_or_gid)
        return None if user is None else (user[0], user[2])


def read(path: str, cwd: str) -> tuple[Arguments, Host, Config]:
    """Read a configuration from the real disk as the daemon would on a machine that has all it names; ConfigError."""
    arguments = parse_arguments(["-c", path])
    host = Host({"PATH": PATH, "HOME": "/root"}, cwd, "sim", "/tmp", "initd", ObligingFiles())
    return arguments, host, load(arguments, host)


def furnish(files: SimFiles, config: Config, config_files: dict[str, bytes]) -> None:
    """Put into the simulated machine what the configuration names."""
    for path, data in config_files.items():
        _directory(files, path.rpartition("/")[0])
        files.put(path, data)
    files.syslogd()
    daemon = config.daemon
    _directory(files, daemon.childlogdir)
    for path in (daemon.logfile, daemon.pidfile, *(server.path for server in config.servers if server.path)):
        _parent(files, path)
    for group in config.groups:
        for process in group.processes:
            _furnish_process(files, process)


def _furnish_process(files: SimFiles, process: ProcessConfig) -> None:
    try:
        words = shlex.split(process.command)
    except ValueError:
        words = []  # the daemon will say so
    if words:
        path = words[0] if "/" in words[0] else f"/usr/bin/{words[0]}"
        _parent(files, path)
        if not files.exists(path):
            files.program(normpath(path))
    for log in (process.stdout, process.stderr):
        if isinstance(log.file, str) and log.file:
            _parent(files, log.file)
    if process.socket is not None and process.socket.path:
        _parent(files, process.socket.path)
    if process.directory:
        _directory(files, process.directory)
    if process.uid:
        files.users.add_user(process.user or str(process.uid), process.uid, process.uid)


def _parent(files: SimFiles, path: str) -> None:
    _directory(files, path.rpartition("/")[0] or "/")


def _directory(files: SimFiles, path: str) -> None:
    """Make the directories of an absolute path, those that a `..` leads out of included."""
    here = "/"
    for part in path.split("/")[1:] if path.startswith("/") else ():
        here = normpath(f"{here}/{part}")
        if not files.exists(here):
            files.directory(here)
