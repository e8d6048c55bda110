"""Values that are accepted and cannot mean what they say (D22): only where a warning is nearly always right.

Looks at a configuration that is complete and valid. What concerns the words of a command is in `commands`, which is
imported for commands that give reason to.
"""

from __future__ import annotations

from posixpath import basename

from initd.config import paths
from initd.config.model import Diagnostic, Origin
from initd.config.section import Section
from initd.config.values import FALSE_WORDS
from initd.signals import SIGKILL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from initd.config.model import Config, DaemonConfig, GroupConfig, ProcessConfig
    from initd.config.section import Scope

    Logs = dict[str, list[tuple[ProcessConfig, str]]]
    """By path: the processes that log there, and the option that says so."""

_NOT_NEGATIVE = ("startsecs", "startretries", "stopwaitsecs")
_TINY_BYTES = 1024
_NOT_FOR_LISTENERS = ("stdout_capture_maxbytes", "stdout_events_enabled", "stdout_syslog")
"""Their standard output speaks the protocol of events (§1.7)."""
_MARKS = "&|<>$`~;\"'\\\u201c\u201d\u2018\u2019"
"""What a shell would have seen in a command, or a quotation."""
_PROGRAMS = frozenset(
    (
        "nginx redis-server valkey-server mongod gunicorn uwsgi celery httpd apache2 apachectl apache2ctl memcached mysqld "
        "haproxy crond cron sshd rsyslogd unicorn thin service systemctl nohup start-stop-daemon pg_ctl dnsmasq named squid "
        "docker docker-compose podman cd export source exec ulimit . set eval unset alias"
    ).split()
)
"""First words that `commands` has something to say about."""


def judge(scope: Scope, config: Config) -> None:
    """Report what is surely a mistake in the meaning of a configuration; changes nothing else."""
    _daemon(scope, config.daemon)
    _servers(scope, config)
    _listeners(scope)
    logs: Logs = {}
    sockets: dict[str, ProcessConfig] = {}
    seen: set[str] = set()
    groups: dict[str, GroupConfig] = {}
    for group in config.groups:
        _group(scope, group, groups)
        for process in group.processes:
            if process.section not in seen:
                seen.add(process.section)
                _program(Section(scope, process.section), process, config)
                _socket(scope, process, sockets)
            for option, log in (("stdout_logfile", process.stdout), ("stderr_logfile", process.stderr)):
                if isinstance(log.file, str) and log.maxbytes and not log.file.startswith(("/dev/", "/proc/")):
                    logs.setdefault(log.file, []).append((process, option))
    for path, writers in logs.items():
        if len(writers) > 1 or path == config.daemon.logfile:
            _shared_log(scope, path, writers, path == config.daemon.logfile)


def _daemon(scope: Scope, daemon: DaemonConfig) -> None:
    section = Section(scope, "supervisord")
    entry = section.entry("logfile")
    word = entry.text.lower() if entry is not None else ""
    if word in ("none", "off", "auto") or (word == "syslog" and entry is not None and entry.text != word):
        hint = "syslog is written in small letters" if word == "syslog" else "for no log write /dev/null"
        message = f"logfile of [supervisord] knows no word {word}: the log goes to a file of that name; {hint}"
        section.report("literal-logfile", message, "logfile")
    _tiny(section, "logfile_maxbytes", daemon.logfile_maxbytes)
    _environment(section, daemon.environment)
    if daemon.nodaemon:
        for option in ("directory", "umask"):
            if section.entry(option) is not None:
                message = f"{option} of [supervisord] has no effect with nodaemon=true"
                section.report("no-effect", message, option)


