"""What a line looks like where it is not as it came: `stdout_format` and `stderr_format` of programs, `log_format` of the daemon.

docs/logs.md promises the keys and their order. Loaded only when it is asked for.
"""

from __future__ import annotations

from initd.logs.mainlog import THRESHOLDS
from initd.logs.moment import local_text, utc_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from initd.config.model import FormatConfig
    from initd.kernel.port import Kernel
    from initd.logs.lines import Format
    from initd.logs.mainlog import Level

_LEVELS = {level: word for word, level in THRESHOLDS.items()}
_ESCAPED = {number: f"\\u{number:04x}" for number in range(32)}
_ESCAPED |= {8: "\\b", 9: "\\t", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}
_BETWEEN_LINES = _ESCAPED | {10: "\n"}
_ESCAPED[10] = "\\n"


def form_of(kernel: Kernel, config: FormatConfig, program: str, group: str, stream: str, pid: int) -> Format:
    """The format of a stream of one run of a program."""
    if config.kind == "json":
        return _json(kernel, config, program, group, stream, pid)
    prefix = f"{config.prefix} " if config.prefix else ""

    def form(text: bytes, cut: bool) -> bytes:
        moment = _moment(kernel, config)
        head = (f"{moment} {prefix}" if moment else prefix).encode("utf-8", "surrogateescape")
        return head + text.replace(b"\n", b"\n" + head) + b"\n"

    return form


def _json(kernel: Kernel, config: FormatConfig, program: str, group: str, stream: str, pid: int) -> Format:
    whose = f'"program":{quoted(program)},"group":{quoted(group)},"stream":"{stream}","pid":{pid},'

    def form(text: bytes, cut: bool) -> bytes:
        moment = _moment(kernel, config)
        head = f'{{"time":"{moment}",{whose}' if moment else f"{{{whose}"
        if not cut:  # the carriage return belongs to the newline behind it
            text = text.replace(b"\r\n", b"\n").removesuffix(b"\r")
        said = text.decode("utf-8", "replace").translate(_BETWEEN_LINES).replace("\n", f'"}}\n{head}"message":"')
        part = '"partial":true,' if cut else ""
        return f'{head}{part}"message":"{said}"}}\n'.encode()

    return form


def json_line(kernel: Kernel, level: Level, text: str) -> bytes:
    """One line of the main log."""
    moment = utc_text(kernel.wall())
    line = f'{{"time":"{moment}","level":"{_LEVELS[level]}","pid":{kernel.getpid()},"message":{quoted(text)}}}\n'
    return line.encode()


def quoted(text: str) -> str:
    """A text as JSON has it (RFC 8259); what is no character is an escape in it, as in text lines."""
    return '"' + text.encode("utf-8", "backslashreplace").decode().translate(_ESCAPED) + '"'


def _moment(kernel: Kernel, config: FormatConfig) -> str:
    if config.timestamp == "none":
        return ""
    return local_text(kernel, kernel.wall()) if config.timestamp == "local" else utc_text(kernel.wall())
