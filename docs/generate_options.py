"""Writes docs/options.md from the options the daemon reads and the code that acts on them: `python docs/generate_options.py`.

`WHERE` says which module makes an option come true and by which attribute or text it asks for it; that it does is checked here,
so that the page cannot name a module that has nothing to do with it. What no module acts on is called so.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

from initd.config.host import Host
from initd.config.load import Arguments, load
from initd.config.options import ENDS, SECTIONS
from initd.errors import ConfigError

DOCS = Path(__file__).parent
ROOT = DOCS.parent
TARGET = DOCS / "options.md"
DOCUMENTED = DOCS / "supervisord-options.tsv"
NOT_YET = "not yet"
FACTORY = "supervisor.rpcinterface_factory"
INTRODUCTION = f"""\
# Every option

Generated from `initd/config/options.py` and the code that acts on them. Names, types and defaults are supervisord 4.3's, but for
`[initd]`, for `log_format`, and for the last eleven of a program, which supervisord ignores: [containers.md](containers.md) and
[logs.md](logs.md) tell of them. The right column names the module that makes an option come true; *{NOT_YET}* means that this
release reads and checks it and does nothing with it (a warning says so where it matters), or refuses the section. What each type
takes is in `initd/config/values.py`, `paths.py` and `users.py`; what is refused or doubtful, `initd check` tells
([diagnostics.md](diagnostics.md)).
"""

_PROGRAM = {
    "command": "initd/drive/resolve.py command",
    "process_name": "initd/config/programs.py process_name",
    "numprocs": "initd/config/programs.py numprocs",
    "numprocs_start": "initd/config/programs.py numprocs_start",
    "priority": "initd/supervise/supervisor.py priority",
    "autostart": "initd/supervise/supervisor.py autostart",
    "startsecs": "initd/supervise/starting.py startsecs",
    "startretries": "initd/supervise/policy.py startretries",
    "autorestart": "initd/supervise/policy.py autorestart",
    "exitcodes": "initd/supervise/policy.py exitcodes",
    "stopsignal": "initd/supervise/stopping.py stopsignal",
    "stopwaitsecs": "initd/supervise/policy.py stopwaitsecs",
    "stopasgroup": "initd/supervise/stopping.py stopasgroup",
    "killasgroup": "initd/supervise/stopping.py killasgroup",
    "user": "initd/drive/spawner.py uid",
    "redirect_stderr": "initd/drive/spawner.py redirect_stderr",
    "environment": "initd/drive/spawner.py environment",
    "directory": "initd/drive/spawner.py directory",
    "umask": "initd/drive/spawner.py umask",
    "serverurl": "initd/drive/spawner.py serverurl",
}
for _stream in ("stdout", "stderr"):
    _PROGRAM |= {
        f"{_stream}_logfile": "initd/drive/spawner.py file",
        f"{_stream}_logfile_maxbytes": "initd/logs/rotate.py maxbytes",
        f"{_stream}_logfile_backups": "initd/logs/rotate.py backups",
        f"{_stream}_capture_maxbytes": "initd/logs/pipe.py capture_maxbytes",
        f"{_stream}_events_enabled": "initd/taps.py events_enabled",
        f"{_stream}_syslog": "initd/taps.py syslog",
        f"{_stream}_format": "initd/logs/formats.py kind",
        f"{_stream}_prefix": "initd/logs/formats.py prefix",
        f"{_stream}_timestamp": "initd/logs/formats.py timestamp",
    }
_PROGRAM |= {option: f"initd/supervise/policy.py {option}" for option in ENDS}
_LOGIN = {"username": "initd/control/http.py username", "password": "initd/control/http.py password"}
WHERE: dict[str, dict[str, str]] = {
    "unix_http_server": {
        **_LOGIN,
        "file": "initd/control/http.py path",
        "chmod": "initd/control/http.py mode",
        "chown": "initd/control/http.py owner",
    },
    "inet_http_server": {**_LOGIN, "port": "initd/control/http.py port"},
    "supervisord": {
        "logfile": "initd/logs/mainlog.py path",
        "logfile_maxbytes": "initd/logs/rotate.py maxbytes",
        "logfile_backups": "initd/logs/rotate.py backups",
        "loglevel": "initd/session.py loglevel",
        "pidfile": "initd/foreground.py pidfile",
        "umask": "initd/foreground.py umask",
        "nodaemon": "initd/daemon.py nodaemon",
        "silent": "initd/foreground.py silent",
        "minfds": "initd/foreground.py minfds",
        "minprocs": "initd/foreground.py minprocs",
        "nocleanup": "initd/startup.py nocleanup",
        "childlogdir": "initd/session.py childlogdir",
        "user": "initd/foreground.py uid",
        "directory": "initd/foreground.py directory",
        "strip_ansi": "initd/taps.py strip_ansi",
        "environment": "initd/config/load.py environment",
        "identifier": "initd/control/rpc_daemon.py identifier",
        "log_format": "initd/logs/mainlog.py log_format",
    },
    "supervisorctl": {
        "serverurl": "initd/control/client/server.py serverurl",
        "username": "initd/control/client/server.py username",
        "password": "initd/control/client/server.py password",
        "prompt": "initd/control/client/shell.py prompt",
        "history_file": "initd/control/client/shell.py history_file",
    },
    "include": {"files": "initd/config/include.py files"},
    "program:": _PROGRAM,
    "fcgi-program:": {
        **_PROGRAM,
        "socket": "initd/drive/sockets.py path",
        "socket_backlog": "initd/drive/sockets.py backlog",
        "socket_owner": "initd/drive/sockets.py owner",
        "socket_mode": "initd/drive/sockets.py mode",
    },
    "eventlistener:": {
        **_PROGRAM,
        "events": "initd/supervise/pools.py events",
        "buffer_size": "initd/supervise/pools.py buffer_size",
        "result_handler": "initd/control/facade/handlers.py handler",
    },
    "group:": {"programs": "initd/config/groups.py programs", "priority": "initd/supervise/supervisor.py priority"},
    "rpcinterface:": {
        FACTORY: "initd/control/facade/interface.py factory",
        "*": "initd/control/facade/interface.py options",
    },
    "ctlplugin:": {
        "supervisor.ctl_factory": "initd/control/client/controller.py factory",
        "*": "initd/control/client/controller.py options",
    },
    "initd": {
        "web_get_actions": "initd/control/web/pages.py web_get_actions",
        "web_hosts": "initd/control/http.py web_hosts",
        "exit_code_from": "initd/drive/policies.py exit_code_from",
        "exit_when_idle": "initd/drive/policies.py exit_when_idle",
        "fatal_exit_code": "initd/drive/policies.py fatal_exit_code",
        "shutdown_timeout": "initd/drive/policies.py shutdown_timeout",
    },
}
"""By section and option: the module and what it asks for. `?` for the module: whichever does, beyond reading the option."""

_PROBES = {
    "eventlistener:": "[eventlistener:x]\ncommand=x\nevents=EVENT\n",
}
"""Sections that were refused before they could be used; there is nothing wrong in them."""
_READERS = ("initd/config/", "initd/control/facade/members.py", "initd/control/rpc_info.py", "initd/check.py")
"""Who reads or shows an option without acting on it."""


class _OneFile:
    """A host's files, of which there is one."""

    def __init__(self, text: str) -> None:
        self._text = text

    def read_file(self, path: str) -> bytes:
        return self._text.encode()

    def glob(self, pattern: str) -> list[str]:
        return []

    def stat(self, path: str) -> tuple[int, int]:
        return (0o100644, 0) if path.endswith(".conf") else (0o040755, 0)

    def user(self, name_or_uid: str) -> tuple[str, int, int, str] | None:
        return None

    def group(self, name_or_gid: str) -> tuple[str, int] | None:
        return None


