"""What a configuration is once it has been checked: records with supervisord's own option names (supervisord-4.3 §1.7).

Units are those of the file: whole seconds, bytes, octal modes as integers, signal numbers. `None` is "not set". Nothing
here decides anything; defaults live in `options`, rules in `check`.
"""

from __future__ import annotations

import enum

from initd.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class Autorestart(enum.Enum):
    """When an EXITED program starts again by itself."""

    ALWAYS = "true"
    NEVER = "false"
    UNEXPECTED = "unexpected"


class AutoLog(enum.Enum):
    """The AUTO log file: named at random in childlogdir, wiped at each start of the daemon."""

    AUTO = "AUTO"


AUTO = AutoLog.AUTO


class Origin(Record):
    """Where a value was written: `file` is None for a command line argument, `line` is 1-based."""

    file: str | None
    line: int | None = None

    def place(self) -> str:
        """`file:line`, as far as known."""
        return f"{self.file}" if self.line is None else f"{self.file}:{self.line}"


class FormatConfig(Record):
    """What lines look like in a log: `kind` is `prefix` or `json`, `prefix` expanded, `timestamp` `utc`, `local` or `none`."""

    kind: str
    prefix: str
    timestamp: str


class LogConfig(Record):
    """One output stream of a program. `file` is a path, AUTO, or None for no file; `format` None is raw."""

    file: str | AutoLog | None
    maxbytes: int
    backups: int
    capture_maxbytes: int = 0
    events_enabled: bool = False
    syslog: bool = False
    format: FormatConfig | None = None


class EndsConfig(Record):
    """What the end of a program means for the daemon, each off until set: see `supervise.policy.Consequences`."""

    essential: bool = False
    main: bool = False
    on_exit: bool = False
    on_failure: bool = False
    on_fatal: bool = False


class SocketConfig(Record):
    """The socket that the processes of an fcgi-program share: `url` as supervisord shows it, then its parts.

    `path`, `mode` and `owner` are for unix://, `host` and `port` for tcp://. `owner` is (uid, gid) with gid -1 for "leave",
    or None; `backlog` None is as many as the system allows.
    """

    url: str
    path: str = ""
    host: str = ""
    port: int = 0
    mode: int = 0o700
    owner: tuple[int, int] | None = None
    backlog: int | None = None


class ProcessConfig(Record):
    """One process to supervise: a [program:x] after numprocs and expansion.

    `name` is the process name, `program` the x of the section. `uid` is resolved, `user` the text it came from.
    `serverurl` None means "not set" (nothing is added to the environment), AUTO has been resolved already; then
    `auto_serverurl` is set, since a reread compares what was written.
    `environment` is [supervisord] environment overlaid by the program's own. `last` is the command of the command line.
    `origins` maps option names to the place
    they were written.
    """

    name: str
    program: str
    command: str
    priority: int = 999
    autostart: bool = True
    startsecs: int = 1
    startretries: int = 3
    autorestart: Autorestart = Autorestart.UNEXPECTED
    exitcodes: tuple[int, ...] = (0,)
    stopsignal: int = 15
    stopwaitsecs: int = 10
    stopasgroup: bool = False
    killasgroup: bool = False
    user: str | None = None
    uid: int | None = None
    redirect_stderr: bool = False
    stdout: LogConfig = LogConfig(AUTO, 50 * 1024 * 1024, 10)
    stderr: LogConfig = LogConfig(AUTO, 50 * 1024 * 1024, 10)
    environment: Mapping[str, str] = {}
    directory: str | None = None
    umask: int | None = None
    serverurl: str | None = None
    section: str = ""
    origins: Mapping[str, Origin] = {}
    auto_serverurl: bool = False
    ends: EndsConfig = EndsConfig()
    last: bool = False
    socket: SocketConfig | None = None


class ListenerConfig(Record):
    """What makes a group a pool of event listeners: types of events, how many may wait, `result_handler` as written."""

    events: tuple[str, ...]
    buffer_size: int
    result_handler: str


class GroupConfig(Record):
    """A process group: members in boot order (for a [program:x], its numprocs; for a [group:x], its `programs=`).

    `listener` is set for an [eventlistener:x].
    """

    name: str
    priority: int
    processes: tuple[ProcessConfig, ...]
    origin: Origin = Origin(None)
    listener: ListenerConfig | None = None


class ServerConfig(Record):
    """One HTTP server. `family` is `unix` (then `path`, `mode`, `owner`) or `inet` (then `host`, `port`).

    `owner` is (uid, gid) with gid -1 for "leave", or None. `password` is clear text or `{SHA}` + hex SHA-1.
    """

    section: str
    family: str
    path: str = ""
    mode: int = 0o700
    owner: tuple[int, int] | None = None
    host: str = ""
    port: int = 0
    username: str | None = None
    password: str | None = None


class PluginConfig(Record):
    """One [rpcinterface:NAME] or [ctlplugin:NAME]: its factory as written (`module:attribute`) and the other keys."""

    name: str
    factory: str
    options: Mapping[str, str]


class DaemonConfig(Record):
    """[supervisord] with the command line applied. Paths are absolute. `uid` is resolved from `user`."""

    logfile: str
    logfile_maxbytes: int = 50 * 1024 * 1024
    logfile_backups: int = 10
    loglevel: str = "info"
    pidfile: str = "supervisord.pid"
    umask: int = 0o022
    nodaemon: bool = False
    silent: bool = False
    minfds: int = 1024
    minprocs: int = 200
    nocleanup: bool = False
    childlogdir: str = "/tmp"
    user: str | None = None
    uid: int | None = None
    gid: int | None = None
    directory: str | None = None
    strip_ansi: bool = False
    environment: Mapping[str, str] = {}
    identifier: str = "supervisor"
    logfile_syslog: bool = False
    serverurl: str | None = None
    log_format: str = "text"


class OwnConfig(Record):
    """[initd]: what supervisord does not know and ignores; off until set.

    `exit_code_from` is `none`, `first-failure`, the `group:name` of a process, or "". Times are whole seconds.
    """

    web_get_actions: bool = False
    web_hosts: tuple[str, ...] = ()
    exit_code_from: str = ""
    exit_when_idle: bool = False
    fatal_exit_code: int | None = None
    shutdown_timeout: int | None = None


class Notice(Record):
    """Something to log once the log is open: `level` is `crit`, `warn` or `info`; `text` is the whole message."""

    level: str
    text: str


class Diagnostic(Record):
    """Something to tell about a place in a configuration (D22): `code` is stable, `codes` explains each.

    `message` is a sentence without its place; `related` are other places it speaks of, and what is there; `suggestion` is
    what to write instead, or empty.
    """

    code: str
    message: str
    origin: Origin
    section: str | None = None
    key: str | None = None
    related: tuple[tuple[Origin, str], ...] = ()
    suggestion: str = ""
    severity: str = "warning"


class Config(Record):
    """A whole checked configuration: what the daemon runs on.

    `groups` are in start order: ascending (priority, name). `notices` are what parsing wants logged; `diagnostics` are
    the warnings among them, in full.
    """

    path: str
    here: str
    daemon: DaemonConfig
    groups: tuple[GroupConfig, ...]
    servers: tuple[ServerConfig, ...]
    rpcinterfaces: tuple[PluginConfig, ...]
    notices: tuple[Notice, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    own: OwnConfig = OwnConfig()


class ClientConfig(Record):
    """[supervisorctl] with the command line applied; defaults where there is no file."""

    serverurl: str = "http://localhost:9001"
    username: str | None = None
    password: str | None = None
    prompt: str = "supervisor"
    history_file: str | None = None