def _servers(scope: Scope, config: Config) -> None:
    servers = config.servers
    if servers and not any(interface.name == "supervisor" for interface in config.rpcinterfaces):
        message = (
            f"[{servers[0].section}] serves no calls, since there is no [rpcinterface:supervisor]: supervisorctl cannot "
            "control this daemon"
        )
        scope.report(Diagnostic("no-rpcinterface", message, _header(scope, servers[0].section), servers[0].section))
    client = Section(scope, "supervisorctl", {"here": scope.here})
    entry = client.entry("serverurl")
    url = entry.text.replace("%(here)s", scope.here) if entry is not None else ""
    if entry is None or "%" in url or not url.startswith("unix:///"):
        return
    ours = {f"unix://{server.path}": server.section for server in servers if server.family == "unix"}
    socket = "/" + paths.absolute(url[7:], scope.host).lstrip("/")
    if f"unix://{socket}" not in ours:
        near = next(iter(ours), "")
        message = f"serverurl of [supervisorctl] is {url}, where no server of this file listens"
        related = tuple((_header(scope, name), f"this one listens at {one}") for one, name in ours.items())
        scope.report(Diagnostic("foreign-serverurl", message, entry.origin, client.name, "serverurl", related, near))


def _listeners(scope: Scope) -> None:
    for name in scope.ini.sections():
        if name.startswith("eventlistener:"):
            section = Section(scope, name)
            for option in _NOT_FOR_LISTENERS:
                entry = section.entry(option)
                if entry is not None and entry.text.lower() not in (*FALSE_WORDS, "0kb", "0mb", "0gb"):
                    section.report("no-effect", f"{option} has no effect in [{name}]", option)


def _group(scope: Scope, group: GroupConfig, groups: dict[str, GroupConfig]) -> None:
    earlier = groups.setdefault(group.name, group)
    if earlier is not group:
        message = f"there is a group {group.name} already, at {earlier.origin.place()}: this one is never started"
        related = ((earlier.origin, "the group that is started"),)
        scope.report(Diagnostic("duplicate-group", message, group.origin, None, None, related))
    if not group.processes:
        message = f"group {group.name} has no processes: " + (
            "it has no programs=" if scope.ini.has_section(f"group:{group.name}") else "numprocs is not positive"
        )
        scope.report(Diagnostic("no-processes", message, group.origin))
    processes: dict[str, ProcessConfig] = {}
    for process in group.processes:
        other = processes.setdefault(process.name, process)
        if other is not process:
            at, there = _origin(scope, process, "process_name"), _origin(scope, other, "process_name")
            message = f"group {group.name} has a process {process.name} already, from {there.place()}"
            found = Diagnostic(
                "duplicate-process", message, at, process.section, "process_name", ((there, "the other"),)
            )
            scope.report(found)


def _program(section: Section, process: ProcessConfig, config: Config) -> None:
    for option in _NOT_NEGATIVE:
        value = getattr(process, option)
        if value < 0:
            message = f"{option}={value} in [{section.name}] counts like 0"
            section.report("negative-value", message, option)
    if process.stopwaitsecs == 0 and process.stopsignal != SIGKILL:
        message = f"stopwaitsecs=0 in [{section.name}]: SIGKILL follows the stop signal at once"
        section.report("immediate-kill", message, "stopwaitsecs")
    for stream, log in (("stdout", process.stdout), ("stderr", process.stderr)):
        if log.file is not None:
            _tiny(section, f"{stream}_logfile_maxbytes", log.maxbytes)
    _formats(section, process)
    uid = config.daemon.uid if config.daemon.uid is not None else section.scope.host.uid
    if uid and process.uid is not None and process.uid != uid:
        message = (
            f"user={process.user} in [{section.name}]: only root can become another user, and the daemon runs as {uid}"
        )
        section.report("user-without-root", message, "user")
    _environment(section, process.environment)
    directory = process.directory
    if directory is not None and directory.startswith("~"):
        message = f"directory={directory} in [{section.name}]: a ~ is not expanded here"
        section.report("literal-tilde", message, "directory")
    if suspect(process.command):
        from initd.config.commands import examine

        examine(section, process.command)