@cache
def refused(section: str) -> bool:
    """Whether a section is refused because it cannot be used yet."""
    text = "[supervisord]\n" + _PROBES.get(section, "")
    try:
        load(Arguments("/x.conf"), Host({}, "/", "box", "/", "initd", _OneFile(text)))
    except ConfigError as error:
        return "supported" in error.text
    return False


def mentions(module: Path) -> set[str]:
    """Everything a module asks for by an attribute, a keyword or a text."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.Name | ast.arg):
            found.add(node.id if isinstance(node, ast.Name) else node.arg)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    return found


def place(section: str, option: str, known: dict[str, set[str]]) -> str:
    """The module that acts on an option, or NOT_YET; AssertionError if the one that is named does not."""
    module, _, word = WHERE[section][option].partition(" ")
    if refused(section):
        return NOT_YET
    if not module.startswith("?"):
        assert word in known[module], f"{module} has nothing to do with {word}, option {option} of {section}"
        return f"`{module}`"
    within = "initd/control/client" if module == "?client" else "initd/"
    acting = [name for name, words in known.items() if word in words and name.startswith(within)]
    acting = [name for name in acting if not name.startswith(_READERS)]
    return ", ".join(f"`{name}`" for name in acting) or NOT_YET


def documented() -> dict[tuple[str, str], tuple[str, str]]:
    """By section (with its colon) and option: the default in words, and a note."""
    rows = [line.split("\t") for line in DOCUMENTED.read_text(encoding="utf-8").splitlines()[1:]]
    return {(row[0].removesuffix("x") if ":" in row[0] else row[0], row[1]): (row[3], (row + [""])[4]) for row in rows}


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")


def render() -> str:
    """The whole page."""
    known = {str(path.relative_to(ROOT)): mentions(path) for path in sorted((ROOT / "initd").rglob("*.py"))}
    words = documented()
    lines = [INTRODUCTION]
    for section, table in SECTIONS.items():
        if not table:
            continue
        lines += [f"## [{section}x]" if section.endswith(":") else f"## [{section}]", ""]
        lines += ["| option | type | default | | implemented in |", "|---|---|---|---|---|"]
        for option, (kind, default) in table.items():
            told, note = words.get((section, option), ("", ""))
            shown = default if default and not told.startswith(default) else told
            cells = [f"`{option}`", kind, _escaped(shown or ""), _escaped(note), place(section, option, known)]
            lines.append("| " + " | ".join(cells) + " |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
