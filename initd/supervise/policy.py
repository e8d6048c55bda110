"""What the core asks of a program's configuration: when is it up, may it be retried, what does its exit mean.

The questions are methods, so that other answers (readiness by notification, exponential waits) can take the place of
supervisord's without the rules knowing (supervisord-4.3 §2.4).
"""

from __future__ import annotations

import enum

from initd.record import Record

SECOND = 1_000_000_000
"""One second in nanoseconds, the unit of every time in the core."""


class Restart(enum.Enum):
    """When an EXITED program starts again by itself (`autorestart`)."""

    ALWAYS = "true"
    NEVER = "false"
    UNEXPECTED = "unexpected"


class Consequences(Record):
    """What the end of a program means for the daemon when nobody asked for that end: nothing, by default.

    `essential`: an end for good, FATAL or EXITED without a restart, ends everything. `on_exit`, `on_failure` (an exit that
    is not expected) and `on_fatal` do so each by itself, before any restart. `main` is essential, and gives the exit status.
    """

    essential: bool = False
    main: bool = False
    on_exit: bool = False
    on_failure: bool = False
    on_fatal: bool = False

    def of_exit(self, expected: bool, for_good: bool) -> str:
        """The option by which an EXITED program ends everything, or ""."""
        if self.on_exit:
            return "on_exit=shutdown"
        if self.on_failure and not expected:
            return "on_failure=shutdown"
        return self._for_good() if for_good else ""

    def of_fatal(self) -> str:
        """The option by which a FATAL program ends everything, or ""."""
        return "on_fatal=shutdown" if self.on_fatal else self._for_good()

    def _for_good(self) -> str:
        return "main=true" if self.main else "essential=true" if self.essential else ""


NO_CONSEQUENCES = Consequences()


class ExitPolicy(Record):
    """When the daemon ends by itself, how long its end may take, and with which status.

    `code_from` is `none`, `first-failure`, the `group:name` of a process, or "" for the cause of the end, else the main
    program. `fatal_code` is the status of a FATAL program, None for 1; but a command beside a configuration that cannot be
    run has the status a shell gives it. `shutdown_ns` None is no limit but that of D7.
    """

    code_from: str = ""
    fatal_code: int | None = None
    when_idle: bool = False
    shutdown_ns: int | None = None


class SocketPolicy(Record):
    """A listening socket: the processes of one `program`, whatever their group, share that of its `url`."""

    program: str
    url: str


class ProcessPolicy(Record):
    """One program's rules; times in whole seconds as in the file. One that is `last` starts once all others are up or down."""

    name: str
    priority: int = 999
    autostart: bool = True
    startsecs: int = 1
    startretries: int = 3
    autorestart: Restart = Restart.UNEXPECTED
    exitcodes: tuple[int, ...] = (0,)
    stopsignal: int = 15
    stopwaitsecs: int = 10
    stopasgroup: bool = False
    killasgroup: bool = False
    ends: Consequences = NO_CONSEQUENCES
    last: bool = False
    socket: SocketPolicy | None = None

    def up_at(self, started_ns: int) -> int:
        """The first instant at which a program alive since `started_ns` counts as RUNNING: strictly after startsecs."""
        return started_ns + self.startsecs * SECOND + 1

    def too_quick(self, lived_ns: int) -> bool:
        """Whether a life of that length was a failed start; one of exactly startsecs was not."""
        return lived_ns < self.startsecs * SECOND

    def exhausted(self, failures: int) -> bool:
        """Whether that many failures in a row end in FATAL: startretries + 1 attempts are made."""
        return failures > self.startretries

    def retry_at(self, failed_ns: int, failures: int) -> int:
        """When to try again after the k-th failure in a row: strictly after k seconds, linear, uncapped."""
        return failed_ns + failures * SECOND + 1

    def expected(self, exitstatus: int) -> bool:
        """Whether that exit status is one of `exitcodes`; -1, a death by signal, never is."""
        return exitstatus in self.exitcodes

    def restarts_after(self, exitstatus: int) -> bool:
        """Whether a program that ended from RUNNING with that status starts again by itself."""
        if self.autorestart is Restart.UNEXPECTED:
            return not self.expected(exitstatus)
        return self.autorestart is Restart.ALWAYS

    def kill_at(self, stopped_ns: int) -> int:
        """When a program that was sent a stop or kill signal at `stopped_ns` is due (the next) SIGKILL."""
        return stopped_ns + self.stopwaitsecs * SECOND


class ListenerPolicy(Record):
    """What makes a group a pool of event listeners; `result_handler` None is supervisord's own, else `module:attribute`."""

    events: tuple[str, ...]
    buffer_size: int = 10
    result_handler: str | None = None


class GroupPolicy(Record):
    """A group: its name, its priority, its members in boot order, and for a pool what its listeners listen to."""

    name: str
    priority: int
    processes: tuple[ProcessPolicy, ...]
    listener: ListenerPolicy | None = None
