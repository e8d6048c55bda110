"""Every option of every section, with its type and its default, one row each; and which sections there are.

A literal copy of docs/supervisord-options.tsv, from which a test derives it again, and what is ours alone. Types name
the parsers in `section`;
defaults are texts, parsed like written ones. What a text cannot say (AUTO logs, the temporary directory) is UNSET here
and decided by the builder of that section.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    Table = dict[str, tuple[str, str | None]]
    """Option name to (type, default)."""

UNSET: Final = None
"""The default of an option that is optional and has no text as its default."""
REQUIRED: Final = None
"""The default of an option that must be written; its builder says so in supervisord's words."""
ANY = "*"
"""The option name that stands for every further key of the section."""

UNIX_HTTP_SERVER: Table = {
    "file": ("path", REQUIRED),
    "chmod": ("octal", "0700"),
    "chown": ("user[:group]", UNSET),
    "username": ("string", UNSET),
    "password": ("string", UNSET),
}

INET_HTTP_SERVER: Table = {
    "port": ("inet_address", REQUIRED),
    "username": ("string", UNSET),
    "password": ("string", UNSET),
}

SUPERVISORD: Table = {
    "logfile": ("existing_dirpath", "supervisord.log"),
    "logfile_maxbytes": ("byte_size", "50MB"),
    "logfile_backups": ("integer", "10"),
    "loglevel": ("log_level", "info"),
    "pidfile": ("existing_dirpath", "supervisord.pid"),
    "umask": ("octal", "022"),
    "nodaemon": ("boolean", "false"),
    "silent": ("boolean", "false"),
    "minfds": ("integer", "1024"),
    "minprocs": ("integer", "200"),
    "nocleanup": ("boolean", "false"),
    "childlogdir": ("existing_directory", UNSET),
    "user": ("user", UNSET),
    "directory": ("existing_directory", UNSET),
    "strip_ansi": ("boolean", "false"),
    "environment": ("key_value_pairs", ""),
    "identifier": ("string", "supervisor"),
}

SUPERVISORCTL: Table = {
    "serverurl": ("url", "http://localhost:9001"),
    "username": ("string", UNSET),
    "password": ("string", UNSET),
    "prompt": ("string", "supervisor"),
    "history_file": ("path", UNSET),
}

INCLUDE: Table = {
    "files": ("glob_list", REQUIRED),
}

PROGRAM: Table = {
    "command": ("command_line", REQUIRED),
    "process_name": ("template_name", "%(program_name)s"),
    "numprocs": ("integer", "1"),
    "numprocs_start": ("integer", "0"),
    "priority": ("integer", "999"),
    "autostart": ("boolean", "true"),
    "startsecs": ("integer", "1"),
    "startretries": ("integer", "3"),
    "autorestart": ("autorestart", "unexpected"),
    "exitcodes": ("exit_code_list", "0"),
    "stopsignal": ("signal", "TERM"),
    "stopwaitsecs": ("integer", "10"),
    "stopasgroup": ("boolean", "false"),
    "killasgroup": ("boolean", UNSET),
    "user": ("user", UNSET),
    "redirect_stderr": ("boolean", "false"),
    "stdout_logfile": ("logfile", UNSET),
    "stdout_logfile_maxbytes": ("byte_size", "50MB"),
    "stdout_logfile_backups": ("integer", "10"),
    "stdout_capture_maxbytes": ("byte_size", "0"),
    "stdout_events_enabled": ("boolean", "false"),
    "stdout_syslog": ("boolean", "false"),
    "stderr_logfile": ("logfile", UNSET),
    "stderr_logfile_maxbytes": ("byte_size", "50MB"),
    "stderr_logfile_backups": ("integer", "10"),
    "stderr_capture_maxbytes": ("byte_size", "0"),
    "stderr_events_enabled": ("boolean", "false"),
    "stderr_syslog": ("boolean", "false"),
    "environment": ("key_value_pairs", ""),
    "directory": ("string", UNSET),
    "umask": ("octal", UNSET),
    "serverurl": ("string", UNSET),
}

FCGI_PROGRAM: Table = {
    **PROGRAM,
    "socket": ("fcgi_socket", REQUIRED),
    "socket_backlog": ("integer_1_65535", UNSET),
    "socket_owner": ("user[:group]", UNSET),
    "socket_mode": ("octal", "0700"),
}

EVENTLISTENER: Table = {
    **PROGRAM,
    "priority": ("integer", "-1"),
    "events": ("event_name_list", REQUIRED),
    "buffer_size": ("integer>=1", "10"),
    "result_handler": ("entry_point", "supervisor.dispatchers:default_handler"),
}

GROUP: Table = {
    "programs": ("string_list", ""),
    "priority": ("integer", "999"),
}

RPCINTERFACE: Table = {
    "supervisor.rpcinterface_factory": ("entry_point", REQUIRED),
    "*": ("string", UNSET),
}

CTLPLUGIN: Table = {
    "supervisor.ctl_factory": ("entry_point", REQUIRED),
    "*": ("string", UNSET),
}

INITD: Table = {
    "web_get_actions": ("boolean", "false"),
    "web_hosts": ("string_list", ""),
    "exit_code_from": ("string", UNSET),
    "exit_when_idle": ("boolean", "false"),
    "fatal_exit_code": ("integer", UNSET),
    "shutdown_timeout": ("integer", UNSET),
}

ENDS: Table = {
    "essential": ("boolean", "false"),
    "main": ("boolean", "false"),
    "on_exit": ("consequence", "none"),
    "on_failure": ("consequence", "none"),
    "on_fatal": ("consequence", "none"),
}
"""What the end of a program means."""

FORMATS: Table = {
    "stdout_format": ("line_format", "raw"),
    "stdout_prefix": ("string", "%(process_name)s |"),
    "stdout_timestamp": ("timestamp", UNSET),
    "stderr_format": ("line_format", "raw"),
    "stderr_prefix": ("string", "%(process_name)s |"),
    "stderr_timestamp": ("timestamp", UNSET),
}
"""What the lines of a program look like in its logs."""

OURS: Table = {**ENDS, **FORMATS}
"""What only we know of in the sections of programs."""

DAEMON: Table = {
    "log_format": ("log_format", "text"),
}
"""What only we know of in [supervisord]."""

SECTIONS: dict[str, Table] = {
    "unix_http_server": UNIX_HTTP_SERVER,
    "inet_http_server": INET_HTTP_SERVER,
    "supervisord": {**SUPERVISORD, **DAEMON},
    "supervisorctl": SUPERVISORCTL,
    "include": INCLUDE,
    "program:": {**PROGRAM, **OURS},
    "fcgi-program:": {**FCGI_PROGRAM, **OURS},
    "eventlistener:": {**EVENTLISTENER, **OURS},
    "group:": GROUP,
    "rpcinterface:": RPCINTERFACE,
    "ctlplugin:": CTLPLUGIN,
    "initd": INITD,
}
"""Section name, or the prefix of one with a name of its own, to its options."""


def table_for(section: str) -> Table | None:
    """The options of a section by its full name; None for a section that nobody reads.

    A server section is told by how its name begins, with or without a colon after it (§1.7).
    """
    for prefix in ("unix_http_server", "inet_http_server"):
        if section.startswith(prefix):
            return SECTIONS[prefix]
    kind, colon, _ = section.partition(":")
    return SECTIONS.get(kind + colon)
