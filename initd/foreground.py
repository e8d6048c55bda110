"""The daemon in the foreground of its process: what only a real process does at start and at end (supervisord-4.3 §2.9).

Limits, the user, the pidfile and its lock, the word to whoever waits for the start, garbage collection. Everything else
is `app`, which the simulator runs as well.
"""

from __future__ import annotations

import errno
import gc
import os
import sys

from initd.app import Application, Hooks
from initd.config.load import load, plugins_of, render
from initd.config.model import Notice
from initd.daemonize import complain, report
from initd.errors import EXIT_USAGE, ConfigError
from initd.kernel import linux_process
from initd.kernel.linux import LinuxKernel
from initd.kernel.linux_files import LinuxFiles
from initd.pinned import pin
from initd.session import Environment
from initd.signals import CAUGHT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from initd.config.host import Host
    from initd.config.load import Arguments
    from initd.config.model import Config
    from initd.kernel.port import Files, Kernel
    from initd.recorded import Recorded
    from initd.session import Session

SWITCH_S = 0.0005
"""How long a worker thread, reading a configuration say, may hold the interpreter while the loop wants it."""
IN_USE = (
    "Another program is already listening on a port that one of our HTTP servers is configured to use.  "
    "Shut this program down first before starting supervisord."
)
AS_ROOT = (
    "Supervisor is running as root.  Privileges were not dropped because no user is specified in the config file.  "
    "If you intend to run as root, you can set user=root in the config file to avoid this message."
)


def run(arguments: Arguments, config: Config, host: Host, status: int) -> int:
    """Be the daemon until everything is down; returns the exit status. `status` is as `daemonize.status_fd` gives it."""
    sys.setswitchinterval(SWITCH_S)
    first = os.getpid() == 1
    recorded = _record(arguments, host)
    if recorded is not None:  # reading the configuration is part of the story
        host = recorded.host
        config = load(arguments, host)
    kernel = LinuxKernel()
    kernel.catch_signals(CAUGHT)
    linux_process.release_signals(CAUGHT)
    limits = _limits(config)
    notices = _become_user(config, host)
    console = 1 if config.daemon.nodaemon and not config.daemon.silent else -1
    port: Kernel = kernel if recorded is None else recorded.kernel(kernel)
    hear = None if recorded is None else recorded.effect
    environment = Environment(port, host, arguments, console, limits.child_nofile, hear, stderr=2)
    detached = status >= 0 or (first and not config.daemon.nodaemon)
    process = _Process(status, detached, plugins_of(config))
    hooks = process.hooks() if recorded is None else recorded.hooks(process.hooks())
    application = Application(environment, config, hooks)
    application.session.notices += [*notices, *[Notice("info", note) for note in limits.notes]]
    if recorded is not None:
        recorded.begin(application.session, lambda text: application.session.log("warn", text))
    _listen(application, process)
    try:
        process.lock(application.session)
    except ConfigError:
        for server in config.servers:  # bound by us a moment ago: those of the other one are elsewhere
            if server.family == "unix":
                os.unlink(server.path)
        raise
    gc.disable()  # a collection in the middle of a turn would delay everything: see `idle`
    status = application.run()
    if recorded is not None:
        recorded.end(status)
    return status


def _record(arguments: Arguments, host: Host) -> Recorded | None:
    """What records this daemon, if it is to be recorded; ConfigError if the file cannot be made."""
    if arguments.record is None:
        return None
    from initd.kernel.linux_record_file import RecordFile, current_thread
    from initd.recorded import Recorded

    path = os.path.join(host.cwd, arguments.record)
    try:
        file = RecordFile(path)
    except OSError as error:
        raise ConfigError(f"could not open the recording {path}: {error.strerror or error}", key="--record") from None
    return Recorded(file.write, arguments, host, LinuxFiles(), current_thread)


def _limits(config: Config) -> linux_process.Limits:
    try:
        return linux_process.raise_limits(config.daemon.minfds, config.daemon.minprocs)
    except linux_process.LimitError as error:
        files = error.name == "RLIMIT_NOFILE"
        option, what, of = ("minfds", "file descriptors", "process") if files else ("minprocs", "processes", "program")
        raise ConfigError(
            f"The minimum number of {'' if files else 'available '}{what} required to run this {of} is {error.wanted} "
            f'as per the "{option}" command-line argument or config file setting. The current environment will only '
            f"allow you to open {error.wanted} {what}.  Either raise the number of usable {what} in your environment "
            f"(see README.rst) or lower the {option} setting in the config file to allow the {of} to start.",
            key=option,
            hint=f"it allows {error.hard}",  # stock's sentence names the wrong number
        ) from None


def _become_user(config: Config, host: Host) -> list[Notice]:
    """Drop privileges if asked to; what to log about it."""
    uid, gid = config.daemon.uid, config.daemon.gid
    if uid is None:
        return [Notice("crit", AS_ROOT)] if os.getuid() == 0 else []
    if uid == os.getuid():  # nothing to ask the name service for
        return [Notice("info", f"Set uid to user {uid} succeeded")]
    files = LinuxFiles()
    user = files.user(str(uid))
    if user is None:
        raise ConfigError(f"Can't find uid {uid}", key="user")
    _import_all(config)
    try:
        linux_process.drop_privileges(uid, user[2] if gid is None else gid, files.groups_of(user[0], user[2]))
    except linux_process.IdentityError as error:
        raise ConfigError(error.text, key="user") from None
    return [Notice("info", f"Set uid to user {uid} succeeded")]


