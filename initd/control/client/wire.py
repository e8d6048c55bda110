"""XML-RPC as a client speaks it: calls out, responses in (supervisord-4.3 §5.1, §5.2).

The same on the wire as `xmlrpc.client`, without the 30 ms that its import takes a command that runs for 5.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Fault(Exception):
    """The answer was a fault; `code` and `text` as the server sent them."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(code, text)
        self.code, self.text = code, text

    def __str__(self) -> str:
        return f"<Fault {self.code}: {self.text!r}>"


Fault.__module__ = "xmlrpc.client"  # the class name is printed, and scripts look for the one they know


def encode_call(method: str, params: tuple[str | int, ...]) -> bytes:
    """A methodCall document; OverflowError for an integer beyond 32 bits."""
    values = "".join(f"<param>\n<value>{_encode(value)}</value>\n</param>\n" for value in params)
    call = f"<methodCall>\n<methodName>{method}</methodName>\n<params>\n{values}</params>\n</methodCall>\n"
    return f"<?xml version='1.0'?>\n{call}".encode()


def _encode(value: str | int) -> str:
    if isinstance(value, bool):
        return f"<boolean>{value:d}</boolean>"
    if isinstance(value, int):
        if not -(2**31) <= value < 2**31:
            raise OverflowError("int exceeds XML-RPC limits")
        return f"<int>{value}</int>"
    return "<string>" + value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") + "</string>"


def decode_response(document: bytes) -> Any:
    """The value of a methodResponse.

    Raises Fault for a fault, ExpatError for what is no XML, ValueError for what is no response.
    """
    from pyexpat import ParserCreate

    reader = _Reader()
    parser = ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text.append
    # ASCII with references is what stock feeds its parser, so complaints name the same columns
    parser.Parse(document.decode().encode("ascii", "xmlcharrefreplace"), True)
    if len(reader.values) != 1:
        raise ValueError("the server's answer is not an XML-RPC response")
    value = reader.values[0]
    if reader.fault:
        raise Fault(value["faultCode"], value["faultString"])
    return value


_SCALARS: dict[str, Callable[[str], Any]] = {
    "string": str,
    "int": int,
    "i4": int,
    "i8": int,
    "boolean": lambda text: text == "1",
    "double": float,
    "nil": lambda _text: None,
}


class _Reader:
    """Builds values bottom up: containers remember where on the value stack they began."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self.text: list[str] = []
        self.fault = False
        self._marks: list[int] = []
        self._bare = False  # inside a <value> in which nothing has been found yet: its text is a string

    def start(self, tag: str, _attributes: dict[str, str]) -> None:
        self.text.clear()
        if tag in ("array", "struct"):
            self._marks.append(len(self.values))
        self._bare = tag == "value"
        self.fault = self.fault or tag == "fault"

    def end(self, tag: str) -> None:
        text = "".join(self.text)
        self.text.clear()
        if tag in _SCALARS:
            self.values.append(_SCALARS[tag](text))
        elif tag == "name" or (tag == "value" and self._bare):
            self.values.append(text)
        elif tag in ("array", "struct"):
            mark = self._marks.pop()
            found = self.values[mark:]
            self.values[mark:] = [found if tag == "array" else dict(zip(found[::2], found[1::2]))]
        self._bare = False
