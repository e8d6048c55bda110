"""[program:x]: one section to the processes it stands for (supervisord-4.3 §1.3, §1.7, §12.1).

The order of the steps is supervisord's, since it decides which of several errors is told.
"""

from __future__ import annotations

from initd.config import environment, values
from initd.config.model import AUTO, AutoLog, EndsConfig, LogConfig, Origin, ProcessConfig
from initd.config.options import ENDS
from initd.config.paths import SYSLOG
from initd.config.section import Section
from initd.config.values import BadValue
from initd.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from initd.config.section import Scope

_FIRST = (
    "priority",
    "autostart",
    "autorestart",
    "startsecs",
    "startretries",
    "stopsignal",
    "stopwaitsecs",
    "stopasgroup",
    "killasgroup",
    "exitcodes",
    "redirect_stderr",
    "numprocs",
    "numprocs_start",
    "stdout_capture_maxbytes",
    "stdout_events_enabled",
    "stderr_capture_maxbytes",
    "stderr_events_enabled",
    "serverurl",
    "user",
    "umask",
)
"""The options that are the same for every process of the section, in the order they are read."""
_COPIED = (
    "priority",
    "autostart",
    "autorestart",
    "startsecs",
    "startretries",
    "stopsignal",
    "stopwaitsecs",
    "stopasgroup",
    "killasgroup",
    "exitcodes",
    "redirect_stderr",
    "umask",
    "ends",
)


DEFAULT_PRIORITY = 999


def program_name(section: str) -> str:
    """The x of [program:x], checked; BadValue."""
    return values.name(section.split(":", 1)[1])


def processes_of(scope: Scope, name: str, group: str) -> tuple[ProcessConfig, ...]:
    """The processes of a program section as members of a group, ascending by (priority, name); ConfigError."""
    section = Section(scope, name, suffix=True)
    program = checked_name(section)
    section.names.update(here=scope.here, program_name=program, host_node_name=scope.host.hostname, group_name=group)
    common = {option: section.value(option) for option in _FIRST}
    if section.entry("priority") is None:
        common["priority"] = DEFAULT_PRIORITY  # that of a listener's pool is another (§1.7)
    common["ends"] = EndsConfig(**{option: section.value(option) for option in ENDS})
    common["user_text"] = section.text("user")
    if common["killasgroup"] is None:
        common["killasgroup"] = common["stopasgroup"]
    template = _template(section, common)
    origins = {option: entry.origin for option, entry in scope.ini.items(name).items() if option in section.table}
    start = common["numprocs_start"]
    made = [_process(section, common, template, program, origins, n) for n in range(start, start + common["numprocs"])]
    return tuple(sorted(made, key=lambda process: (process.priority, process.name)))


def checked_name(section: Section) -> str:
    """The part of the section's name after the colon, as the name of a program or group; ConfigError."""
    try:
        return program_name(section.name)
    except BadValue as error:
        raise section.fail(error.text, None, error.hint) from None


def _template(section: Section, common: dict[str, Any]) -> str:
    """The unexpanded process_name, and the rules that concern the section as a whole."""
    entry = section.entry("process_name")
    template = entry.text if entry is not None else section.table["process_name"][1] or ""
    try:
        template = values.name(template)
    except BadValue as error:
        raise section.fail(error.text, "process_name", error.hint) from None
    if common["numprocs"] > 1 and "%(process_num)" not in template:
        raise section.fail(
            "%(process_num) must be present within process_name when numprocs > 1",
            "process_name" if entry is not None else "numprocs",
            "such as process_name=%(program_name)s_%(process_num)02d",
        )
    if common["stopasgroup"] and not common["killasgroup"]:
        raise section.fail(
            "Cannot set stopasgroup=true and killasgroup=false", "killasgroup", "leave killasgroup out, or set both"
        )
    return template


