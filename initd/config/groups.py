"""From [group:x], [program:x] and their kin to groups in start order (supervisord-4.3 §1.7, §1.8, §12.1.5)."""

from __future__ import annotations

from initd.config.listeners import pool_of
from initd.config.model import GroupConfig
from initd.config.programs import checked_name, processes_of
from initd.config.section import Section
from initd.config.values import nearest
from initd.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from initd.config.model import ProcessConfig
    from initd.config.section import Scope

_PROGRAM, _FCGI, _LISTENER, _GROUP = "program:", "fcgi-program:", "eventlistener:", "group:"


def groups_of(scope: Scope) -> tuple[GroupConfig, ...]:
    """Every group of the configuration, ascending by (priority, name); ConfigError."""
    sections = scope.ini.sections()
    groups: list[GroupConfig] = []
    taken: set[str] = set()
    for name in sections:
        if name.startswith(_GROUP):
            groups.append(_declared(scope, name, taken))
    for name in sections:
        if name.startswith(_PROGRAM) and name not in taken:
            groups.append(_of_program(scope, name))
    for name in sections:
        if name.startswith(_LISTENER):
            groups.append(pool_of(scope, name))
    for name in sections:
        if name.startswith(_FCGI) and name not in taken:
            groups.append(_fastcgi().group_of(scope, name))
    return tuple(sorted(groups, key=lambda group: (group.priority, group.name)))


def _declared(scope: Scope, name: str, taken: set[str]) -> GroupConfig:
    """A [group:x]: its members in the order of `programs=`; their sections are added to `taken`."""
    section = Section(scope, name, {"here": scope.here})
    group = checked_name(section)
    members = section.value("programs")
    priority = section.value("priority")
    processes: list[ProcessConfig] = []
    reported = section  # supervisord tells of an unknown name under the section of the member before it
    for member in members:
        program, fcgi = _PROGRAM + member, _FCGI + member
        if not scope.ini.has_section(program) and not scope.ini.has_section(fcgi):
            raise _unknown_member(section, reported.name, member)
        if scope.ini.has_section(program) and scope.ini.has_section(fcgi):
            raise section.fail(
                f"[{reported.name}] name {member} is ambiguous (exists as program and fcgi-program)",
                "programs",
                "rename one of the two",
            )
        if scope.ini.has_section(fcgi):
            member_section, made = fcgi, _fastcgi().members_of(scope, fcgi, group)
        else:
            member_section, made = program, processes_of(scope, program, group)
        taken.add(member_section)
        processes.extend(made)
        reported = Section(scope, member_section)
    return GroupConfig(group, priority, tuple(processes), section.header())


def _of_program(scope: Scope, name: str) -> GroupConfig:
    """The group that a program makes by itself."""
    section = Section(scope, name, {"here": scope.here})
    group = checked_name(section)
    priority = section.value("priority")  # read before the names of the program exist (§1.3)
    return GroupConfig(group, priority, processes_of(scope, name, group), section.header())


def _unknown_member(section: Section, reported: str, member: str) -> ConfigError:
    known = [name.split(":", 1)[1] for name in section.scope.ini.sections() if name.startswith((_PROGRAM, _FCGI))]
    near = nearest(member, known)
    hint = f"the nearest program is {near}" if near else "expected names of [program:x] sections"
    if not member:
        hint = "there is a comma too many"
    return section.fail(f"[{reported}] names unknown program or fcgi-program {member}", "programs", hint)


def _fastcgi() -> Any:
    from initd.config import fastcgi  # only where there are such sections

    return fastcgi
