"""The running daemon as the control plane sees it: implements `initd.control.daemon.Daemon` over core, driver and logs.

Only translation belongs here: names to instances, core outcomes to faults, configuration to what is live.
"""

from __future__ import annotations

from initd.config.compare import diff
from initd.config.load import load
from initd.control.faults import Fault, fault
from initd.drive.resolve import CommandError, resolve
from initd.drive.spawner import child_environment
from initd.errors import ConfigError, ProtocolFault
from initd.logs.program import Joint
from initd.states import Mood, ProcessState
from initd.supervise.effects import GroupChanged, MemberChanged, MoodChanged, Outcome, StateChanged
from initd.supervise.events import (
    Emitted,
    GroupRemoved,
    ResultJudged,
    ShutdownAsked,
    SignalAsked,
    StartAsked,
    StopAsked,
)
from initd.supervise.notifications import remote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from initd.config.model import Config, GroupConfig, PluginConfig, ProcessConfig
    from initd.control.daemon import Answer, Plugin
    from initd.control.facade.events import Bus
    from initd.control.facade.handlers import Handlers
    from initd.drive.loop import Loop
    from initd.explain.facts import Facts
    from initd.members import Members
    from initd.session import Session
    from initd.supervise.effects import Effect, HandleResult, Reply, Told
    from initd.supervise.group import Group
    from initd.supervise.notifications import Notification
    from initd.supervise.process import Process


