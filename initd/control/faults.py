"""How a fault is worded (supervisord-4.3 §5.2, §12.1 row 21); its numbers are in `errors`."""

from __future__ import annotations

from initd.errors import Fault, ProtocolFault

__all__ = ["Fault", "fault"]


def fault(code: Fault, extra: object = None) -> ProtocolFault:
    """The fault as clients see it: `NAME`, or `NAME: extra` unless `extra` is None."""
    return ProtocolFault(int(code), code.name if extra is None else f"{code.name}: {extra}")
