"""What a reread calls added, changed and removed (supervisord-4.3 §1.10)."""

from __future__ import annotations

from initd.config.model import AUTO

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from initd.config.model import GroupConfig, LogConfig, ProcessConfig

_NOT_COMPARED = frozenset(
    {"program", "user", "stdout", "stderr", "serverurl", "auto_serverurl", "section", "origins", "socket"}
)


def changed(old: GroupConfig, new: GroupConfig) -> bool:
    """Whether the group `new` would run differently from the live group `old`, as supervisord sees it.

    A log that is AUTO now counts as unchanged, whatever it was; where a section is written never counts.
    """
    if (old.name, old.priority, len(old.processes)) != (new.name, new.priority, len(new.processes)):
        return True
    if old.listener != new.listener:
        return True
    return any(_process_changed(a, b) for a, b in zip(old.processes, new.processes, strict=True))


def diff(
    old: Sequence[GroupConfig], new: Sequence[GroupConfig]
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """The names added, changed and removed between the live groups and a configuration, each in its own order."""
    live = {group.name: group for group in old}
    kept = {group.name for group in new}
    added = tuple(group.name for group in new if group.name not in live)
    different = tuple(group.name for group in new if group.name in live and changed(live[group.name], group))
    removed = tuple(group.name for group in old if group.name not in kept)
    return added, different, removed


def _process_changed(old: ProcessConfig, new: ProcessConfig) -> bool:
    for field in type(new)._fields:
        if field not in _NOT_COMPARED and getattr(old, field) != getattr(new, field):
            return True
    if (old.auto_serverurl, not old.auto_serverurl and old.serverurl) != (
        new.auto_serverurl,
        not new.auto_serverurl and new.serverurl,
    ):
        return True
    if (old.socket and old.socket.url) != (new.socket and new.socket.url):
        return True  # its owner, mode and backlog do not count
    return _log_changed(old.stdout, new.stdout) or _log_changed(old.stderr, new.stderr)


def _log_changed(old: LogConfig, new: LogConfig) -> bool:
    if new.file is AUTO:
        old = old.replace(file=AUTO)
    return old != new
