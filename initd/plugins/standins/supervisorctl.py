"""supervisor.supervisorctl: the base of the client's plugins, and the exit codes they may set."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class LSBInitExitStatuses:
    """Exit codes as LSB init scripts use them."""

    SUCCESS = 0
    GENERIC = 1
    INVALID_ARGS = 2
    UNIMPLEMENTED_FEATURE = 3
    INSUFFICIENT_PRIVILEGES = 4
    NOT_INSTALLED = 5
    NOT_RUNNING = 7


class LSBStatusExitStatuses:
    """Exit codes of `status`."""

    NOT_RUNNING = 3
    UNKNOWN = 4


class ControllerPluginBase:
    """A plugin's `do_x` are commands, its `help_x` their help."""

    name = "unnamed"

    def __init__(self, controller: Any) -> None:
        self.ctl = controller

    @property
    def doc_header(self) -> str:
        """What stands above the list of commands."""
        return f"{self.name} commands (type help <topic>):"

    def do_help(self, arg: str) -> None:
        """The help of one command, or the list of those that have any."""
        if arg:
            self._help(arg)
            return
        names = sorted(set(dir(self)))
        documented = [
            name[3:]
            for name in names
            if name.startswith("do_")
            and (f"help_{name[3:]}" in names or (name != "do_help" and getattr(self, name).__doc__))
        ]
        self.ctl.output("")
        self.ctl.print_topics(self.doc_header, documented, 15, 80)

    def _help(self, arg: str) -> None:
        explain = getattr(self, f"help_{arg}", None)
        doc = getattr(getattr(self, f"do_{arg}", None), "__doc__", None)
        if explain is not None:
            explain()
        else:
            self.ctl.output(doc or self.ctl.nohelp % (arg,))
