"""Single processes that join and leave live groups: what only plugins do (supervisord-4.3 §10).

A process that joins counts as configured from then on, so that a reread calls its group changed, as in supervisord.
"""

from __future__ import annotations

from initd.config.ini import Entry, Ini
from initd.config.model import Origin
from initd.config.programs import processes_of
from initd.config.section import Scope
from initd.drive.policies import process_policy
from initd.drive.program import Program
from initd.logs import autolog
from initd.supervise.events import MemberAdded, MemberRemoved

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from initd.config.model import GroupConfig, ProcessConfig
    from initd.session import Session
    from initd.supervise.effects import MemberChanged, Reply


class Members:
    """The joining and leaving of one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._joining: dict[tuple[str, str], tuple[ProcessConfig, ProcessConfig]] = {}
        """As configured, and with AUTO logs made."""

    def group(self, name: str) -> GroupConfig | None:
        """A live group as it is now."""
        return next((group for group in self._session.active_groups() if group.name == name), None)

    def read(self, section: str, options: Mapping[str, str], group: str) -> tuple[ProcessConfig, ...]:
        """The processes that a program section with these options would stand for in that group; ConfigError."""
        session, ini = self._session, Ini()
        place = Origin(session.config.path)
        ini.section(section).update({name.lower(): Entry(text, place) for name, text in options.items()})
        scope = Scope(ini, session.host, session.config.path, session.config.here)
        daemon = session.config.daemon
        scope.environ.update({f"ENV_{name}": value for name, value in daemon.environment.items()})
        return tuple(
            process.replace(
                serverurl=daemon.serverurl if process.serverurl is None else process.serverurl or None,
                auto_serverurl=process.serverurl is None,
            )
            for process in processes_of(scope, section, group)
        )

    def add(self, group: str, process: ProcessConfig, answer: Callable[[Reply], None]) -> None:
        """Have a process join a live group, once its AUTO logs are made."""
        session, daemon = self._session, self._session.config.daemon

        def prepared(result: tuple[tuple[ProcessConfig, ...], list[str]] | None, error: Exception | None) -> None:
            if result is None:  # a fault of ours must not keep the program from running
                result = autolog.without([process]), [f"no AUTO logs: {error!r}"]
            for text in result[1]:
                session.log("warn", text)
            self._joining[group, process.name] = process, result[0][0]
            session.driver.ask(lambda request: MemberAdded(group, process_policy(process), request), answer)
            self._joining.pop((group, process.name), None)  # refused: the core has done what it does by now

        session.loop.submit(
            "auto-logs",
            lambda files: autolog.create(files, daemon.childlogdir, daemon.identifier, [process]),
            prepared,
        )

    def remove(self, instance: int, answer: Callable[[Reply], None]) -> None:
        """Have a process that is down leave its group."""
        self._session.driver.ask(lambda request: MemberRemoved(instance, request), answer)

    def changed(self, change: MemberChanged) -> None:
        """The core has done it."""
        programs = self._session.driver.programs
        group = self.group(change.group)
        assert group is not None, "members are of live groups"
        others = tuple(process for process in group.processes if process.name != change.name)
        if change.added:
            configured, ready = self._joining.pop((change.group, change.name))
            programs[change.instance] = Program(change.instance, change.group, ready)
            others = (*others, configured)
        else:
            del programs[change.instance]
        self._session.regroup(group.replace(processes=others))
