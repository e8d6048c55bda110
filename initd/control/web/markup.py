"""HTML from templates, escaped: what is put into a template is text unless it is `Safe`, which only this module makes.

A template is a constant in which `{name}` stands for a value, always in text or inside a double-quoted attribute, the two
places where the five escapes are enough; a test looks at every template of the pages. Never in a script or a style:
the pages have none inline.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_HOLE = re.compile(r"\{(\w+)\}")
_ESCAPES = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#39;"))
"""The first of them makes what the others contain."""
_UNSHOWN = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff"
_CONTROL = re.compile(f"[{_UNSHOWN}]")
_SPECIAL = re.compile(f"[&<>\"'{_UNSHOWN}]")
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_SPECIAL = re.compile("[&<>\"'\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

TEMPLATES: list[Template] = []
"""Every template there is, for the test."""


class Safe(str):
    """Markup: text that is escaped already."""

    __slots__ = ()


def escape(text: str) -> Safe:
    """The text as markup; characters that no page can show become U+FFFD."""
    return Safe(_escaped(text))


def _escaped(text: str) -> str:
    """Quick also where a program has written nothing but what must be escaped."""
    if not _SPECIAL.search(text):
        return text
    for character, entity in _ESCAPES:
        text = text.replace(character, entity)
    return _CONTROL.sub("\ufffd", text)


def joined(pieces: Iterable[Safe]) -> Safe:
    """Markup, one piece after the other."""
    return Safe("".join(pieces))


def plain_log(text: str) -> str:
    """Log text for people: line ends are newlines, and the colours of terminals are gone."""
    return _COLOUR.sub("", text).replace("\r\n", "\n").replace("\r", "\n")


def quote(text: str) -> str:
    """The text as a part of an URL, percent-encoded."""
    data = text.encode("utf-8", "surrogateescape")
    return "".join(chr(byte) if byte in _UNRESERVED else f"%{byte:02X}" for byte in data)


class Template:
    """Markup with holes; calling it fills them."""

    __slots__ = ("_parts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._parts = _HOLE.split(text)
        TEMPLATES.append(self)

    def __call__(self, **values: str | int) -> Safe:
        """The markup with every value in its place, escaped unless it is Safe; KeyError for one that is missing."""
        parts = self._parts[:]
        for index in range(1, len(parts), 2):
            value = values[parts[index]]
            parts[index] = value if isinstance(value, Safe) else _escaped(str(value))
        return Safe("".join(parts))
