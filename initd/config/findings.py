"""Everything that is to be said about one configuration: its errors, as many as can be found, and its warnings.

The daemon stops at the first error. Here what it complains about is taken out (`mend`) and it reads again, until there is
nothing left to complain about. Nothing is started, opened or written.
"""

from __future__ import annotations

from initd.config import include
from initd.config.diagnostics import diagnose
from initd.config.ini import inline_comment
from initd.config.load import Arguments, load
from initd.config.mend import MendedFiles
from initd.config.model import Diagnostic, Origin
from initd.errors import ConfigError
from initd.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from initd.config.host import Host

LIMIT = 100
"""After so many errors of one configuration nobody reads on."""
_OF_THE_WHOLE = frozenset(
    ("no-processes", "duplicate-group", "no-rpcinterface", "foreign-serverurl", "shared-log", "duplicate-process")
)
"""What cannot be told while a part is missing."""
_BY_TEXT = (
    ("could not find config file", "file-missing"),
    ("could not read config file", "file-unreadable"),
    ("File contains no section headers", "no-section-header"),
    ("Source contains parsing errors", "parse-error"),
    (".ini file does not include supervisord section", "missing-section"),
    ("Format string", "bad-percent"),
)


class Finding(Record):
    """A diagnostic and the column it begins at (1-based), if known."""

    diagnostic: Diagnostic
    column: int | None = None


def findings_of(path: str, host: Host) -> list[Finding]:
    """The errors and warnings of a main file and what it includes, in the order of their places, errors first at each.

    What depends on who asks is left out: the file is judged as if the daemon were started by root.
    """
    files = MendedFiles(host)
    judged = host.replace(files=files, uid=0)
    errors: list[Diagnostic] = []
    warnings: list[Diagnostic] = []
    while True:
        try:
            if not warnings:  # of the text, as it was before values were taken out
                warnings += _of_the_text(path, judged)
            more = [one for one in load(Arguments(path), judged).diagnostics if one not in warnings]
            warnings += [one for one in more if not files.touched(one.origin.file, one.origin.line)]
            break
        except ConfigError as error:
            found = _as_diagnostic(error, files)
            if found in errors or not _add(
                errors, found, error.line is not None and files.touched(error.file, error.line)
            ):
                break
            if not files.mend(error):
                break
    wrong = {one.origin for one in errors if one.code == "bad-percent"}  # says it better
    warnings = [one for one in warnings if one.code != "nameless-percent" or one.origin not in wrong]
    if errors:
        warnings = [one for one in warnings if one.code not in _OF_THE_WHOLE]
    told = [*errors, *(one for one in warnings if not files.added(one.origin.file, one.origin.line))]
    ordered = sorted(told, key=lambda one: files.order(one.origin.file, one.origin.line))
    return [Finding(one, _column(one, files)) for one in ordered]


def _of_the_text(path: str, host: Host) -> list[Diagnostic]:
    scope = include.read_scope(path, host)
    diagnose(scope)
    return scope.diagnostics


def _add(errors: list[Diagnostic], found: Diagnostic, ours: bool) -> bool:
    """Keep an error unless our mending made it; False when there are enough."""
    if len(errors) < LIMIT and not (ours and errors):
        errors.append(found)
        return True
    if not ours:
        errors.append(Diagnostic("too-many-errors", f"more than {LIMIT} errors", found.origin, severity="error"))
    return False


def _as_diagnostic(error: ConfigError, files: MendedFiles) -> Diagnostic:
    text = error.text.partition("\n")[0].partition(". Available names: ")[0]
    code = next((code for start, code in _BY_TEXT if error.text.startswith(start)), "")
    section = files.section(error.file, error.line)
    if code == "parse-error":
        text = f"this is no option: {files.line(error.file, error.line).strip()!r}"
    elif code == "no-section-header":
        text = f"this is in no section: {files.line(error.file, error.line).strip()!r}"
    elif not code and "codec can't" in text:
        code = "undecodable"
    elif not code and error.key is not None:
        line = files.line(error.file, error.line).strip()
        code = "bad-value" if line.lower().startswith(error.key) else "missing-option"
    text = text.partition(f" in section {section!r} (file: ")[0]
    if code == "bad-value" and error.key is not None and error.key not in text:
        text = f"{error.key}: {text}"
    message = f"{text}; {error.hint}" if error.hint else text
    origin = Origin(error.file, error.line)
    return Diagnostic(code or "bad-section", message, origin, section, error.key, severity="error")


def _column(one: Diagnostic, files: MendedFiles) -> int | None:
    line = files.line(one.origin.file, one.origin.line)
    if not line.strip():
        return None
    return (inline_comment(line) if one.code == "cut-quote" else len(line) - len(line.lstrip())) + 1
