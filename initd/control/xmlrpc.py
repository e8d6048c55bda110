"""The XML-RPC codec: requests parsed piece by piece, replies written piece by piece (supervisord-4.3 §5.1, §12.4).

Requests are read as leniently as supervisord reads them (unknown elements around the known ones, `i8`, `nil`), but what
could only be an attack is refused: document types and entities, deep nesting, too many elements. Replies have the
layout of Python's own marshaller. Integers are clamped to 32 bits (D16), characters that XML forbids become U+FFFD (D15).
"""

from __future__ import annotations

import binascii
import re
from pyexpat import ExpatError, ParserCreate

from initd.control.steps import resume
from initd.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import Any, Protocol

    from initd.control.steps import Pieces
else:
    Protocol = object

MAX_DEPTH = 64
MAX_ELEMENTS = 200_000
MAX_TAG_BYTES = 16 * 1024
"""A tag is handed over in one piece, and half a million attributes take half a second; there is no use for any."""
SLICE_CHARS = 32 * 1024
MAX_INT = 2**31 - 1
MIN_INT = -(2**31)

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class BadRequest(Exception):
    """The body is no XML-RPC request; the text is for the log."""


class Unwritable(TypeError):
    """A value that XML-RPC has no type for."""


class DateTime(Record):
    """A `dateTime.iso8601` value, as written: `20261123T23:26:18`."""

    text: str


class Raw(Record):
    """A value that has been written already, `<value>` included."""

    xml: str


class Lazy(Protocol):
    """A value that is produced while the reply is being sent."""

    def pieces(self) -> Pieces:
        """Its XML, `<value>` included."""


class Items:
    """An array whose elements are made one at a time, by a generator that may yield Laters among them."""

    def __init__(self, values: Generator[Any, Any, None]) -> None:
        self._values = values

    def pieces(self) -> Pieces:
        yield b"<value><array><data>\n"
        yield from _rendered(self._values, _value)
        yield b"</data></array></value>\n"


class Text:
    """A long string, as slices short enough to be escaped in one go, from a generator that may yield Laters among them."""

    def __init__(self, slices: Generator[Any, Any, None]) -> None:
        self._slices = slices

    def pieces(self) -> Pieces:
        yield b"<value><string>"
        yield from _rendered(self._slices, _escaped)
        yield b"</string></value>\n"


def _rendered(items: Generator[Any, Any, None], render: Callable[[Any], Pieces]) -> Pieces:
    answer: Any = None
    while True:
        try:
            item = resume(items, answer)
        except StopIteration:
            return
        answer = None
        if callable(item):
            try:
                answer = yield item
            except Exception as error:  # the generator that waits decides what that means
                answer = error
        else:
            yield from render(item)


def response(value: Any) -> Pieces:
    """A successful reply."""
    yield b"<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n"
    yield from _value(value)
    yield b"</param>\n</params>\n</methodResponse>\n"


def fault_response(code: int, text: str) -> Pieces:
    """A reply that says what went wrong."""
    yield b"<?xml version='1.0'?>\n<methodResponse>\n<fault>\n"
    yield from _value({"faultCode": code, "faultString": text})
    yield b"</fault>\n</methodResponse>\n"


def members(value: dict[str, Any]) -> str:
    """The members of a struct as XML, to be kept for `struct`; nothing in it may be lazy."""
    parts: list[Any] = []
    _write_members(value, parts)
    return "".join(parts)


def struct(*parts: str) -> Raw:
    """A struct put together from what `members` gave."""
    return Raw(f"<value><struct>\n{''.join(parts)}</struct></value>\n")


def _value(value: Any) -> Pieces:
    if isinstance(value, Raw):
        yield value.xml.encode()
        return
    parts: list[Any] = []
    _write(value, parts)
    first = 0
    for index, part in enumerate(parts):
        if not isinstance(part, str):
            yield "".join(parts[first:index]).encode()
            yield from part.pieces()
            first = index + 1
    yield "".join(parts[first:]).encode()