def _import_all(config: Config) -> None:
    """Import what is otherwise imported when first needed: another user may not be able to read it any more."""
    import difflib  # noqa: F401
    import glob  # noqa: F401
    import grp  # noqa: F401
    import pwd  # noqa: F401
    import shlex  # noqa: F401
    from importlib import machinery  # noqa: F401

    from initd.config import fastcgi, lineformat, single  # noqa: F401
    from initd.drive import trial  # noqa: F401
    from initd.kernel import linux_seen, linux_shared, linux_syslog  # noqa: F401
    from initd.logs import formats, lastwords, lines, syslog  # noqa: F401
    from initd.plugins import entry  # noqa: F401

    if plugins_of(config):
        from initd import members  # noqa: F401
        from initd.control.facade import handlers, interface  # noqa: F401

    if config.servers:
        from initd.control import door, http, rpc_explain  # noqa: F401
        from initd.explain import facts  # noqa: F401

        http.preload()
        door.preload()


def _listen(application: Application, process: _Process) -> None:
    servers = application.session.config.servers
    present = [server.path for server in servers if server.family == "unix" and os.path.exists(server.path)]
    try:
        application.listen()
    except ConfigError:  # a plugin; all servers were bound by us before it was asked
        for server in servers:
            if server.family == "unix" and os.path.exists(server.path):
                os.unlink(server.path)
        raise
    except OSError as error:
        number = error.errno or 0
        if number == errno.EADDRINUSE:
            raise ConfigError(IN_USE) from None
        name = errno.errorcode.get(number)  # a name service's error has none
        section = getattr(getattr(error, "config", None), "section", "")
        raise ConfigError(
            f"Cannot open an HTTP server: socket.error reported {f'errno.{name} ({number})' if name else number}",
            file=application.session.config.path,
            hint=f"[{section}] cannot listen at {error.filename}: {os.strerror(number) if name else error.strerror}",
        ) from None
    for path in present:  # nobody listened on it, or we would not be here
        process.say(f"Unlinking stale socket {path}\n")


class _Process:
    """What this process holds on behalf of the daemon: the locked pidfile, and the pipe to who waits for it."""

    def __init__(self, status: int, detached: bool, plugins: Sequence[str] = ()) -> None:
        self._status = status
        self._plugins = plugins
        self._detached = detached
        self._pidfile = ""
        self._lock = -1
        self._begun = False
        self._said = ""

    def hooks(self) -> Hooks:
        return Hooks(self._failed, self._started, self._idle, self._stopped, self._renewed, self._late)

    def say(self, text: str) -> None:
        """Have the user read this on standard error: our own, or that of the command that waits for us."""
        if self._status >= 0:
            self._said += text
        else:
            complain(text)

    def lock(self, session: Session) -> None:
        """Make sure that we are the only one with this pidfile (D12); ConfigError if we are not."""
        self._pidfile = path = session.config.daemon.pidfile
        try:
            umask = session.config.daemon.umask if self._detached and not self._begun else None
            self._lock = linux_process.lock_pidfile(path, umask)
        except linux_process.PidfileHeld as error:
            raise ConfigError(f"Another supervisord is already running: {error}", key="pidfile") from None
        except OSError:
            session.notices.append(Notice("crit", f"could not write pidfile {path}"))

    def unlock(self) -> None:
        """Give up the pidfile."""
        if self._lock >= 0:
            linux_process.remove_pidfile(self._lock, self._pidfile)
            os.close(self._lock)
            self._lock = -1

    def _failed(self, error: ConfigError) -> None:
        text = render(error, sys.argv[0])
        if self._status >= 0:
            report(self._status, EXIT_USAGE, self._said + text)
        else:
            complain(text)
        self._status = -1

    def _renewed(self, session: Session) -> None:
        try:
            session.notices += _become_user(session.config, session.host)
            if self._lock < 0 or session.config.daemon.pidfile != self._pidfile:
                self.unlock()
                self.lock(session)
        except ConfigError as error:  # it goes on as who it is, and without: better than to stop for good
            session.notices.append(Notice("crit", error.text))

    def _started(self, session: Session) -> bool:
        daemon = session.config.daemon
        if self._detached and not self._begun:  # once: a reload does not daemonize again
            if self._status >= 0:
                session.notices.append(Notice("info", "daemonizing the supervisord process"))
            linux_process.enter(None, daemon.umask)
            if daemon.directory is not None:
                try:
                    linux_process.enter(daemon.directory, None)
                    session.notices.append(Notice("info", f"set current directory: {daemon.directory!r}"))
                except OSError as error:
                    session.notices.append(Notice("crit", f"can't chdir into {daemon.directory!r}: {error}"))
        written = False
        if self._lock >= 0:
            try:
                linux_process.write_pidfile(self._lock, os.getpid())
                written = True
            except OSError:
                session.notices.append(Notice("crit", f"could not write pidfile {self._pidfile}"))
        report(self._status, 0, self._said)
        self._status = -1
        gc.freeze()
        self._begun = True
        return written

    def _late(self, files: Files) -> int:
        if not self._plugins:
            return pin(files)
        from initd.plugins.entry import packages_of

        return pin(files, others=packages_of(self._plugins))

    def _idle(self) -> None:
        gc.collect()

    def _stopped(self) -> None:
        self.unlock()
