"""Every error that crosses a layer; each says what its reader can do about it."""

from __future__ import annotations

import enum

EXIT_USAGE = 2
"""The exit status of a daemon whose configuration, socket or log cannot be used."""


def traced(error: BaseException, causes: int = 4) -> str:
    """What `traceback` would print, without the lines of source: it opens no file, so it works in any shortage."""
    lines = ["Traceback (most recent call last):"]
    place = error.__traceback__
    while place is not None:
        code = place.tb_frame.f_code
        lines.append(f'  File "{code.co_filename}", line {place.tb_lineno}, in {code.co_name}')
        place = place.tb_next
    lines.append(f"{type(error).__name__}: {error}")
    earlier = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    before = f"{traced(earlier, causes - 1)}\nThen:\n" if earlier is not None and causes else ""
    return before + "\n".join(lines)


class InitdError(Exception):
    """The base of our own errors."""


class ConfigError(InitdError):
    """A configuration that cannot be used.

    `text` is supervisord's own first line, without `Error: `. `file` (path or None for the command line), `line`
    (1-based or None), `key` (option or None) say where; `hint` says what would be right, or is empty.
    """

    def __init__(
        self, text: str, file: str | None = None, line: int | None = None, key: str | None = None, hint: str = ""
    ) -> None:
        super().__init__(text)
        self.text, self.file, self.line, self.key, self.hint = text, file, line, key, hint

    def where(self) -> str:
        """`file:line: key` as far as known, or the empty string."""
        place = self.file or ""
        if self.line is not None:
            place += f":{self.line}"
        if self.key:
            place += f": {self.key}" if place else self.key
        return place


class KernelError(InitdError, OSError):
    """A failed step of starting a child before there is a child: `stage` is `pipe` or `fork`, `errno` the reason."""

    def __init__(self, errno: int, stage: str) -> None:
        OSError.__init__(self, errno, stage)
        self.stage = stage


class ProtocolFault(InitdError):
    """An XML-RPC fault: `code` and `text` as supervisord-4.3 §5.2 lists them, e.g. 10, `BAD_NAME: web`."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text


class Fault(enum.IntEnum):
    """What can go wrong with an XML-RPC call (supervisord-4.3 §5.2); SUCCESS occurs only in the result structs of group calls."""

    UNKNOWN_METHOD = 1
    INCORRECT_PARAMETERS = 2
    BAD_ARGUMENTS = 3
    SIGNATURE_UNSUPPORTED = 4
    SHUTDOWN_STATE = 6
    BAD_NAME = 10
    BAD_SIGNAL = 11
    NO_FILE = 20
    NOT_EXECUTABLE = 21
    FAILED = 30
    ABNORMAL_TERMINATION = 40
    SPAWN_ERROR = 50
    ALREADY_STARTED = 60
    NOT_RUNNING = 70
    SUCCESS = 80
    ALREADY_ADDED = 90
    STILL_RUNNING = 91
    CANT_REREAD = 92
