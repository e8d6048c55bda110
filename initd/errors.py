"""Every error that crosses a layer; each says what its reader can do about it."""

from __future__ import annotations


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
