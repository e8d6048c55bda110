"""A section as its builder reads it: option by option, expanded, parsed to its type, every error with its place.

`Scope` is what all sections of one reading share. Labels and the suffix of messages: supervisord-4.3 §1.3, §1.4, §12.1.
"""

from __future__ import annotations

from initd.config import paths, users, values
from initd.config.expand import expand
from initd.config.model import Diagnostic, Notice, Origin
from initd.config.options import table_for
from initd.config.values import BadValue
from initd.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from initd.config.host import Host
    from initd.config.ini import Entry, Ini

_PLAIN: dict[str, Callable[[str], Any]] = {
    "autorestart": values.autorestart,
    "boolean": values.boolean,
    "byte_size": values.byte_size,
    "consequence": values.consequence,
    "exit_code_list": values.exit_codes,
    "inet_address": values.inet_address,
    "integer": values.integer,
    "line_format": values.line_format,
    "log_format": values.log_format,
    "log_level": values.log_level,
    "octal": values.octal,
    "signal": values.signal,
    "string_list": values.strings,
    "timestamp": values.timestamp,
}
_HOSTED: dict[str, Callable[[str, Host], Any]] = {
    "existing_directory": paths.existing_directory,
    "existing_dirpath": paths.existing_dirpath,
    "logfile": paths.log_file,
    "user": users.user_id,
    "user[:group]": users.owner,
}
_NONE: dict[str, object] = {}


def parse(kind: str, text: str, host: Host) -> Any:
    """The value of a text of that type (as `options` names types); BadValue. A type without a parser is a string."""
    plain = _PLAIN.get(kind)
    if plain is not None:
        return plain(text)
    hosted = _HOSTED.get(kind)
    return hosted(text, host) if hosted is not None else text


class Scope:
    """One reading: what was read, where, the `ENV_` names (they grow by [supervisord] environment), and its notices."""

    __slots__ = ("diagnostics", "environ", "here", "host", "ini", "notices", "path")

    def __init__(self, ini: Ini, host: Host, path: str, here: str) -> None:
        self.ini, self.host, self.path, self.here = ini, host, path, here
        self.environ: dict[str, object] = {f"ENV_{name}": value for name, value in host.environ.items()}
        self.notices: list[Notice] = []
        self.diagnostics: list[Diagnostic] = []

    def warn(self, text: str) -> None:
        """Have something logged at WARN once there is a log."""
        self.report(Diagnostic("other", text, Origin(self.path)), text)

    def report(self, diagnostic: Diagnostic, text: str | None = None) -> None:
        """Have a warning logged once there is a log: with its place, or as `text`, where supervisord has words for it."""
        self.diagnostics.append(diagnostic)
        self.notices.append(
            Notice("warn", f"{diagnostic.origin.place()}: {diagnostic.message}" if text is None else text)
        )


class Section:
    """The options of one section; `names` are what its values may use beside the `ENV_` names, and may be changed."""

    __slots__ = ("_suffix", "name", "names", "scope", "table")

    def __init__(self, scope: Scope, name: str, names: Mapping[str, object] = _NONE, suffix: bool = False) -> None:
        self.scope, self.name, self.names = scope, name, dict(names)
        self.table = table_for(name) or {}
        self._suffix = suffix

    def entry(self, option: str) -> Entry | None:
        """What was written, or None."""
        return self.scope.ini.get(self.name, option)

    def text(self, option: str) -> str | None:
        """The expanded text: written, else the default of the option, else None."""
        entry = self.entry(option)
        text = entry.text if entry is not None else self.table[option][1]
        return text if text is None or "%" not in text else self.expand(text, option, f"{self.name}.{option}")

    def value(self, option: str) -> Any:
        """The parsed value, or None for an option that is not set."""
        text = self.text(option)
        return None if text is None else self.parse(option, text)

    def parse_as(self, kind: str, option: str) -> Any:
        """The value of an option read as another type than the table names, whose bounds its builder checks itself."""
        try:
            return parse(kind, self.text(option) or "", self.scope.host)
        except BadValue as error:
            raise self.fail(error.text, option, error.hint) from None

    def size(self, option: str) -> int:
        """The parsed size at which a log is rotated; a negative one is an error (§12.2)."""
        size: int = self.value(option)
        if size < 0:
            raise self.fail(f"{size} is below lower bound (0)", option, "expected a size, or 0 for no rotation")
        return size

    def parse(self, option: str, text: str) -> Any:
        """A text of that option as a value of its type."""
        try:
            return parse(self.table[option][0], text, self.scope.host)
        except BadValue as error:
            raise self.fail(error.text, option, error.hint) from None

    def expand(self, text: str, option: str, label: str, environ: bool = True) -> str:
        """The text with `%` expansion; `environ` False leaves the `ENV_` names that are not in `names` out."""
        try:
            return expand(text, {**self.scope.environ, **self.names} if environ else self.names, label)
        except BadValue as error:
            raise self.fail(error.text, option, error.hint) from None

    def fail(self, text: str, option: str | None = None, hint: str = "") -> ConfigError:
        """The error to raise, placed at the option if it was written, else at the section."""
        origin = self.origin(option)
        if self._suffix:
            text = f"{text} in section {self.name!r} (file: {self.header().file!r})"
        return ConfigError(text, origin.file, origin.line, option, hint)

    def plugin(self, option: str, spec: str, beside: Sequence[str] = ()) -> Any:
        """The object that an option names as `module:attribute`, imported now; ConfigError in supervisord's words."""
        from initd.plugins import entry

        try:
            return entry.resolve(spec, self.scope.host.environ, beside)
        except entry.Unresolvable as error:
            raise self.fail(f"{spec} cannot be resolved within [{self.name}]", option, str(error)) from error

    def report(self, code: str, message: str, option: str, text: str | None = None) -> None:
        """A warning about an option of this section; see `Scope.report`."""
        self.scope.report(Diagnostic(code, message, self.origin(option), self.name, option), text)

    def header(self) -> Origin:
        """Where the section was first written."""
        return self.scope.ini.headers.get(self.name) or Origin(self.scope.path)

    def origin(self, option: str | None) -> Origin:
        """Where an option was written, or else its section."""
        entry = self.entry(option) if option else None
        return entry.origin if entry is not None else self.header()
