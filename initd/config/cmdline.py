"""Command lines of the daemon and of the client, by getopt's rules (supervisord-4.3 §1.9, §12.1.3, §12.1.4).

Only what can be told without looking outside is checked here; `daemon` checks paths once the host is known.
"""

from __future__ import annotations

from initd.config import values
from initd.config.values import BadValue
from initd.errors import ConfigError
from initd.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    Switch = tuple[str, str, bool]
    """Short letter or "", long name or "", whether a value follows."""

DAEMON: tuple[Switch, ...] = (
    ("h", "help", False),
    ("?", "", False),
    ("c", "configuration", True),
    ("v", "version", False),
    ("n", "nodaemon", False),
    ("u", "user", True),
    ("m", "umask", True),
    ("d", "directory", True),
    ("l", "logfile", True),
    ("y", "logfile_maxbytes", True),
    ("z", "logfile_backups", True),
    ("e", "loglevel", True),
    ("j", "pidfile", True),
    ("i", "identifier", True),
    ("q", "childlogdir", True),
    ("a", "minfds", True),
    ("", "minprocs", True),
    ("k", "nocleanup", False),
    ("t", "strip_ansi", False),
    ("", "profile_options", True),
    ("s", "silent", False),
    ("", "record", True),
)
CLIENT: tuple[Switch, ...] = (
    ("h", "help", False),
    ("?", "", False),
    ("c", "configuration", True),
    ("i", "interactive", False),
    ("s", "serverurl", True),
    ("u", "username", True),
    ("p", "password", True),
    ("r", "history_file", True),
)


class Given(Record):
    """One option of the command line: the flag as getopt names it, and its value (True for a switch)."""

    flag: str
    value: Any


class Arguments(Record):
    """A daemon's command line. `wants` is `help` or `version` if the caller should print that and exit 0, else "".

    `given` holds the other options by name. Paths are as typed. `record` is where the run is to be recorded, if anywhere.
    `command` is what follows `--`: the main program beside those of the configuration.
    """

    configuration: str | None = None
    given: Mapping[str, Given] = {}
    wants: str = ""
    record: str | None = None
    command: tuple[str, ...] = ()


def parse_arguments(argv: Sequence[str]) -> Arguments:
    """A daemon's arguments, without the program's name; ConfigError for a usage error."""
    command: tuple[str, ...] = ()
    if "--" in argv:
        at = list(argv).index("--")
        argv, command = argv[:at], tuple(argv[at + 1 :])
        if command[:1] == ("",):
            raise ConfigError("the command behind -- is empty", hint="expected -- CMD ARG...")
    options, rest = getopt(argv, DAEMON)
    if rest:
        raise ConfigError(f"positional arguments are not supported: {rest}", hint="expected options only")
    return collect(options, _DAEMON_PARSERS).replace(command=command)


def collect(options: Sequence[tuple[str, str, str]], parsers: Mapping[str, Callable[[str], Any]]) -> Arguments:
    """Options in the order given, parsed, each at most once; what follows a help or version option is not looked at."""
    given: dict[str, Given] = {}
    for flag, name, text in options:
        if name in ("help", "version"):
            return Arguments(wants=name)
        value: Any = True
        if name not in _SWITCHES:
            try:
                value = parsers[name](text) if name in parsers else text
            except BadValue as error:
                raise ConfigError(
                    f"invalid value for {flag} {text!r}: {error.text}", key=flag, hint=error.hint
                ) from None
        if name in given:
            raise ConfigError(f"conflicting command line option {flag!r}", key=flag, hint="give it once")
        given[name] = Given(flag, value)
    configuration, record = given.pop("configuration", None), given.pop("record", None)
    given.pop("profile_options", None)
    return Arguments(
        configuration.value if configuration is not None else None,
        given,
        record=record.value if record is not None else None,
    )


def _size(text: str) -> int:
    size = values.byte_size(text)
    if size < 0:
        raise BadValue(f"{size} is below lower bound (0)", "expected a size, or 0 for no rotation")
    return size


_SWITCHES = {long for _, long, valued in (*DAEMON, *CLIENT) if not valued}
_DAEMON_PARSERS: dict[str, Callable[[str], Any]] = {
    "umask": values.octal,
    "logfile_maxbytes": _size,
    "logfile_backups": values.integer,
    "loglevel": values.log_level,
    "minfds": values.integer,
    "minprocs": values.integer,
}


def getopt(argv: Sequence[str], switches: Sequence[Switch]) -> tuple[list[tuple[str, str, str]], list[str]]:
    """(flag as reported, option name, text) of each option up to the first positional argument, and the rest."""
    found: list[tuple[str, str, str]] = []
    rest = list(argv)
    while rest and rest[0].startswith("-") and rest[0] != "-":
        word = rest.pop(0)
        if word == "--":
            break
        if word.startswith("--"):
            found.append(_long(word[2:], rest, switches))
        else:
            found.extend(_short(word[1:], rest, switches))
    return found, rest


def _long(word: str, rest: list[str], switches: Sequence[Switch]) -> tuple[str, str, str]:
    word, equals, text = word.partition("=")
    name = _complete(word, switches)
    valued = next(valued for _, long, valued in switches if long == name)
    if valued and not equals:
        if not rest:
            raise ConfigError(f"option --{name} requires argument", key=f"--{name}", hint="expected a value after it")
        text = rest.pop(0)
    elif equals and not valued:
        raise ConfigError(f"option --{name} must not have an argument", key=f"--{name}", hint="leave the = out")
    return f"--{name}", name, text


def _complete(word: str, switches: Sequence[Switch]) -> str:
    """The long name a word is, or is the only prefix of."""
    names = [long for _, long, _ in switches if long]
    matches = [long for long in names if long.startswith(word)]
    if word in matches or len(matches) == 1:
        return word if word in matches else matches[0]
    if matches:
        raise ConfigError(
            f"option --{word} not a unique prefix",
            key=f"--{word}",
            hint=f"it could be {', '.join('--' + m for m in matches)}",
        )
    near = values.nearest(word, names)
    hint = f"the nearest is --{near}" if near else "see the help for what there is"
    raise ConfigError(f"option --{word} not recognized", key=f"--{word}", hint=hint)


def _short(letters: str, rest: list[str], switches: Sequence[Switch]) -> list[tuple[str, str, str]]:
    found = []
    while letters:
        letter, letters = letters[0], letters[1:]
        switch = next((switch for switch in switches if switch[0] == letter), None)
        if switch is None:
            raise ConfigError(
                f"option -{letter} not recognized", key=f"-{letter}", hint="see the help for what there is"
            )
        name = switch[1] or "help"
        if not switch[2]:
            found.append((f"-{letter}", name, ""))
            continue
        if not letters and not rest:
            raise ConfigError(f"option -{letter} requires argument", key=f"-{letter}", hint="expected a value after it")
        found.append((f"-{letter}", name, letters or rest.pop(0)))
        letters = ""
    return found
