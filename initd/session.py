"""One life of the daemon, from reading a configuration to everything being down; a reload is the next session.

The composition of core, driver, logs and servers over a kernel; nothing here knows which kernel. Start-up order is
supervisord's (supervisord-4.3 §2.9), except that sockets come before anything of another instance could be touched (D12).
"""

from __future__ import annotations

from initd.drive.apply import Driver
from initd.drive.loop import Loop
from initd.drive.policies import exit_policy, group_policy
from initd.drive.program import Program
from initd.errors import ConfigError, ProtocolFault, traced
from initd.logs import autolog
from initd.logs.mainlog import THRESHOLDS, Level, MainLog, console_copy
from initd.logs.program import LogTarget, ProgramLogs
from initd.logs.sinks import SinkTable
from initd.service import Service
from initd.signals import CAUGHT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2
from initd.startup import Startup
from initd.states import Mood
from initd.supervise.effects import Effect, Exit, GroupChanged, HandleResult, MemberChanged, Reply, Told
from initd.supervise.events import GroupAdded, ShutdownAsked
from initd.supervise.supervisor import Supervisor
from initd.taps import besides_of, taps_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from initd.config.host import Host
    from initd.config.load import Arguments
    from initd.config.model import Config, GroupConfig, ProcessConfig
    from initd.control.http import Servers
    from initd.kernel.port import Files, Kernel
    from initd.logs.program import OpenLogs
    from initd.logs.syslog import SystemLog
    from initd.supervise.policy import GroupPolicy

    Processes = tuple[ProcessConfig, ...]
    Joining = tuple[GroupPolicy, dict[str, ProcessConfig]]

EXIT_NAMES = {SIGINT: "SIGINT", SIGQUIT: "SIGQUIT", SIGTERM: "SIGTERM"}
LEVELS = {"critical": Level.CRIT, "crit": Level.CRIT, **THRESHOLDS}
SPEAK_NS = 500_000_000
"""How long last words may take: whoever does not read standard error holds nothing up."""
FLUSH_NS = 2_000_000_000
"""How long the end of a session waits for logs to be written out; a frozen disk gets no more."""


class Environment:
    """What stays the same over all sessions of a process.

    `console` is the descriptor that gets a copy of the main log, `stderr` the one for last words, -1 for none; `nofile` the
    soft limit children start with; `on_change` is told of every effect that changes what an observer sees.
    """

    def __init__(
        self,
        kernel: Kernel,
        host: Host,
        arguments: Arguments,
        console: int = -1,
        nofile: int | None = None,
        on_change: Callable[[Effect], None] | None = None,
        stderr: int = -1,
    ) -> None:
        self.kernel = kernel
        self.host = host
        self.arguments = arguments
        self.console, self.stderr = console, stderr
        self.nofile = nofile
        self.on_change = on_change


