"""The client's command line and its section of the configuration file (supervisord-4.3 §1.9, §12.1 items 3 and 4)."""

from __future__ import annotations

import os
from typing import NamedTuple

from initd.config.model import ClientConfig

_USAGE = """\
Usage: {program} [options] [action [arguments]]

Sends one action to a supervisor, or opens a shell that takes many. `{program} help` lists the actions.

Options:
-c/--configuration FILE   the configuration file; looked for in the usual places unless given
-s/--serverurl URL        the supervisor to talk to: http://HOST:PORT or unix:///PATH
-u/--username NAME        the user name it wants
-p/--password PASSWORD    the password it wants
-i/--interactive          ask before a shutdown or reload, and for a password
-r/--history-file FILE    accepted, and without effect; history_file in the configuration file counts
-h/--help                 this text
"""


class UsageError(Exception):
    """What to print instead of running, and the exit code; code 0 belongs on standard output."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code


class Settings(NamedTuple):
    """The server to talk to, the action's words, and whether somebody is there to be asked."""

    client: ClientConfig
    words: list[str]
    interactive: bool


def read_settings(argv: list[str]) -> Settings:
    """Settings from the command line over those of the file; UsageError."""
    import getopt

    given: dict[str, str] = {}
    try:
        options, words = getopt.getopt(
            argv[1:],
            "h?c:is:u:p:r:",
            ["help", "configuration=", "interactive", "serverurl=", "username=", "password=", "history_file="],
        )
        for option, value in options:
            name = _NAMES[option]
            if name == "help":
                raise UsageError(_USAGE.format(program=argv[0]), 0)
            if name in given:
                raise ValueError(f"conflicting command line option {option!r}")
            given[name] = value
            if name == "serverurl" and not (value.partition(":")[2]):
                raise ValueError(f"invalid value for {option} {value!r}: value {value!r} is not a URL")
        client = _from_file(given.get("configuration"), argv[0])
    except (getopt.GetoptError, ValueError) as error:
        raise UsageError(f"Error: {error}\nFor help, use {argv[0]} -h\n", 2) from None
    changes = {key: given[key] for key in ("serverurl", "username", "password") if key in given}
    return Settings(client.replace(**changes), words, not words or "interactive" in given)


_NAMES = {
    "-h": "help",
    "-?": "help",
    "--help": "help",
    "-c": "configuration",
    "--configuration": "configuration",
    "-i": "interactive",
    "--interactive": "interactive",
    "-s": "serverurl",
    "--serverurl": "serverurl",
    "-u": "username",
    "--username": "username",
    "-p": "password",
    "--password": "password",
    "-r": "history_file",
    "--history_file": "history_file",
}


def _from_file(path: str | None, program: str) -> ClientConfig:
    import configparser

    if path is None:
        prefix = os.path.dirname(os.path.dirname(program))
        places = [os.path.join(prefix, "etc/supervisord.conf"), os.path.join(prefix, "supervisord.conf")]
        places += ["supervisord.conf", "etc/supervisord.conf"]
        places += ["/etc/supervisord.conf", "/etc/supervisor/supervisord.conf"]
        path = next(filter(os.path.exists, places), None)
        if path is None:
            return ClientConfig()
    if not os.path.exists(path):
        raise ValueError(f"could not find config file {path}")
    parser = configparser.RawConfigParser(strict=False, inline_comment_prefixes=(";", "#"))
    parser.read(path)
    if not parser.has_section("supervisorctl"):
        raise ValueError(".ini file does not include supervisorctl section")
    names = {"here": os.path.dirname(os.path.abspath(path)), **{f"ENV_{k}": v for k, v in os.environ.items()}}
    values = {key: value % names for key, value in parser["supervisorctl"].items() if key in ClientConfig._fields}
    return ClientConfig(**values)
