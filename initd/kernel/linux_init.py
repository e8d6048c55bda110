"""`init_port.Init` on Linux: signals are blocked and waited for, children are forked, nothing else is ever open.

Loaded before CMD starts, so only built-in modules are imported up here. sigtimedwait(2), wait(2), termios(3)
"""

from __future__ import annotations

import errno
import posix

from initd.kernel.command import Arrived
from initd.kernel.linux_command import become

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal as _signal
    from collections.abc import Iterable
    from time import monotonic_ns

    from initd.kernel.command import Command
else:
    import _signal
    from time import monotonic_ns

STANDARD = 3
WITHOUT_PROC_FDS = 65536
"""How far descriptors are closed blindly where /proc cannot tell which there are."""
READER_MS = 100
"""How long a reader of what we say may be away before we go on without."""


class LinuxInit:
    """Implements `initd.kernel.init_port.Init`; one a process. `held` is the signal mask from before all was blocked."""

    def __init__(self, held: Iterable[int]) -> None:
        self._held = frozenset(held)
        self._all = _signal.valid_signals()
        self._deaf = _signal.getsignal(_signal.SIGCHLD) == _signal.SIG_IGN
        if self._deaf:  # the kernel would throw exit statuses away
            _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)
        self._terminal = self._left_terminal = self._unread = False

    def mono(self) -> int:
        return monotonic_ns()

    def getpid(self) -> int:
        return posix.getpid()

    def start(self, command: Command) -> int:
        self._terminal = _in_front(posix.getpgrp())
        if self._terminal and command.place == "session":
            self._leave_terminal()
        pid = posix.fork()
        if pid == 0:
            become(command, self._held, self._deaf, self._terminal)
        if command.place == "group":
            try:
                posix.setpgid(pid, pid)
            except OSError:
                pass  # it has done so itself, and is already its program or gone
        return pid

    def _leave_terminal(self) -> None:
        """Let another session have our terminal, if it is ours to give; what comes of that is no signal for the command."""
        import fcntl
        import termios

        self._terminal = False
        if posix.getsid(0) == posix.getpid():
            fcntl.ioctl(0, termios.TIOCNOTTY)
            self._left_terminal = True
            for number in (_signal.SIGHUP, _signal.SIGCONT):
                _signal.sigtimedwait([number], 0)

    def settle(self, output: bool) -> None:
        try:
            last = max(map(int, posix.listdir("/proc/self/fd")))
        except OSError:
            last = WITHOUT_PROC_FDS
        posix.closerange(STANDARD, last + 1)
        try:
            nothing = posix.open("/dev/null", posix.O_RDWR | posix.O_CLOEXEC)
        except OSError:
            nothing = -1  # a container without devices keeps what it has
        else:
            for fd in (0,) * (not self._terminal) + (1,) * (not output):
                posix.dup2(nothing, fd)
            posix.close(nothing)
        posix.chdir("/")  # not to pin what others want to unmount

    def load(self) -> None:
        import initd.kernel.linux_tree

        try:
            import initd.kernel.linux_libc  # noqa: F401
        except ImportError:  # an interpreter without libffi: queued signals lose their values
            return

    # signals
    def wait_signal(self, deadline_ns: int | None) -> Arrived | None:
        if deadline_ns is None:
            found = _signal.sigwaitinfo(self._all)
        else:
            left_s = (deadline_ns - monotonic_ns()) / 1e9
            answer = _signal.sigtimedwait(self._all, max(left_s, 0))
            if answer is None:
                return None
            found = answer
        # si_status lies where the value of a queued signal does (siginfo_t is a union): its low 32 bits.
        return Arrived(found.si_signo, found.si_code, found.si_pid, found.si_uid, found.si_status)

    def kill(self, pid: int, number: int) -> None:
        if pid <= 0:  # 0 and below would reach groups, or everything
            raise OSError(errno.EINVAL, posix.strerror(errno.EINVAL))
        posix.kill(pid, number)

    def queue(self, pid: int, number: int, arrived: Arrived) -> None:
        from initd.kernel.linux_libc import queue

        queue(pid, number, arrived)

    def killpg(self, pgid: int, number: int) -> None:
        if pgid <= 1:
            raise OSError(errno.EINVAL, posix.strerror(errno.EINVAL))
        posix.killpg(pgid, number)

    def kill_all(self, number: int) -> bool:
        if posix.getpid() != 1:  # from anywhere else this would leave our own tree
            raise PermissionError(errno.EPERM, posix.strerror(errno.EPERM))
        try:
            posix.kill(-1, number)
        except ProcessLookupError:
            return False
        return True

    # the others
    def reap(self, limit: int) -> tuple[list[tuple[int, int]], bool]:
        ended: list[tuple[int, int]] = []
        waitpid, flags = posix.waitpid, posix.WNOHANG | posix.WUNTRACED
        try:
            for _ in range(limit):
                pair = waitpid(-1, flags)
                if pair[0] == 0:
                    break
                ended.append(pair)
        except ChildProcessError:
            return ended, False
        return ended, True

    def descendants(self) -> list[int]:
        from initd.kernel.linux_tree import descendants

        return descendants()

    def session(self, sid: int) -> list[int]:
        from initd.kernel.linux_tree import session

        return session(sid)

    def become_subreaper(self) -> None:
        from initd.kernel.linux_libc import PR_SET_CHILD_SUBREAPER, outlive_libc_signals, prctl

        outlive_libc_signals()
        prctl(PR_SET_CHILD_SUBREAPER, 1)

    def is_subreaper(self) -> bool:
        from initd.kernel.linux_libc import is_subreaper

        return is_subreaper()

    def tie_to_parent(self, number: int) -> bool:
        from initd.kernel.linux_libc import PR_SET_PDEATHSIG, prctl

        parent = posix.getppid()
        prctl(PR_SET_PDEATHSIG, number)
        return posix.getppid() == parent

    # the terminal
    def has_terminal(self) -> bool:
        return self._terminal

    def left_terminal(self) -> bool:
        return self._left_terminal

    def pass_terminal(self, giver: int, taker: int) -> None:
        own = posix.getpgrp()
        try:
            if posix.tcgetpgrp(0) == (giver or own):
                posix.tcsetpgrp(0, taker or own)
        except OSError:
            return  # it has been hung up

    def stop(self, group: bool) -> None:
        posix.kill(0 if group else posix.getpid(), _signal.SIGSTOP)

    def say(self, text: str, fd: int = 2) -> None:
        try:
            if self._has_room(fd):
                posix.write(fd, text.encode("utf-8", "surrogateescape"))
        except OSError:
            return

    def _has_room(self, fd: int) -> bool:
        """Whether a line can be written at once: a reader who has stopped is waited for a little, once, not for each line."""
        try:
            import select
        except ImportError:  # the files of the interpreter are gone
            return True
        room = select.poll()
        room.register(fd, select.POLLOUT)
        self._unread = not room.poll(0 if self._unread else READER_MS)
        return not self._unread


def _in_front(pgrp: int) -> bool:
    """Whether standard input is our terminal and we are in front of it; a job in the background must not take it."""
    try:
        return posix.tcgetpgrp(0) == pgrp
    except OSError:
        return False
