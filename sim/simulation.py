"""One run: the shipped daemon, from configuration to exit, on a simulated kernel, with a trace of what it did.

The daemon is `initd.app.Application`, unchanged. What surrounds it in a real process (background, lock, privileges) is
not there.
"""

from __future__ import annotations

from initd.app import Application, Hooks
from initd.config.host import Host
from initd.config.load import Arguments
from initd.record import Record
from initd.session import Environment
from initd.states import ProcessState
from initd.supervise.effects import Effect, GroupChanged, StateChanged
from sim.kernel import EndOfRun, SimKernel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from initd.config.model import Config
    from initd.errors import ConfigError
    from initd.session import Session


class Change(Record):
    """A process changed its state at a monotonic time, counted from the start of the run."""

    time_ns: int
    change: StateChanged

    @property
    def name(self) -> str:
        """As supervisorctl shows it."""
        change = self.change
        return change.name if change.name == change.group else f"{change.group}:{change.name}"


class Simulation:
    """A daemon with this configuration on this kernel; `changes` grows while it runs.

    `on_change` hears of each change as it happens, `on_group` of groups that come and go. `exit_status` is None until the
    daemon has ended by itself.
    """

    def __init__(
        self,
        kernel: SimKernel,
        config: Config,
        arguments: Arguments | None = None,
        host: Host | None = None,
        on_change: Callable[[Change], None] = lambda change: None,
        on_group: Callable[[GroupChanged], None] = lambda change: None,
    ) -> None:
        self.kernel = kernel
        self.changes: list[Change] = []
        self.exit_status: int | None = None
        self.failure: ConfigError | None = None
        self._on_change, self._on_group = on_change, on_group
        host = host or Host({"PATH": "/usr/bin:/bin"}, "/", "sim", "/tmp", "initd", kernel.files)
        environment = Environment(kernel, host, arguments or Arguments(config.path), nofile=1024, on_change=self._heard)
        self._began_ns = kernel.now
        self.application = Application(environment, config, Hooks(failed=self._failed))

    @property
    def session(self) -> Session:
        """The session that runs now."""
        return self.application.session

    def run(self, duration_ns: int | None = None) -> None:
        """Run for that long in virtual time, or until the daemon ends; to be called once."""
        if duration_ns is not None:
            self.kernel.run_until(self.kernel.now + duration_ns)
        try:
            self.application.listen()
            self.exit_status = self.application.run()
        except EndOfRun:
            return

    def states(self) -> dict[str, ProcessState]:
        """Each process's state now, by the name supervisorctl shows."""
        return {
            process.name if process.name == group.name else f"{group.name}:{process.name}": process.state
            for group in self.session.core.groups
            for process in group.processes
        }

    def main_log(self) -> str:
        """The main log so far."""
        return self.kernel.files.data(self.session.main_log_path).decode()

    def _heard(self, effect: Effect) -> None:
        if isinstance(effect, StateChanged):
            change = Change(self.kernel.now - self._began_ns, effect)
            self.changes.append(change)
            self._on_change(change)
        elif isinstance(effect, GroupChanged):
            self._on_group(effect)

    def _failed(self, error: ConfigError) -> None:
        self.failure = error
