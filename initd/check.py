"""`initd check`: what is wrong with configuration files, for people, editors and CI; it starts, opens and writes nothing.

Arguments and the two forms of output belong here, what is found is in `config.findings`. The fields of --json are described
in docs/diagnostics.md; fields may be added to them, none is renamed.
"""

from __future__ import annotations

import json

from initd.config import cmdline, include
from initd.config.findings import findings_of
from initd.errors import EXIT_USAGE, ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from initd.config.findings import Finding
    from initd.config.host import Host
    from initd.config.model import Origin

VERSION = 1
"""Of what --json prints."""
EXIT_CLEAN, EXIT_STRICT = 0, 1
SWITCHES: tuple[cmdline.Switch, ...] = (
    ("h", "help", False),
    ("c", "configuration", True),
    ("", "strict", False),
    ("", "json", False),
    ("", "color", True),
)
COLORS = ("auto", "always", "never")
_BOLD, _RED, _YELLOW, _PLAIN = "\033[1m", "\033[1;31m", "\033[1;33m", "\033[0m"


def check(words: Sequence[str], host: Host, terminal: bool) -> tuple[int, str]:
    """The exit status and the output of `initd check WORDS`; ConfigError for a wrong command line."""
    options, files = _arguments(words)
    if "help" in options:
        from initd.config.usage import check_help

        return EXIT_CLEAN, check_help("initd")
    if not files:
        files = [_default(host)]
    color = options.get("color", "auto")
    if color not in COLORS:
        raise ConfigError(f"invalid value for --color {color!r}", key="--color", hint=f"expected {', '.join(COLORS)}")
    found = _found(files, host)
    if "json" in options:
        text = _json(files, found)
    else:
        auto = terminal and "NO_COLOR" not in host.environ and host.environ.get("TERM", "dumb") != "dumb"
        text = _text(files, found, color == "always" or (color == "auto" and auto))
    errors, warnings = _counts(found)
    return EXIT_USAGE if errors else EXIT_STRICT if warnings and "strict" in options else EXIT_CLEAN, text


def _arguments(words: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Options by name and files, in any order."""
    end = list(words).index("--") if "--" in words else len(words)
    rest, behind = list(words[:end]), list(words[end + 1 :])
    options: dict[str, str] = {}
    files: list[str] = []
    while rest:
        found, rest = cmdline.getopt(rest, SWITCHES)
        for _, name, text in found:
            if name == "configuration":
                files.append(text)
            else:
                options[name] = text
        files += rest[:1]
        rest = rest[1:]
    return options, files + behind


def _default(host: Host) -> str:
    path = include.find(host)
    if path is None:
        looked = ", ".join(include.search_paths(host.argv0))
        raise ConfigError(f"No config file found at default paths ({looked})", hint="name the file: initd check FILE")
    return path


def _found(files: Sequence[str], host: Host) -> list[Finding]:
    """The findings of all files; what several of them include is told once."""
    found: list[Finding] = []
    for path in files:
        found += [one for one in findings_of(path, host) if one not in found]
    return found


def _counts(found: Sequence[Finding]) -> tuple[int, int]:
    errors = sum(1 for one in found if one.diagnostic.severity == "error")
    return errors, len(found) - errors


# -- for programs --------------------------------------------------------------------------------------------------------


def _json(files: Sequence[str], found: Sequence[Finding]) -> str:
    errors, warnings = _counts(found)
    report = {
        "version": VERSION,
        "files": list(files),
        "errors": errors,
        "warnings": warnings,
        "diagnostics": [_as_object(one) for one in found],
    }
    return json.dumps(report, indent=2) + "\n"


def _as_object(finding: Finding) -> dict[str, Any]:
    one = finding.diagnostic
    return {
        "file": one.origin.file,
        "line": one.origin.line,
        "column": finding.column,
        "section": one.section,
        "key": one.key,
        "severity": one.severity,
        "code": one.code,
        "message": one.message,
        "suggestion": one.suggestion or None,
        "related": [{"file": at.file, "line": at.line, "message": text} for at, text in one.related],
    }


# -- for people ----------------------------------------------------------------------------------------------------------


def _text(files: Sequence[str], found: Sequence[Finding], color: bool) -> str:
    lines: list[str] = []
    for finding in found:
        one = finding.diagnostic
        severity = _painted(f"{one.severity}:", (_RED if one.severity == "error" else _YELLOW) if color else "")
        where = _painted(_place(one.origin, finding.column), _BOLD if color else "")
        lines.append(f"{where}: {severity} {_shown(one.message)} [{one.code}]")
        lines += [f"  {_place(at)}: {_shown(text)}" for at, text in one.related]
    errors, warnings = _counts(found)
    many = f"{len(files)} file" + ("s" if len(files) != 1 else "")
    lines.append(f"{many}: {_number(errors, 'error')}, {_number(warnings, 'warning')}")
    return "\n".join(lines) + "\n"


def _number(count: int, what: str) -> str:
    return f"{count} {what}" + ("" if count == 1 else "s")


def _place(origin: Origin, column: int | None = None) -> str:
    return _shown(origin.place()) + (f":{column}" if column is not None else "")


def _painted(text: str, color: str) -> str:
    return f"{color}{text}{_PLAIN}" if color else text


def _shown(text: str) -> str:
    """The text on one line, without anything that a terminal would obey."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
