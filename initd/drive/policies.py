"""From configuration to policy: the part of a group's and a program's options that the core decides by."""

from __future__ import annotations

from initd.config.listeners import DEFAULT_HANDLER
from initd.config.model import Autorestart
from initd.supervise.policy import (
    SECOND,
    Consequences,
    ExitPolicy,
    GroupPolicy,
    ListenerPolicy,
    ProcessPolicy,
    Restart,
    SocketPolicy,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from initd.config.model import GroupConfig, ListenerConfig, OwnConfig, ProcessConfig

_RESTART = {
    Autorestart.ALWAYS: Restart.ALWAYS,
    Autorestart.NEVER: Restart.NEVER,
    Autorestart.UNEXPECTED: Restart.UNEXPECTED,
}


def group_policy(group: GroupConfig) -> GroupPolicy:
    """The core's part of a group's configuration."""
    members = tuple(process_policy(process) for process in group.processes)
    return GroupPolicy(group.name, group.priority, members, listener_policy(group.listener))


def exit_policy(own: OwnConfig) -> ExitPolicy:
    """The core's part of [initd]."""
    whole = own.shutdown_timeout
    return ExitPolicy(
        own.exit_code_from, own.fatal_exit_code, own.exit_when_idle, None if whole is None else whole * SECOND
    )


def listener_policy(config: ListenerConfig | None) -> ListenerPolicy | None:
    """What makes a group a pool, for the core; None for any other group."""
    if config is None:
        return None
    handler = None if config.result_handler == DEFAULT_HANDLER else config.result_handler
    return ListenerPolicy(config.events, config.buffer_size, handler)


def process_policy(config: ProcessConfig) -> ProcessPolicy:
    """The core's part of a program's configuration."""
    return ProcessPolicy(
        name=config.name,
        priority=config.priority,
        autostart=config.autostart,
        startsecs=config.startsecs,
        startretries=config.startretries,
        autorestart=_RESTART[config.autorestart],
        exitcodes=config.exitcodes,
        stopsignal=config.stopsignal,
        stopwaitsecs=config.stopwaitsecs,
        stopasgroup=config.stopasgroup,
        killasgroup=config.killasgroup,
        ends=Consequences(*config.ends.values()),
        last=config.last,
        socket=socket_policy(config),
    )


def socket_policy(config: ProcessConfig) -> SocketPolicy | None:
    """The core's part of the socket that a process shares, if it does."""
    return None if config.socket is None else SocketPolicy(config.program, config.socket.url)
