"""XML-RPC fault codes and how a fault is worded (supervisord-4.3 §5.2, §12.1 row 21)."""

from __future__ import annotations

import enum

from initd.errors import ProtocolFault


class Fault(enum.IntEnum):
    """What can go wrong with a call; SUCCESS occurs only in the result structs of group calls."""

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


def fault(code: Fault, extra: object = None) -> ProtocolFault:
    """The fault as clients see it: `NAME`, or `NAME: extra` unless `extra` is None."""
    return ProtocolFault(int(code), code.name if extra is None else f"{code.name}: {extra}")