def _write(value: Any, parts: list[Any]) -> None:
    """Append strings to `parts`, and lazy values as they are."""
    if isinstance(value, str):
        if len(value) > SLICE_CHARS:
            parts.append(Text(_slices(value)))
        else:
            parts.append(f"<value><string>{_escape(value)}</string></value>\n")
    elif isinstance(value, bool):
        parts.append(f"<value><boolean>{int(value)}</boolean></value>\n")
    elif isinstance(value, int):
        parts.append(f"<value><int>{max(MIN_INT, min(MAX_INT, int(value)))}</int></value>\n")
    elif isinstance(value, float):
        parts.append(f"<value><double>{value!r}</double></value>\n")
    elif isinstance(value, dict):
        parts.append("<value><struct>\n")
        _write_members(value, parts)
        parts.append("</struct></value>\n")
    elif isinstance(value, (list, tuple)):
        parts.append("<value><array><data>\n")
        for item in value:
            _write(item, parts)
        parts.append("</data></array></value>\n")
    elif isinstance(value, Raw):
        parts.append(value.xml)
    elif isinstance(value, DateTime):
        parts.append(f"<value><dateTime.iso8601>{_escape(value.text)}</dateTime.iso8601></value>\n")
    elif hasattr(value, "pieces"):
        parts.append(value)
    else:
        raise Unwritable(f"XML-RPC has no type for {value!r}")


def _write_members(value: dict[str, Any], parts: list[Any]) -> None:
    for name, member in value.items():
        parts.append(f"<member>\n<name>{_escape(name)}</name>\n")
        _write(member, parts)
        parts.append("</member>\n")


def _escape(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _escaped(text: str) -> Pieces:
    yield _escape(text).encode()


def _slices(text: str) -> Generator[str, Any, None]:
    for start in range(0, len(text), SLICE_CHARS):
        yield text[start : start + SLICE_CHARS]


class Parser:
    """One request: `feed` its bytes as they come, then `close` for the method name and its parameters."""

    def __init__(self) -> None:
        expat = ParserCreate("UTF-8")
        expat.buffer_text = True
        expat.StartElementHandler = self._start
        expat.EndElementHandler = self._end
        expat.CharacterDataHandler = self._characters
        expat.StartDoctypeDeclHandler = _refuse_doctype
        self._expat = expat
        self._elements = 0
        self._fed_bytes = 0
        self._text: list[str] = []
        # One list of values a level of nesting: what the element on that level contains so far.
        self._levels: list[list[Any]] = [[]]
        self._method = ""
        self._params: tuple[Any, ...] = ()

    def feed(self, data: bytes) -> None:
        """Parse the next piece; BadRequest."""
        self._parse(data, False)
        self._fed_bytes += len(data)
        if self._fed_bytes - self._expat.CurrentByteIndex > MAX_TAG_BYTES:
            raise BadRequest("a tag is too long")

    def close(self) -> tuple[str, tuple[Any, ...]]:
        """The method name ("" if there is none) and the parameters; BadRequest."""
        self._parse(b"", True)
        return self._method, self._params

    def _parse(self, data: bytes, final: bool) -> None:
        try:
            self._expat.Parse(data, final)
        except (ExpatError, ValueError, LookupError, TypeError) as error:
            raise BadRequest(str(error)) from error

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > MAX_ELEMENTS or len(self._levels) > MAX_DEPTH:
            raise BadRequest("too many elements, or nested too deeply")
        self._levels.append([])
        self._text.clear()

    def _characters(self, text: str) -> None:
        self._text.append(text)

    def _end(self, name: str) -> None:
        inside = self._levels.pop()
        text = "".join(self._text)
        if name == "methodName":
            self._method = text
        elif name == "params":
            self._params = tuple(inside)
        elif name == "value":
            self._levels[-1].append(inside[0] if inside else text)
        else:
            self._levels[-1].append(_READERS.get(name, _unknown)(inside, text))
        # What follows an element is white space between elements; only a value may have text of its own.
        self._text.clear()


def _refuse_doctype(*_: object) -> None:
    raise BadRequest("a document type is not accepted")


def _pairs(inside: list[Any]) -> tuple[Any, Any]:
    name, value = inside
    return name, value


def _date(text: str) -> DateTime:
    if not re.fullmatch(r"\d{8}T\d\d:\d\d:\d\d", text):
        raise ValueError("not a date")
    return DateTime(text)


def _unknown(inside: list[Any], text: str) -> Any:
    """Elements without a meaning are looked through: their content counts."""
    return inside[0] if inside else text


_READERS: dict[str, Callable[[list[Any], str], Any]] = {
    "int": lambda inside, text: int(text),
    "i4": lambda inside, text: int(text),
    "i8": lambda inside, text: int(text),
    "boolean": lambda inside, text: text == "1",
    "string": lambda inside, text: text,
    "double": lambda inside, text: float(text),
    "dateTime.iso8601": lambda inside, text: _date(text),
    "base64": lambda inside, text: binascii.a2b_base64(text.encode()).decode(),
    "nil": lambda inside, text: None,
    "data": lambda inside, text: inside,
    "array": lambda inside, text: inside[0],
    "member": lambda inside, text: _pairs(inside),
    "struct": lambda inside, text: dict(inside),
    "name": lambda inside, text: text,
    "param": lambda inside, text: inside[0],
}