def _process(
    section: Section, common: dict[str, Any], template: str, program: str, origins: dict[str, Origin], number: int
) -> ProcessConfig:
    """One process. Names of an earlier one of the section stay in `section.names`, as they do there."""
    scope = section.scope
    section.names.update(scope.environ, process_num=number, numprocs=common["numprocs"])
    own = _environment(section, warn=number == common["numprocs_start"])
    section.names.update({f"ENV_{key}": value for key, value in own.items()})
    directory = section.text("directory")
    stdout, stderr = _log(section, "stdout", common), _log(section, "stderr", common)
    if common["redirect_stderr"]:
        if isinstance(stderr.file, str):
            text = (
                f"For [{section.name}], redirect_stderr=true but stderr_logfile has also been set to a filename, "
                "the filename has been ignored"
            )
            section.report("redirected-stderr", text, "stderr_logfile", text)
        stderr = stderr.replace(file=None)
    command = section.text("command")
    if command is None:
        raise _no_command(section)
    serverurl = common["serverurl"]
    name = section.expand(template, "process_name", "process_name", environ=False)
    return ProcessConfig(
        name=name,
        program=program,
        command=command,
        user=common["user_text"],
        uid=common["user"],
        stdout=_formatted(section, "stdout", name, stdout),
        stderr=_formatted(section, "stderr", name, stderr),
        environment=own,
        directory=directory,
        serverurl=None if serverurl and serverurl.strip().upper() == "AUTO" else serverurl,
        section=section.name,
        origins=origins,
        **{option: common[option] for option in _COPIED},
    )


def _environment(section: Section, warn: bool) -> dict[str, str]:
    """The program's own pairs; with `warn`, a notice about what the grammar drops."""
    entry = section.entry("environment")
    if entry is None:
        return {}
    text = section.expand(entry.text, "environment", "environment", environ=False)
    return pairs(section, text, warn)


def pairs(section: Section, text: str, warn: bool = True) -> dict[str, str]:
    """An expanded environment text as its pairs; ConfigError."""
    try:
        found, dropped = environment.key_value_pairs(text)
    except BadValue as error:
        raise section.fail(error.text, "environment", error.hint) from None
    if dropped and warn:
        lost = ", ".join(repr(piece) for piece in dropped)
        section.report("dropped-environment", f"environment of [{section.name}]: ignored {lost}", "environment")
    return found


def _log(section: Section, stream: str, common: dict[str, Any]) -> LogConfig:
    """One output stream; its file name is expanded twice."""
    option = f"{stream}_logfile"
    text = section.text(option)
    file: str | AutoLog | object | None = AUTO
    if text is not None:
        file = section.parse(option, section.expand(text, option, option, environ=False))
    backups = section.value(f"{option}_backups")
    maxbytes = section.size(f"{option}_maxbytes")
    syslog = section.value(f"{stream}_syslog")
    if file is SYSLOG:
        text = (
            f"For [{section.name}], {option}=syslog but this is deprecated and will be removed.  "
            f"Use {stream}_syslog=true to enable syslog instead."
        )
        section.report("deprecated-syslog", text, option, text)
        file, syslog = None, True
    if file is AUTO and not maxbytes:
        text = (
            f"For [{section.name}], AUTO logging used for {option} without rollover, set maxbytes > 0 to avoid "
            "filling up filesystem unintentionally"
        )
        section.report("auto-log-unbounded", text, f"{option}_maxbytes", text)
    assert file is None or file is AUTO or isinstance(file, str)
    capture, events = common[f"{stream}_capture_maxbytes"], common[f"{stream}_events_enabled"]
    return LogConfig(file, maxbytes, backups, capture, events, syslog)


def _formatted(section: Section, stream: str, name: str, log: LogConfig) -> LogConfig:
    """The stream with the format of its lines."""
    if not any(section.entry(f"{stream}_{option}") for option in ("format", "prefix", "timestamp")):
        return log
    from initd.config.lineformat import format_of

    return log.replace(format=format_of(section, stream, name))


def _no_command(section: Section) -> ConfigError:
    near = values.nearest("command", section.scope.ini.items(section.name))
    hint = f"expected command=, found {near}=" if near else "expected command="
    return section.fail(f"program section {section.name} does not specify a command", "command", hint)
