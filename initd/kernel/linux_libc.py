"""The two calls of libc that the interpreter does not offer: prctl(2) and rt_sigqueueinfo(2).

Made through `_ctypes`, the extension below `ctypes`: that package costs an init five times the time and memory for the
same call. Loaded when first needed.
"""

from __future__ import annotations

import posix
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from initd.kernel.command import Arrived

    _ctypes: Any
else:
    import _ctypes

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
SYS_RT_SIGQUEUEINFO = {"x86_64": 129, "aarch64": 138, "riscv64": 138, "loongarch64": 138}
"""Its number on 64-bit machines; others send the signal without its value."""
SIGINFO_BYTES, UNION_AT = 128, 16
"""siginfo_t as those have it: signal, errno, code, then sender and value at the alignment of a pointer."""


class _Int(_ctypes._SimpleCData):  # type: ignore[misc]
    _type_ = "i"


class _Long(_ctypes._SimpleCData):  # type: ignore[misc]
    _type_ = "l"


class _Bytes(_ctypes._SimpleCData):  # type: ignore[misc]
    _type_ = "z"


class _Call(_ctypes.CFuncPtr):  # type: ignore[misc]
    _flags_ = _ctypes.FUNCFLAG_CDECL | _ctypes.FUNCFLAG_USE_ERRNO
    _restype_ = _Int


def _call(name: str, *arguments: object) -> None:
    if _Call(_ctypes.dlsym(_ctypes.dlopen(None, 0), name))(*arguments) == -1:
        number = _ctypes.get_errno()
        raise OSError(number, posix.strerror(number))


def prctl(option: int, argument: int) -> None:
    """prctl(2) of one argument."""
    _call("prctl", _Int(option), _Long(argument), _Long(0), _Long(0), _Long(0))


def queue(pid: int, number: int, arrived: Arrived) -> None:
    """Send a queued signal with the sender and the value of the one that came."""
    place = SYS_RT_SIGQUEUEINFO.get(posix.uname().machine) if sys.maxsize > 1 << 32 else None
    if place is None:
        posix.kill(pid, number)
    else:
        _call("syscall", _Long(place), _Long(pid), _Long(number), _Bytes(_siginfo(number, arrived)))


def _siginfo(number: int, arrived: Arrived) -> bytes:
    head = _integers(number, 0, arrived.code).ljust(UNION_AT, b"\0")
    return (head + _integers(arrived.pid, arrived.uid, arrived.value)).ljust(SIGINFO_BYTES, b"\0")


def _integers(*values: int) -> bytes:
    return b"".join((value & 0xFFFFFFFF).to_bytes(4, sys.byteorder) for value in values)
