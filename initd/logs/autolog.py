"""AUTO log files: their names, their creation with the group, their removal at start (supervisord-4.3 §4.3).

Runs inside operations given to `submit`. Nothing here raises: a log that cannot be created is no reason not to
supervise, so each function returns what should be logged at WARN.
"""

from __future__ import annotations

from initd.config.model import AUTO, LogConfig, ProcessConfig

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from initd.kernel.port import Files


def create(
    files: Files, directory: str, identifier: str, processes: Iterable[ProcessConfig]
) -> tuple[tuple[ProcessConfig, ...], list[str]]:
    """The processes with every AUTO replaced by the path of a new file, or by no file if that failed; and warnings."""
    warnings: list[str] = []

    def resolved(process: ProcessConfig, channel: str, log: LogConfig) -> LogConfig:
        if log.file is not AUTO:
            return log
        prefix = f"{process.name}-{channel}---{identifier}-"
        try:
            return log.replace(file=files.make_temp(directory, prefix, ".log"))
        except (OSError, ValueError) as error:  # ValueError: a name that the file system encoding has no bytes for
            reason = getattr(error, "strerror", None) or str(error)
            warnings.append(f"could not create a {channel} log for {process.name!r} in {directory!r}: {reason}")
            return log.replace(file=None)

    created = []
    for process in processes:
        stderr = process.stderr
        if process.redirect_stderr and stderr.file is AUTO:
            stderr = stderr.replace(file=None)
        stdout = resolved(process, "stdout", process.stdout)
        created.append(process.replace(stdout=stdout, stderr=resolved(process, "stderr", stderr)))
    return tuple(created), warnings


def without(processes: Iterable[ProcessConfig]) -> tuple[ProcessConfig, ...]:
    """The processes with every AUTO replaced by no file: what is left when not even `create` could be run."""

    def bare(log: LogConfig) -> LogConfig:
        return log.replace(file=None) if log.file is AUTO else log

    return tuple(process.replace(stdout=bare(process.stdout), stderr=bare(process.stderr)) for process in processes)


def clean(files: Files, directory: str, identifier: str) -> list[str]:
    """Delete the AUTO logs, and their backups, that an earlier daemon with this identifier left; returns warnings."""
    try:
        names = files.listdir(directory)
    except OSError:
        return ["Could not clear childlog dir"]
    warnings = []
    for name in names:
        if is_auto(name, identifier):
            path = directory.rstrip("/") + "/" + name
            try:
                files.unlink(path)
            except OSError:
                warnings.append(f"Failed to clean up {path!r}")
    return warnings


def is_auto(name: str, identifier: str) -> bool:
    r"""Whether that is the name of an AUTO log or its backup: supervisord's `.+?---IDENTIFIER-\S+\.log`, at its start.

    Without `re`: loading it takes longer than everything else that is done here before the first program.
    """
    mark = f"---{identifier}-"
    at = name.find(mark, 1)
    while at > 0 and "\n" not in name[:at]:
        rest = name[at + len(mark) :]
        if rest and not rest[0].isspace() and ".log" in rest.split(None, 1)[0][1:]:
            return True
        at = name.find(mark, at + 1)
    return False
