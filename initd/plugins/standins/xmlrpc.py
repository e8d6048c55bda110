"""supervisor.xmlrpc: faults and how a method raises one."""

from __future__ import annotations

import datetime

from initd.errors import Fault

Faults = type("Faults", (), {fault.name: int(fault) for fault in Fault})
"""The numbers by name, as plain attributes."""


def getFaultDescription(code: int) -> str:
    """The name of a fault, `UNKNOWN` for one that is not supervisor's."""
    return next((fault.name for fault in Fault if fault == code), "UNKNOWN")


class RPCError(Exception):
    """A method raises it to be answered with a fault."""

    def __init__(self, code: int, extra: object = None) -> None:
        self.code = code
        self.text = getFaultDescription(code)
        if extra is not None:
            self.text = f"{self.text}: {extra}"

    def __str__(self) -> str:
        return f"code={self.code!r}, text={self.text!r}"


def make_datetime(text: str) -> datetime.datetime:
    """A parameter of type dateTime.iso8601; ValueError."""
    return datetime.datetime.strptime(text, "%Y%m%dT%H:%M:%S")
