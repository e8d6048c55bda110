"""`-c FILE -- CMD`: the command of the command line as the main program of a configuration."""

from __future__ import annotations

from shlex import quote

from initd.config.model import Autorestart, EndsConfig, GroupConfig, LogConfig, ProcessConfig
from initd.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

NAME = "main"
"""Of the group and the process."""
_LAST = 1_000_000
"""Its priority: of all it is the first to be stopped, as it is the last to be started."""


def group_of(command: Sequence[str], groups: Sequence[GroupConfig]) -> GroupConfig:
    """The group of that one process, whose output is the daemon's own; ConfigError if there is another of its name."""
    if any(group.name == NAME for group in groups):
        raise ConfigError(
            f"a command beside a configuration is the program {NAME}, of which there is one already",
            hint=f"rename [program:{NAME}], or leave the command out",
        )
    process = ProcessConfig(
        NAME,
        NAME,
        " ".join(map(quote, command)),
        priority=_LAST,
        startsecs=0,
        startretries=0,
        autorestart=Autorestart.NEVER,
        stdout=LogConfig("/dev/stdout", 0, 0),
        stderr=LogConfig("/dev/stderr", 0, 0),
        ends=EndsConfig(main=True),
        last=True,
    )
    return GroupConfig(NAME, _LAST, (process,))
