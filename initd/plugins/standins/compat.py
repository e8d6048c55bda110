"""supervisor.compat: the few names that are the same on every Python there is left."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PY2 = False
basestring = unicode = str
long = int
raw_input = input


def as_bytes(s: str | bytes, encoding: str = "utf8") -> bytes:
    """Text as bytes, bytes as they are."""
    return s if isinstance(s, bytes) else s.encode(encoding)


def as_string(s: str | bytes, encoding: str = "utf8") -> str:
    """Bytes as text, text as it is."""
    return s if isinstance(s, str) else s.decode(encoding)


def __getattr__(name: str) -> Any:
    """What is too heavy to be imported for everybody."""
    if name == "xmlrpclib":
        import xmlrpc.client

        return xmlrpc.client
    raise AttributeError(name)
