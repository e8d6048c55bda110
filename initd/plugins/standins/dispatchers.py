"""supervisor.dispatchers: how a result handler turns an answer down."""

from __future__ import annotations


class RejectEvent(Exception):
    """Raised by a result handler: the event goes back to the pool."""


def default_handler(event: object, response: bytes) -> None:
    """The handler of pools without one of their own."""
    if response != b"OK":
        raise RejectEvent(response)
