"""How a session starts: main log, AUTO logs, shared sockets, groups, and the programs that start by themselves.

The order is supervisord's (supervisord-4.3 §2.9). Each step may have to wait for a disk or a name service, and everything may be
over by then.
"""

from __future__ import annotations

from initd.errors import ConfigError
from initd.logs import autolog
from initd.supervise.events import Booted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from initd.config.model import ProcessConfig
    from initd.kernel.port import Files
    from initd.session import Session

    Processes = tuple[ProcessConfig, ...]


class Startup:
    """One start of a session; see `Session.start`."""

    def __init__(
        self, session: Session, started: Callable[[], bool], failed: Callable[[ConfigError], None] | None
    ) -> None:
        self._session, self._started, self._failed = session, started, failed
        self._config = config = session.config
        # Of several groups of one name the first is there; the others are never made, so they have no logs either.
        self._groups = tuple({group.name: group for group in reversed(config.groups)}.values())[::-1]

    def begin(self) -> None:
        """Take the first step; the others follow."""
        self._session.open_main_log(self._opened)

    def _opened(self, error: OSError | None) -> None:
        session = self._session
        if session.exit is not None:
            # Too late: everything is down, and the next session may be under way.
            return session.main_log.close(lambda error: None)
        if error is not None:
            text = f"could not open the main log {self._config.daemon.logfile}: {error.strerror or error}"
            if self._failed is not None:
                return self._failed(ConfigError(text, key="logfile"))
            session.log("crit", text)
        session.loop.submit("auto-logs", self._prepare, self._prepared)

    def _prepare(self, files: Files) -> tuple[list[Processes], list[str]]:
        daemon = self._config.daemon
        warnings = [] if daemon.nocleanup else autolog.clean(files, daemon.childlogdir, daemon.identifier)
        created = []
        for group in self._groups:
            processes, more = autolog.create(files, daemon.childlogdir, daemon.identifier, group.processes)
            created.append(processes)
            warnings += more
        return created, warnings

    def _prepared(self, result: tuple[list[Processes], list[str]] | None, error: Exception | None) -> None:
        session = self._session
        if session.exit is not None:
            return
        if result is None:  # a fault of ours must not keep the programs from running
            result = [autolog.without(group.processes) for group in self._groups], [f"no AUTO logs: {error!r}"]
        for text in result[1]:
            session.log("warn", text)
        made = result[0]
        session.try_sockets(self._groups, lambda: self._boot(made))

    def _boot(self, made: list[Processes]) -> None:
        session = self._session
        if session.exit is not None:
            return
        if session.servers is not None:
            session.servers.announce()
        session.tell_notices()
        for group, processes in zip(self._groups, made, strict=True):
            session.join(group, processes, self._config)
        try:
            if self._started():
                session.log("info", f"supervisord started with pid {session.environment.kernel.getpid()}")
        finally:  # whatever our surroundings make of it, the programs are to run
            session.service.overhear()  # plugins hear of nothing before, as there
            session.driver.handle(Booted())
