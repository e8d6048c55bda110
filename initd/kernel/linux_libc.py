"""What libc does and the interpreter does not offer: prctl(2), rt_sigqueueinfo(2), a mask for the signals libc keeps.

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

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER, PR_GET_CHILD_SUBREAPER = 1, 36, 37
SYSCALLS = {"x86_64": (129, 14), "aarch64": (138, 135), "riscv64": (138, 135), "loongarch64": (138, 135)}
"""rt_sigqueueinfo and rt_sigprocmask on 64-bit machines; others send a signal without its value."""
SIG_BLOCK, LIBC_SIGNALS, MASK_BYTES = 0, (1 << 31 | 1 << 32), 8
"""The two realtime signals that libc keeps for itself, 32 and 33, which no mask of libc's own blocks."""
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


def is_subreaper() -> bool:
    """Whether orphans below us come to us: that mark outlives execve(2), so whoever started us may have set it."""
    answer = _Int()
    _call("prctl", _Int(PR_GET_CHILD_SUBREAPER), _ctypes.byref(answer), _Long(0), _Long(0), _Long(0))
    return bool(answer.value)


def queue(pid: int, number: int, arrived: Arrived) -> None:
    """Send a queued signal with the sender and the value of the one that came."""
    calls = _syscalls()
    if calls is None:
        posix.kill(pid, number)
    else:
        _call("syscall", _Long(calls[0]), _Long(pid), _Long(number), _Bytes(_siginfo(number, arrived)))


def outlive_libc_signals() -> None:
    """Never end by 32 or 33, which nobody can wait for either; PID 1 does not in any case."""
    calls = _syscalls()
    if calls is not None:
        mask = LIBC_SIGNALS.to_bytes(MASK_BYTES, sys.byteorder)
        _call("syscall", _Long(calls[1]), _Long(SIG_BLOCK), _Bytes(mask), _Long(0), _Long(MASK_BYTES))


def _syscalls() -> tuple[int, int] | None:
    return SYSCALLS.get(posix.uname().machine) if sys.maxsize > 1 << 32 else None


def _siginfo(number: int, arrived: Arrived) -> bytes:
    head = _integers(number, 0, arrived.code).ljust(UNION_AT, b"\0")
    return (head + _integers(arrived.pid, arrived.uid, arrived.value)).ljust(SIGINFO_BYTES, b"\0")


def _integers(*values: int) -> bytes:
    return b"".join((value & 0xFFFFFFFF).to_bytes(4, sys.byteorder) for value in values)