def _formats(section: Section, process: ProcessConfig) -> None:
    """What is said about the lines of a log and concerns none: it is of another format, or there is no log."""
    for stream, log in (("stdout", process.stdout), ("stderr", process.stderr)):
        kind = "raw" if log.format is None else log.format.kind
        for option, kinds in (("format", ("prefix", "json")), ("timestamp", ("prefix", "json")), ("prefix", ("prefix",))):
            name = f"{stream}_{option}"
            if section.entry(name) is None:
                continue
            if stream == "stderr" and process.redirect_stderr:
                section.report("no-effect", f"{name} has no effect in [{section.name}] with redirect_stderr=true", name)
            elif option != "format" and kind not in kinds:
                message = f"{name} has no effect in [{section.name}] with {stream}_format={kind}"
                section.report("no-effect", message, name)


def _socket(scope: Scope, process: ProcessConfig, sockets: dict[str, ProcessConfig]) -> None:
    if process.socket is None:
        return
    other = sockets.setdefault(process.socket.url, process)
    if other is not process:
        message = f"socket of [{process.section}] is that of [{other.section}]: only one of them can have it"
        at, there = _origin(scope, process, "socket"), _origin(scope, other, "socket")
        scope.report(Diagnostic("shared-socket", message, at, process.section, "socket", ((there, "the other"),)))


def _environment(section: Section, pairs: Mapping[str, str]) -> None:
    """What a shell would have made of the pairs; those of [supervisord] are among a program's, and are told there."""
    entry = section.entry("environment")
    if entry is None or ("$" not in entry.text and not any(quote in key for key in pairs for quote in "'\"")):
        return
    for key, value in pairs.items():
        itself = next((one for one in (f"${key}", f"${{{key}}}") if one in value and one in entry.text), None)
        if itself is not None:
            message = f"{key} in environment of [{section.name}] has {itself} in it, which no shell expands"
            section.report("literal-variable", f"{message}; write %(ENV_{key})s", "environment")
        if key in entry.text and any(quote in key for quote in "'\""):
            message = f"environment of [{section.name}] sets a variable of the name {key}, with its quotation marks"
            section.report("quoted-variable", message, "environment")


def suspect(command: str) -> bool:
    """Whether there may be something to say about a command."""
    words = command.split(None, 1)
    if not words or any(mark in command for mark in _MARKS):
        return True
    return "=" in words[0] or basename(words[0]) in _PROGRAMS or words[0].startswith(("/etc/init.d/", "php-fpm"))


def _tiny(section: Section, option: str, size_bytes: int) -> None:
    if 0 < size_bytes < _TINY_BYTES:
        message = f"{option} of [{section.name}] is {size_bytes} bytes: a log would be rotated at almost every line"
        section.report("tiny-log", message, option)


def _shared_log(scope: Scope, path: str, writers: Sequence[tuple[ProcessConfig, str]], main: bool) -> None:
    """One warning a file, at the last who writes there."""
    places = {_origin(scope, process, option): (process.section, option) for process, option in writers}
    at = max(places, key=lambda origin: (origin.file or "", origin.line or 0))
    section, option = places.pop(at)
    if main:
        places[Section(scope, "supervisord").origin("logfile")] = "supervisord", "logfile"
    names = {name for name, _ in places.values()} - {section}
    if names:
        named = " and ".join(f"[{name}]" for name in (*sorted(names), section))
        message = f"{named} log to one file, {path}, which is rotated and cleared for all of them"
    elif not places:  # processes of one program share it, as is meant: their rotation is shared, too
        return
    else:
        message = f"stdout and stderr of [{section}] go to one file, {path}: write redirect_stderr=true instead"
    related = tuple((origin, f"[{name}] logs there, too") for origin, (name, _) in places.items())
    scope.report(Diagnostic("shared-log", message, at, section, option, related))


def _origin(scope: Scope, process: ProcessConfig, option: str) -> Origin:
    return process.origins.get(option) or _header(scope, process.section)


def _header(scope: Scope, name: str) -> Origin:
    return Section(scope, name).header()
