"""Runs configurations through the real supervisor: cases as JSON on standard input, results as JSON on standard output.

A script of its own, started once for all cases, because the reference keeps state in its modules and exits on errors.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import traceback

from supervisor.datatypes import Automatic, RestartUnconditionally, RestartWhenExitUnexpected
from supervisor.loggers import LevelsByDescription
from supervisor.options import ClientOptions, ServerOptions

SAME = (
    "name",
    "command",
    "priority",
    "autostart",
    "startsecs",
    "startretries",
    "exitcodes",
    "stopsignal",
    "stopwaitsecs",
    "stopasgroup",
    "killasgroup",
    "uid",
    "redirect_stderr",
    "environment",
    "directory",
    "umask",
    "serverurl",
)
STREAM = (
    "logfile",
    "logfile_maxbytes",
    "logfile_backups",
    "capture_maxbytes",
    "events_enabled",
    "syslog",
)
DAEMON = (
    "logfile",
    "logfile_maxbytes",
    "logfile_backups",
    "pidfile",
    "umask",
    "nodaemon",
    "silent",
    "minfds",
    "minprocs",
    "nocleanup",
    "childlogdir",
    "user",
    "uid",
    "gid",
    "directory",
    "strip_ansi",
    "identifier",
    "serverurl",
)
CLIENT = ("serverurl", "username", "password", "prompt", "history_file", "args")
RESTARTS = {RestartUnconditionally: "true", RestartWhenExitUnexpected: "unexpected", False: "false"}
LEVELS = {value: key for key, value in vars(LevelsByDescription).items() if not key.startswith("_")}


class Silent:
    """In place of the warnings module."""

    def warn(self, *_args):
        """Nothing."""


def main():
    results = []
    for case in json.load(sys.stdin):
        os.chdir(case["cwd"])
        os.environ.clear()
        os.environ.update(case["environ"])
        sys.argv[0] = case["argv0"]
        results.append(run(ClientOptions if case["client"] else ServerOptions, case["argv"]))
    json.dump(results, sys.stdout)


def run(kind, argv):
    options = kind()
    options.stdout, options.stderr, options.warnings = io.StringIO(), io.StringIO(), Silent()
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            options.realize(argv, doc="help")
    except SystemExit as stop:
        return {"exit": stop.code, "stderr": options.stderr.getvalue(), "stdout": options.stdout.getvalue()}
    except Exception:
        return {"traceback": traceback.format_exc()}
    return client(options) if kind is ClientOptions else daemon(options)


def client(options):
    shown = {name: getattr(options, name) for name in CLIENT}
    return {"client": {**shown, "interactive": bool(options.interactive)}}


def daemon(options):
    shown = {name: getattr(options, name) for name in DAEMON}
    shown["loglevel"] = LEVELS[options.loglevel]
    shown["environment"] = options.configroot.supervisord.environment
    for name in ("nodaemon", "silent", "nocleanup", "strip_ansi"):
        shown[name] = bool(shown[name])
    return {
        "daemon": shown,
        "groups": [
            [group.name, group.priority, [process(one) for one in group.process_configs], socket(group)]
            for group in options.process_group_configs
        ],
        "servers": [server(config) for config in options.server_configs],
        "warn": options.parse_warnings,
        "info": options.parse_infos,
    }


def socket(group):
    config = getattr(group, "socket_config", None)
    if config is None or not group.process_configs:
        return None
    mode, owner = (config.mode, config.owner) if config.url.startswith("unix") else (0o700, None)
    return [config.url, config.addr(), mode, owner, config.backlog]


def process(config):
    shown = {name: getattr(config, name) for name in SAME}
    shown["autorestart"] = RESTARTS[config.autorestart]
    for stream in ("stdout", "stderr"):
        values = [getattr(config, f"{stream}_{name}") for name in STREAM]
        shown[stream] = ["AUTO" if values[0] is Automatic else values[0], *values[1:]]
    return shown


def server(config):
    kept = ("section", "host", "port", "file", "chmod", "username", "password")
    shown = {name: config.get(name) for name in kept}
    shown["chown"] = list(config.get("chown", ()))
    return shown


if __name__ == "__main__":
    main()
