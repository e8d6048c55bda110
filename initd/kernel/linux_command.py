"""Between fork and exec: the forked copy of the init becomes its command, and never anything else.

Every signal is blocked until the last moment, so what is sent to the young child waits for its program. execvp(3),
setpgid(2), tcsetpgrp(3), proc(5)
"""

from __future__ import annotations

import errno
import posix
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal as _signal
    from collections.abc import Iterator
    from typing import NoReturn

    from initd.kernel.command import Command
else:
    import _signal

DEFAULT_PATH = b"/bin:/usr/bin"
SHELL = b"/bin/sh"
COERCED = b"C.UTF-8"
"""What the interpreter sets LC_CTYPE to when no locale was asked for (PEP 538)."""
NOT_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ESTALE, errno.ENODEV, errno.ETIMEDOUT)
"""Errors that let execvp(3) look in the next directory; so does EACCES, which is told if nothing else is found."""


class Environment:
    """The environment we were executed with, in its order and with its duplicates, for execve(2) to take."""

    def __init__(self, pairs: list[tuple[bytes, bytes]]) -> None:
        self._pairs = pairs

    def __len__(self) -> int:
        return len(self._pairs)

    def __getitem__(self, name: bytes) -> bytes:
        """For execve(2) to know a mapping by."""
        return dict(self._pairs)[name]

    def named(self, name: bytes) -> bytes | None:
        """The first value of that name, as getenv(3) finds it."""
        for key, value in self._pairs:
            if key == name:
                return value
        return None

    def keys(self) -> list[bytes]:
        """Every name."""
        return [key for key, _ in self._pairs]

    def values(self) -> list[bytes]:
        """Every value, in the order of `keys`."""
        return [value for _, value in self._pairs]

    def put(self, name: bytes, value: bytes) -> None:
        """Another value for each entry of that name."""
        self._pairs = [(key, value if key == name else old) for key, old in self._pairs]


def environment() -> Environment:
    """Ours at exec, byte for byte; what the interpreter has done to it since is undone."""
    try:
        with open("/proc/self/environ", "rb", 0) as file:
            data = file.readall()
    except OSError:
        return Environment(_guessed(list(posix.environ.items())))
    return Environment([(name, value) for name, sep, value in (entry.partition(b"=") for entry in data.split(b"\0")) if sep])


def _guessed(pairs: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Without /proc: a coerced LC_CTYPE is the last variable, as setenv(3) appends, where no other names a locale."""
    named = dict(pairs)
    asked = named.get(b"LC_ALL") or named.get(b"LANG", b"C")
    if pairs and pairs[-1] == (b"LC_CTYPE", COERCED) and asked in (b"", b"C", b"POSIX"):
        return pairs[:-1]
    return pairs


def become(command: Command, mask: frozenset[int], deaf: bool, in_front: bool) -> NoReturn:
    """Execute the command in this forked child. `deaf`: SIGCHLD was ignored; `in_front`: the terminal is to be handed on."""
    code = 1
    try:
        _take_place(command.place, in_front)
        variables = environment()
        if variables.named(b"LISTEN_PID") == b"%d" % posix.getppid():
            variables.put(b"LISTEN_PID", b"%d" % posix.getpid())
        _restore_signals(mask, deaf)
        number = _execute([_encoded(word) for word in command.argv], variables)
        text, code = command.refuse(number, posix.strerror(number), posix.getpid())
        posix.write(2, text.encode("utf-8", "surrogateescape"))
    except BaseException as error:  # our own mistake: there is nobody above to tell
        posix.write(2, f"initd: cannot run {command.argv[0]!r}: {error!r}\n".encode("utf-8", "replace"))
    finally:
        posix._exit(code)


def _encoded(word: str) -> bytes:
    """The bytes that the interpreter has decoded into one of its arguments."""
    return word.encode(sys.getfilesystemencoding(), "surrogateescape")


def _take_place(place: str, in_front: bool) -> None:
    if place == "session":
        posix.setsid()
        _take_terminal()
    elif place == "group":
        posix.setpgid(0, 0)
        if in_front:
            try:
                posix.tcsetpgrp(0, posix.getpid())
            except OSError:
                return  # hung up meanwhile


def _take_terminal() -> None:
    """Make standard input the terminal of our new session, if it is one and free."""
    import fcntl
    import termios

    try:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    except OSError:
        return


def _restore_signals(mask: frozenset[int], deaf: bool) -> None:
    """As they were before the interpreter started; it ignores SIGPIPE and SIGXFSZ, without a trace of what was before."""
    for number in (_signal.SIGPIPE, _signal.SIGXFSZ):
        _signal.signal(number, _signal.SIG_DFL)
    if callable(_signal.getsignal(_signal.SIGINT)):
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    if deaf:
        _signal.signal(_signal.SIGCHLD, _signal.SIG_IGN)
    _signal.pthread_sigmask(_signal.SIG_SETMASK, mask)


def _execute(argv: list[bytes], variables: Environment) -> int:
    """execvp(3) with its search; returns only the errno that says why not."""
    refused = errno.ENOENT
    for path in _candidates(argv[0], variables):
        try:
            posix.execve(path, argv, variables)  # type: ignore[arg-type]  # it takes any mapping
        except OSError as error:
            number = error.errno or errno.EIO
        except ValueError:  # an empty name
            return errno.ENOENT
        if number == errno.ENOEXEC:
            return _run_by_shell([SHELL, path, *argv[1:]], variables)
        if number == errno.EACCES or b"/" in argv[0]:
            refused = number
        elif number not in NOT_THERE:
            return number
    return refused


def _run_by_shell(argv: list[bytes], variables: Environment) -> int:
    try:
        posix.execve(SHELL, argv, variables)  # type: ignore[arg-type]
    except OSError as error:
        return error.errno or errno.EIO


def _candidates(name: bytes, variables: Environment) -> Iterator[bytes]:
    if b"/" in name or not name:
        yield name
        return
    path = variables.named(b"PATH")
    for directory in (DEFAULT_PATH if path is None else path).split(b":"):
        yield directory + b"/" + name if directory else name
