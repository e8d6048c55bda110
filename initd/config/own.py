"""[initd]: the section that only we read, and what options of ours say about several programs at once (DESIGN promise 4)."""

from __future__ import annotations

from initd.config.model import OwnConfig
from initd.config.section import Section
from initd.config.values import nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from initd.config.model import GroupConfig, ProcessConfig
    from initd.config.section import Scope

    Keyed = dict[str, ProcessConfig]
    """By `group:name`."""

_WORDS = ("none", "first-failure", "main")


def own_of(scope: Scope, groups: Sequence[GroupConfig]) -> OwnConfig:
    """Its options, or their defaults where there is no such section; ConfigError."""
    section = Section(scope, "initd", {"here": scope.here})
    given = {option: section.value(option) for option in section.table}
    processes = {f"{group.name}:{process.name}": process for group in groups for process in group.processes}
    main = _main(scope, processes)
    _bounded(section, given, "fatal_exit_code", 0, 255)
    _bounded(section, given, "shutdown_timeout", 1, None)
    given["web_hosts"] = (scope.host.hostname.lower(), *(name.lower() for name in given["web_hosts"] if name))
    given["exit_code_from"] = _code_from(section, given["exit_code_from"], main, processes)
    return OwnConfig(**given)


def _main(scope: Scope, processes: Keyed) -> str:
    """The key of the main program, or ""."""
    found = ""
    for key, process in processes.items():
        if process.ends.main:
            if found:
                section = Section(scope, process.section)
                raise section.fail(
                    f"main=true makes both {found} and {key} the main program",
                    "main",
                    "there can be one main process; essential=true may be set for any number",
                )
            found = key
    return found


def _bounded(section: Section, given: dict[str, int | None], option: str, least: int, most: int | None) -> None:
    number = given[option]
    if number is not None and (number < least or (most is not None and number > most)):
        expected = f"expected a number from {least} to {most}" if most is not None else f"expected {least} or more"
        raise section.fail(f"{option}={number} is out of range", option, expected)


def _code_from(section: Section, text: str | None, main: str, processes: Keyed) -> str:
    """`none`, `first-failure`, the key of a process, or "" where nothing was written."""
    if text is None or text in ("none", "first-failure"):
        return text or ""
    if text == "main":
        if not main:
            raise section.fail("exit_code_from=main, but no program has main=true", "exit_code_from", "set main=true")
        return main
    named = [key for key, process in processes.items() if text in (key, process.name, process.program)]
    if len(named) == 1:
        return named[0]
    if named:
        raise section.fail(
            f"exit_code_from={text} names {len(named)} processes", "exit_code_from", f"expected one, such as {named[0]}"
        )
    near = nearest(text, [*_WORDS, *processes, *[process.name for process in processes.values()]])
    hint = f"the nearest is {near}" if near else "expected none, first-failure, main or the name of a process"
    raise section.fail(f"exit_code_from={text} names no process", "exit_code_from", hint)
