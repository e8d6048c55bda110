"""`stdout_format` and what goes with it: what the lines of a program look like in its log (docs/logs.md).

Loaded only for a program that sets one of these options.
"""

from __future__ import annotations

from initd.config.expand import expand
from initd.config.model import FormatConfig
from initd.config.values import BadValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from initd.config.section import Section


def format_of(section: Section, stream: str, name: str) -> FormatConfig | None:
    """The format of one stream of the process of that name, None for raw; ConfigError."""
    kind = section.value(f"{stream}_format")
    timestamp = section.value(f"{stream}_timestamp")
    if kind == "raw":
        return None
    if kind == "json":
        return FormatConfig(kind, "", timestamp or "utc")
    return FormatConfig(kind, _prefix(section, stream, name), timestamp or "none")


def _prefix(section: Section, stream: str, name: str) -> str:
    """The expanded prefix; beside what a command may use there are the name of the process and that of the stream."""
    option = f"{stream}_prefix"
    entry = section.entry(option)
    text = entry.text if entry is not None else section.table[option][1] or ""
    names = {**section.scope.environ, **section.names, "process_name": name, "stream": stream}
    try:
        prefix = expand(text, names, f"{section.name}.{option}")
    except BadValue as error:
        raise section.fail(error.text, option, error.hint) from None
    if "\n" in prefix:
        raise section.fail(f"{option} has more than one line", option, "expected one, since it stands before each line")
    return prefix