class Session:
    """Opens, runs and closes everything one configuration asks for; `exit` is set once all programs are down.

    `notices` is what the log is still to be told: at first the configuration's own, and whatever is added later. `serial` is
    the number of the first notification.
    """

    def __init__(self, environment: Environment, config: Config, serial: int = 0) -> None:
        self.environment = environment
        self.host, self.arguments = environment.host, environment.arguments
        self.environ = environment.host.environ
        self.config = config
        self.next_config: Config | None = None
        self.notices = list(config.notices)
        self.exit: Exit | None = None
        self.loop = Loop(environment.kernel, self._callback_failed)
        self.core = Supervisor(
            identifier=config.daemon.identifier, serial=serial, exit_policy=exit_policy(config.own)
        )
        self.main_log_path = config.daemon.logfile
        self._sinks = SinkTable(self.loop, lambda text: self.log("warn", text))
        threshold = THRESHOLDS[config.daemon.loglevel]
        self.main_log = MainLog(self.loop, threshold, self._sinks.adopt, config.daemon.log_format)
        self._system_log: SystemLog | None = None
        self.driver = Driver(
            self.loop,
            self.core,
            self.environ,
            environment.nofile,
            self.log,
            self._on_signal,
            self._on_effect,
            self._logs_of,
        )
        self.service = Service(self)
        self.servers: Servers | None = None
        self._serverurl = config.daemon.serverurl
        self._active: dict[str, GroupConfig] = {}
        self._joining: dict[str, ProcessConfig] = {}
        self._prepared: dict[int, Processes] = {}  # by the identity of the group

    def log(self, level: str, text: str) -> None:
        """A line of the main log; `level` is crit error warn info debug trace or blather."""
        self.main_log.log(LEVELS[level], text)

    def inherit(self, earlier: Session) -> None:
        """Take over what the session before this one has left undone: it ends here."""
        self.loop.inherit(earlier.loop)
        self._sinks.inherit(earlier._sinks)
        if earlier._system_log is not None and not earlier._system_log.idle:
            self._system_log = earlier._system_log
            self._system_log.hand_over(self.loop, self.main_log.warn)

    # -- start -------------------------------------------------------------------------------------------------------

    def listen(self, strict: bool = True) -> None:
        """Say what there is to notice, and open the HTTP servers; raises before anything of another instance was touched.

        Unless `strict`, a plugin that fails costs its own calls only.
        """
        self.notices.sort(key=lambda notice: -LEVELS[notice.level])
        self.tell_notices()
        if self.config.servers:
            from initd.control.http import open_servers

            self.servers = open_servers(self.service, self.config.servers, strict)

    def tell_notices(self) -> None:
        """Log what there is to notice by now."""
        notices, self.notices = self.notices, []
        for notice in notices:
            self.log(notice.level, notice.text)

    def start(self, started: Callable[[], bool], failed: Callable[[ConfigError], None] | None) -> None:
        """Open the logs, add the groups, call `started`, and start what starts by itself.

        `started` answers whether the log may name our pid: supervisord does only when its pidfile does, too. `failed`
        is called instead when the main log cannot be opened; nothing has been started then. With None the session goes on
        without a main log.
        """
        self.environment.kernel.catch_signals(CAUGHT)
        Startup(self, started, failed).begin()

    def open_main_log(self, opened: Callable[[OSError | None], None]) -> None:
        """Begin to write the main log where the configuration says; `opened` is called with what came of it."""
        daemon = self.config.daemon
        console = None if daemon.silent or self.environment.console < 0 else self.environment.console
        if daemon.logfile_syslog:
            self.main_log.attach(self.system_log.of_main_log(), console_copy(console))
            opened(None)
        else:
            target = LogTarget(daemon.logfile, daemon.logfile_maxbytes, daemon.logfile_backups)
            self.main_log.open(target, console, opened)

    def try_sockets(self, groups: Sequence[GroupConfig], then: Callable[[], None]) -> None:
        """Tell whether the sockets that programs of these groups share can be made, then go on."""
        if any(process.socket for group in groups for process in group.processes):
            from initd.drive.trial import Trial

            Trial(self.loop, self.log, then).begin(groups, self.driver.sockets)
        else:
            then()

    def _logs_of(self, program: Program, opened: OpenLogs) -> ProgramLogs:
        return ProgramLogs(self._sinks, opened, *taps_of(self, program), besides_of(self, program))

    @property
    def system_log(self) -> SystemLog:
        """The way to the system log."""
        if self._system_log is None:
            from initd.logs.syslog import SystemLog

            self._system_log = SystemLog(self.loop, self.main_log.warn)
        return self._system_log

    # -- groups ------------------------------------------------------------------------------------------------------

    def add_group(self, group: GroupConfig, answer: Callable[[Reply], None]) -> None:
        """Add a group of the configuration last read; its AUTO logs are made first, unless it has been there before.

        What a group of many takes is done off the loop, which has others to look after.
        """
        config, daemon, before = self.config, self.config.daemon, self._prepared.get(id(group))

        def prepare(files: Files) -> tuple[Processes, list[str], Joining]:
            made, texts = before, list[str]()
            if made is None:
                made, texts = autolog.create(files, daemon.childlogdir, daemon.identifier, group.processes)
            return made, texts, self._ready(group, made)

        def prepared(result: tuple[Processes, list[str], Joining] | None, error: Exception | None) -> None:
            if result is None:
                made = autolog.without(group.processes)
                result = made, [f"no AUTO logs: {error!r}"], self._ready(group, made)
            for text in result[1]:
                self.log("warn", text)
            if self.config is config:
                self._prepared[id(group)] = result[0]
            joining = result[2]
            self.try_sockets([group], lambda: self._add(group, joining, answer))

        self.loop.submit("auto-logs", prepare, prepared)

    def join(self, group: GroupConfig, processes: Processes, config: Config) -> None:
        """Add a group at the start, with the AUTO logs that were made for the configuration of then."""
        if self.config is config:
            self._prepared[id(group)] = processes
        self._add(group, self._ready(group, processes), None)

    def _ready(self, group: GroupConfig, processes: Processes) -> Joining:
        # AUTO means the servers that are open, which a reread does not change.
        url = self._serverurl
        known = [process.replace(serverurl=url) if process.auto_serverurl else process for process in processes]
        return group_policy(group), {process.name: process for process in known}

    def _add(self, group: GroupConfig, joining: Joining, answer: Callable[[Reply], None] | None) -> None:
        policy, processes = joining
        if self.core.group(group.name) is None and self.core.mood is Mood.RUNNING:  # else it is refused
            self._active[group.name], self._joining = group, processes
        if answer is None:
            self.driver.handle(GroupAdded(policy))
        else:
            self.driver.ask(lambda request: GroupAdded(policy, request), answer)

    def _group_changed(self, change: GroupChanged) -> None:
        if not change.added:
            del self._active[change.name]
            for instance in change.instances:
                del self.driver.programs[instance]
            return
        for instance in change.instances:
            process = self.core.process(instance)
            assert process is not None, "the core announces instances it has"
            program = Program(instance, change.name, self._joining[process.name])
            if any(program.config.ends.values()) or not program.has_files:
                from initd.logs.lastwords import Tail  # most have nothing to do with it

                program.tail = Tail()
            self.driver.programs[instance] = program

    @property
    def held_bytes(self) -> int:
        """How much output of programs waits to be written, in the fullest queue."""
        return max(self._sinks.held_bytes, self._system_log.held_bytes if self._system_log is not None else 0)

    def processes_of(self, group: GroupConfig) -> Processes:
        """The processes of a group of the configuration, with the AUTO logs that have been made for them."""
        return self._prepared.get(id(group), group.processes)

    def active_groups(self) -> Sequence[GroupConfig]:
        """The live groups as they were configured when they were added."""
        return tuple(self._active.values())

    def regroup(self, group: GroupConfig) -> None:
        """That live group has other members now."""
        self._active[group.name] = group

    def take_config(self, config: Config) -> None:
        """A reread: what is live stays, what is asked from now on is answered from the new one.

        What was noticed at the last reading already is not said again.
        """
        for notice in config.notices:
            if notice not in self.config.notices:
                self.log(notice.level, notice.text)
        self.config = config
        self._prepared.clear()

    # -- events ------------------------------------------------------------------------------------------------------

    def _on_effect(self, effect: Effect) -> None:
        if isinstance(effect, GroupChanged):
            self._group_changed(effect)
        elif isinstance(effect, MemberChanged):
            self.service.members.changed(effect)
        elif isinstance(effect, HandleResult):
            self.driver.handle(self.service.judge(effect))
        elif isinstance(effect, Told):
            self.service.tell_plugins(effect)
        elif isinstance(effect, Exit):
            self.exit = effect
        self.service.tell(effect)
        if self.environment.on_change is not None:
            self.environment.on_change(effect)

    def _on_signal(self, number: int) -> None:
        if number in EXIT_NAMES:
            self.log("warn", f"received {EXIT_NAMES[number]} indicating exit request")
            self.driver.handle(ShutdownAsked())
        elif number == SIGHUP:
            self._hang_up()
        elif number == SIGUSR2:
            self.log("info", "received SIGUSR2 indicating log reopen request")
            self.reopen_logs()
        elif number == SIGUSR1:
            self.log("warn", "received SIGUSR1: ignored")

    def _hang_up(self) -> None:
        if self.core.mood is Mood.SHUTDOWN:
            self.log("warn", "ignored SIGHUP indicating restart request (shutdown in progress)")
            return
        self.log("warn", "received SIGHUP indicating restart request")

        def checked(answer: Any) -> None:
            if isinstance(answer, ProtocolFault):
                self.log("error", f"restart request refused, nothing was touched: {answer.text}")
            else:
                self.driver.handle(ShutdownAsked(restart=True))

        self.service.check_reload(checked)

    def reopen_logs(self) -> None:
        """Close and reopen the main log and the logs of running programs, for an external logrotate."""
        self.log("info", "supervisord logreopen")
        self.main_log.reopen(lambda error: None)
        for program in self.driver.programs.values():
            if program.running is not None:
                program.running.logs.reopen()

    def _callback_failed(self, error: Exception) -> None:
        self.log("crit", f"uncaptured python exception: {traced(error)}")

    # -- end ---------------------------------------------------------------------------------------------------------

    def speak(self, done: Callable[[], None]) -> None:
        """Leave last words if a program ended us; `done` is called then, or after SPEAK_NS."""
        end = self.exit
        if end is None or not end.program:
            return done()
        from initd.logs.lastwords import last_words, write

        programs = self.driver.programs.values()
        tails = [each.tail for each in programs if f"{each.group}:{each.config.name}" == end.program]
        message, fd = last_words(end, tails[0] if tails else None), self.environment.stderr
        self.loop.submit("last-words", lambda files: write(files, message, fd), lambda value, error: done())
        self.loop.after(SPEAK_NS, done)

    def close(self, done: Callable[[], None]) -> None:
        """Close the servers, then the logs, each once what it holds is out.

        `done` is called when that is over, or after FLUSH_NS: a frozen disk or a dead mount gets no more.
        """
        finished: list[bool] = []

        def over(_: Any = None) -> None:
            if not finished:
                finished.append(True)
                done()

        def sinks_closed() -> None:
            if self._system_log is None:
                self.main_log.close(over)
            else:
                self._system_log.close(lambda error: self.main_log.close(over))

        def servers_closed() -> None:
            self._sinks.close(sinks_closed)

        # Children that could not be ended stay behind; the next session's loop knows nothing of their pipes.
        self.driver.let_go()
        self.loop.after(FLUSH_NS, over)
        if self.servers is None:
            servers_closed()
        else:
            self.servers.close(servers_closed)
