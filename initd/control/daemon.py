"""What the control plane may ask of the running daemon; `initd.app` implements it, tests fake it.

Every call is made on the loop thread and returns at once. Where an answer takes time the last argument is a callback,
called exactly once, maybe before the call returns, with the value, or with a ProtocolFault in its place. A callback that
is no longer wanted (its client has gone) is simply never read: the daemon does not depend on it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, Protocol

    from initd.config.model import Config, GroupConfig, PluginConfig, ProcessConfig
    from initd.control.steps import Steps
    from initd.drive.loop import Loop
    from initd.explain.facts import Facts
    from initd.states import Mood, ProcessState
    from initd.supervise.notifications import Notification

    Answer = Callable[[Any], None]
    """Called with the result, or with a ProtocolFault."""
else:
    Protocol = object


class ProcessView(Protocol):
    """One live process as clients may see it; read-only.

    `start_waits`: it is STOPPING, and a start waits for the end of that (D20). `restart_waits`: it is EXITED, and about to
    start again by itself (D26). `start_wall`, `stop_wall` are wall
    nanoseconds, 0 for never; `up_since` is monotonic nanoseconds, for the uptime.
    `spawnerr` is "" when there is none; `exitstatus` None when there is none, -1 for a death by signal.
    """

    @property
    def instance(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def group(self) -> str: ...
    @property
    def priority(self) -> int: ...
    @property
    def state(self) -> ProcessState: ...
    @property
    def start_waits(self) -> bool: ...
    @property
    def restart_waits(self) -> bool: ...
    @property
    def pid(self) -> int: ...
    @property
    def start_wall(self) -> int: ...
    @property
    def stop_wall(self) -> int: ...
    @property
    def up_since(self) -> int: ...
    @property
    def spawnerr(self) -> str: ...
    @property
    def exitstatus(self) -> int | None: ...


class GroupView(Protocol):
    """One live group: `processes` in member order."""

    @property
    def name(self) -> str: ...
    @property
    def priority(self) -> int: ...
    @property
    def processes(self) -> Sequence[ProcessView]: ...


class Plugin(Protocol):
    """A namespace of calls that is somebody else's code."""

    def methods(self) -> Mapping[str, str]:
        """The published methods and their documentation."""

    def call(self, name: str, params: Sequence[Any]) -> Steps:
        """The value of a call; ProtocolFault, or whatever the method raises."""


class Daemon(Protocol):
    """The running daemon."""

    loop: Loop

    @property
    def config(self) -> Config:
        """The configuration as last read (a reread replaces it); what getAllConfigInfo and avail show."""

    @property
    def identifier(self) -> str: ...

    @property
    def mood(self) -> Mood: ...

    def pid(self) -> int: ...

    def groups(self) -> Sequence[GroupView]:
        """The live groups, ascending by priority; equal ones in the order they were added."""

    def group(self, name: str) -> GroupView | None: ...

    def process(self, group: str, name: str) -> ProcessView | None: ...

    def on_change(self, heard: Callable[[int | None], None]) -> None:
        """From now on `heard` is told of whatever clients may see change: a process by its instance, None for the rest.

        It must be quick and must not raise. There is no way back: it is for what lives as long as the daemon.
        """

    # programs; faults: see supervisord-4.3 §5.4
    def check_command(self, instance: int, answer: Answer) -> None:
        """True, or fault NO_FILE / NOT_EXECUTABLE with the spawn error text; changes nothing."""

    def start(self, instance: int, wait: bool, answer: Answer) -> None:
        """True; ALREADY_STARTED, FAILED, SPAWN_ERROR, ABNORMAL_TERMINATION. Without `wait`: once the child exists.

        With `wait` its logs have settled by the time of the answer.
        """

    def stop(self, instance: int, wait: bool, answer: Answer) -> None:
        """True; NOT_RUNNING, FAILED. With `wait`: once it is down and its logs have settled."""

    def signal(self, instance: int, signal: int, answer: Answer) -> None:
        """True; NOT_RUNNING, FAILED."""

    def write_stdin(self, instance: int, data: bytes, answer: Answer) -> None:
        """True; NOT_RUNNING, NO_FILE, FAILED (D27)."""

    def remote_event(self, kind: str, data: str) -> None:
        """Tell the event listeners."""

    def facts(self, instance: int) -> Facts | None:
        """What is known of a live process, for whoever wants to know why it is in its state."""

    # groups
    def add_group(self, name: str, answer: Answer) -> None:
        """True; BAD_NAME, ALREADY_ADDED."""

    def remove_group(self, name: str, answer: Answer) -> None:
        """True once the logs of its processes have settled; BAD_NAME, STILL_RUNNING."""

    def live_group(self, name: str) -> GroupConfig | None:
        """A live group as it is configured by now."""

    # single processes, for plugins
    def read_program(self, section: str, options: Mapping[str, str], group: str) -> Sequence[ProcessConfig]:
        """The processes that a program section with these options would stand for in that group; ConfigError."""

    def add_member(self, group: str, process: ProcessConfig, answer: Answer) -> None:
        """True; BAD_NAME, ALREADY_ADDED."""

    def remove_member(self, instance: int, answer: Answer) -> None:
        """True; BAD_NAME, STILL_RUNNING."""

    def emit(self, notification: Notification) -> None:
        """Tell the event listeners of something that a plugin says."""

    def make_interface(self, config: PluginConfig) -> Plugin:
        """The namespace of a plugin; ConfigError."""

    def reread(self, answer: Answer) -> None:
        """(added, changed, removed) as three lists of group names; CANT_REREAD."""

    def in_use(self, config: GroupConfig) -> bool:
        """Whether a group of that name is live (`inuse` of getAllConfigInfo)."""

    def log_paths(self, instance: int) -> tuple[str | None, str | None]:
        """The stdout and stderr log paths of a live process; None for no file, "" for an option left empty."""

    def configured(self, group: GroupConfig) -> Sequence[ProcessConfig]:
        """The processes of a group of the configuration, with the AUTO logs that have been made for them since it was read."""

    def clear_logs(self, instance: int, answer: Answer) -> None:
        """True; FAILED. A process that is not running: true, and nothing happens."""

    def settle_logs(self, instance: int, answer: Answer) -> None:
        """True once what has been read of a process is in its logs, or one of them has taken too long (logs.sinks.SETTLE_NS)."""

    # the daemon itself
    @property
    def main_log(self) -> str:
        """The path of the main log; "" when it is not a file of its own (syslog)."""

    def clear_main_log(self, answer: Answer) -> None:
        """True; NO_FILE, FAILED."""

    def settle_main_log(self, answer: Answer) -> None:
        """True once what has been logged is in the main log, or that has taken too long."""

    def shutdown(self) -> None: ...

    def restart(self) -> None:
        """Check the configuration, then stop everything and start again with it (D11: a broken one changes nothing).

        The answer to the RPC is true either way, as there; see `check_reload` for the D11 fault.
        """

    def check_reload(self, answer: Answer) -> None:
        """True when the configuration on disk can be used, and it is kept for the restart; else CANT_REREAD."""

    def log(self, level: str, text: str) -> None:
        """A line in the main log; level is one of crit error warn info debug trace blather."""