class Service:
    """One session's face to its clients; every method is documented by the protocol it implements."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.loop: Loop = session.loop
        self._members: Members | None = None
        self._handlers: Handlers | None = None
        self._bus: Bus | None = None
        self._heard: list[Callable[[int | None], None]] = []

    # -- what is -----------------------------------------------------------------------------------------------------

    @property
    def config(self) -> Config:
        return self._session.config

    @property
    def identifier(self) -> str:
        return self._session.config.daemon.identifier

    @property
    def mood(self) -> Mood:
        return self._session.core.mood

    def pid(self) -> int:
        return self.loop.kernel.getpid()

    def groups(self) -> Sequence[Group]:
        return self._session.core.groups

    def group(self, name: str) -> Group | None:
        return self._session.core.group(name)

    def process(self, group: str, name: str) -> Process | None:
        found = self._session.core.group(group)
        return found.process(name) if found is not None else None

    def in_use(self, config: GroupConfig) -> bool:
        return self._session.core.group(config.name) is not None

    def on_change(self, heard: Callable[[int | None], None]) -> None:
        self._heard.append(heard)

    def tell(self, effect: Effect) -> None:
        """Have those who asked hear of an effect, if clients can see it."""
        if self._heard and isinstance(effect, (StateChanged, GroupChanged, MemberChanged, MoodChanged)):
            for heard in self._heard:
                heard(effect.instance if isinstance(effect, StateChanged) else None)

    # -- programs ----------------------------------------------------------------------------------------------------

    def check_command(self, instance: int, answer: Answer) -> None:
        program = self._session.driver.programs.get(instance)
        if program is None:
            return answer(fault(Fault.BAD_NAME))
        config = program.config
        env = child_environment(self._session.environ, config, program.group)

        def checked(_: Any, error: Exception | None) -> None:
            if isinstance(error, CommandError):
                answer(fault(Fault.NO_FILE if error.missing else Fault.NOT_EXECUTABLE, error.text))
            else:
                answer(True if error is None else fault(Fault.FAILED, str(error)))

        self.loop.submit(f"check:{instance}", lambda files: resolve(files, config.command, env), checked)

    def start(self, instance: int, wait: bool, answer: Answer) -> None:
        answer = self._settled((instance,), answer) if wait else answer
        self._session.driver.ask(lambda request: StartAsked(instance, wait, request), answering(answer))

    def stop(self, instance: int, wait: bool, answer: Answer) -> None:
        answer = self._settled((instance,), answer) if wait else answer
        self._session.driver.ask(lambda request: StopAsked(instance, wait, request), answering(answer))

    def signal(self, instance: int, signal: int, answer: Answer) -> None:
        self._session.driver.ask(lambda request: SignalAsked(instance, signal, request), answering(answer))

    def write_stdin(self, instance: int, data: bytes, answer: Answer) -> None:
        process = self._session.core.process(instance)
        program = self._session.driver.programs.get(instance)
        if process is None or program is None:
            answer(fault(Fault.BAD_NAME))
        elif program.running is None or process.state is ProcessState.STOPPING:
            answer(fault(Fault.NOT_RUNNING))
        else:
            try:
                taken = program.running.stdin.send(data)
            except OSError:
                answer(fault(Fault.NO_FILE))
            else:
                answer(True if taken else fault(Fault.FAILED, "stdin is full: the program does not read it"))

    def remote_event(self, kind: str, data: str) -> None:
        self._session.driver.handle(Emitted(remote(kind, data)))

    def facts(self, instance: int) -> Facts | None:
        from initd.explain.facts import facts_of

        process, driver = self._session.core.process(instance), self._session.driver
        program = driver.programs.get(instance)
        if process is None or program is None:
            return None
        return facts_of(process, program, self._session.environ, self.loop.kernel, driver.programs.values())

    # -- groups ------------------------------------------------------------------------------------------------------

    def add_group(self, name: str, answer: Answer) -> None:
        config = next((group for group in self.config.groups if group.name == name), None)
        if config is None:
            answer(fault(Fault.BAD_NAME))
        elif self._session.core.group(name) is not None:
            answer(fault(Fault.ALREADY_ADDED))
        else:
            self._session.add_group(config, answering(answer))

    def remove_group(self, name: str, answer: Answer) -> None:
        group = self._session.core.group(name)
        answer = self._settled([each.instance for each in group.processes] if group is not None else (), answer)
        self._session.driver.ask(lambda request: GroupRemoved(name, request), answering(answer))

    def reread(self, answer: Answer) -> None:
        def loaded(config: Config | None, error: Exception | None) -> None:
            if config is None:
                return answer(unreadable(error))
            self._session.take_config(config)
            active = self._session.active_groups()  # to compare thousands takes longer than a turn may
            self.loop.submit("config", lambda files: diff(active, config.groups), compared)

        def compared(found: tuple[tuple[str, ...], ...] | None, error: Exception | None) -> None:
            answer(unreadable(error) if found is None else found)

        self._load(loaded)

    def _load(self, loaded: Callable[[Config | None, Exception | None], None]) -> None:
        arguments, host = self._session.arguments, self._session.host
        self.loop.submit("config", lambda files: load(arguments, host), loaded)

    # -- plugins -----------------------------------------------------------------------------------------------------

    @property
    def members(self) -> Members:
        """What has single processes join and leave groups; only plugins do that."""
        if self._members is None:
            from initd.members import Members

            self._members = Members(self._session)
        return self._members

    def live_group(self, name: str) -> GroupConfig | None:
        return self.members.group(name)

    def read_program(self, section: str, options: Mapping[str, str], group: str) -> Sequence[ProcessConfig]:
        return self.members.read(section, options, group)

    def add_member(self, group: str, process: ProcessConfig, answer: Answer) -> None:
        self.members.add(group, process, answering(answer))

    def remove_member(self, instance: int, answer: Answer) -> None:
        self.members.remove(instance, answering(answer))

    def make_interface(self, config: PluginConfig) -> Plugin:
        from initd.control.facade.events import Bus
        from initd.control.facade.interface import make_interface

        if self._bus is None:
            self._bus = Bus(self)
        return make_interface(self, config, self._session.environ)

    def overhear(self) -> None:
        """All plugins are made: have the core tell them of what they want to hear of."""
        if self._bus is not None:
            self._session.core.audience.overhear(self._bus.listen())

    def tell_plugins(self, effect: Told) -> None:
        """Something has happened that plugins may want to hear of."""
        if self._bus is not None:
            self._bus.tell(effect.notification)  # type: ignore[arg-type]

    def emit(self, notification: Notification) -> None:
        self._session.driver.handle(Emitted(notification))

    def judge(self, effect: HandleResult) -> ResultJudged:
        """What the result handler of a pool makes of a listener's answer."""
        if self._handlers is None:
            from initd.control.facade.handlers import Handlers

            self._handlers = Handlers(self, self._session.environ)
        return ResultJudged(effect.instance, effect.serial, self._handlers.judge(effect))

    # -- logs --------------------------------------------------------------------------------------------------------

    def log_paths(self, instance: int) -> tuple[str | None, str | None]:
        program = self._session.driver.programs.get(instance)
        return program.log_paths if program is not None else (None, None)

    def configured(self, group: GroupConfig) -> Sequence[ProcessConfig]:
        return self._session.processes_of(group)

    def clear_logs(self, instance: int, answer: Answer) -> None:
        program = self._session.driver.programs.get(instance)
        if program is None:
            answer(fault(Fault.BAD_NAME))
        elif program.running is None:
            answer(True)
        else:
            program.running.logs.clear(lambda error: answer(fault(Fault.FAILED) if error else True))

    def settle_logs(self, instance: int, answer: Answer) -> None:
        self._settled((instance,), answer)(True)

    def _settled(self, instances: Sequence[int], answer: Answer) -> Answer:
        """That answer, once the logs of those processes have what was read of them before it."""
        programs = [self._session.driver.programs[each] for each in instances if each in self._session.driver.programs]

        def settle(value: Any) -> None:
            all_of_them = Joint(len(programs), lambda error: answer(value))
            for program in programs:
                all_of_them(None) if program.logs is None else program.logs.settle(all_of_them)

        return settle if programs else answer

    @property
    def main_log(self) -> str:
        return "" if self.config.daemon.logfile_syslog else self._session.main_log_path

    def clear_main_log(self, answer: Answer) -> None:
        if not self.main_log:
            return answer(fault(Fault.NO_FILE))

        def cleared(error: OSError | None) -> None:
            answer(True if error is None else fault(Fault.FAILED))

        def looked(_: Any, error: Exception | None) -> None:
            if isinstance(error, FileNotFoundError):
                answer(fault(Fault.NO_FILE))
            else:
                self._session.main_log.clear(cleared)

        path = self._session.main_log_path
        self.loop.submit(f"log:{path}", lambda files: files.stat(path), looked)

    def settle_main_log(self, answer: Answer) -> None:
        self._session.main_log.settle(lambda error: answer(True))

    def log(self, level: str, text: str) -> None:
        self._session.log(level, text)

    # -- the daemon itself -------------------------------------------------------------------------------------------

    def shutdown(self) -> None:
        self._session.driver.handle(ShutdownAsked())

    def restart(self) -> None:
        self._session.driver.handle(ShutdownAsked(restart=True))

    def check_reload(self, answer: Answer) -> None:
        def loaded(config: Config | None, error: Exception | None) -> None:
            if config is None:
                return answer(unreadable(error))
            self._session.next_config = config
            answer(True)

        self._load(loaded)


def answering(answer: Answer) -> Callable[[Reply], None]:
    """Turn the core's reply into a client's answer."""

    def replied(reply: Reply) -> None:
        answer(True if reply.outcome is Outcome.DONE else fault(Fault[reply.outcome.name], reply.text or None))

    return replied


def unreadable(error: Exception | None) -> ProtocolFault:
    """The fault for a configuration that cannot be used, with the place and the way out where they are known."""
    if isinstance(error, ConfigError):
        return fault(Fault.CANT_REREAD, error.text)
    return fault(Fault.CANT_REREAD, str(error))
