"""What supervisord takes in silence and a user wants to know: unknown names, and what is written twice (D22)."""

from __future__ import annotations

from initd.config.ini import DEFAULT
from initd.config.options import ANY, SECTIONS, table_for
from initd.config.values import nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from initd.config.ini import Duplicate
    from initd.config.model import Origin
    from initd.config.options import Table
    from initd.config.section import Scope


def diagnose(scope: Scope) -> None:
    """Add a warning for every unknown section or key and every duplicate, each with its place; changes nothing else."""
    ini = scope.ini
    for name in ini.sections():
        table = table_for(name)
        if table is None:
            scope.warn(f"{_at(ini.headers[name])}: unknown section [{name}] is ignored{_nearest_section(name)}")
        else:
            _unknown_keys(scope, name, table)
    everything: Table = {key: row for table in SECTIONS.values() for key, row in table.items() if key != ANY}
    _unknown_keys(scope, DEFAULT, everything)
    for duplicate in ini.duplicates:
        scope.warn(_duplicate(scope, duplicate))


def _unknown_keys(scope: Scope, name: str, table: Table) -> None:
    if ANY in table:
        return
    for key, entry in scope.ini.section(name).items():
        if key not in table and (name == DEFAULT or not entry.inherited):
            near = nearest(key, table)
            hint = f"; the nearest option is {near}" if near else ""
            scope.warn(f"{_at(entry.origin)}: unknown option {key} in [{name}] is ignored{hint}")


def _nearest_section(name: str) -> str:
    kind, colon, own = name.partition(":")
    near = nearest(kind.strip().lower() + colon, SECTIONS)
    if not near:
        return ""
    if near.endswith(":"):
        near += own.strip() or "NAME"
    return f"; the nearest name is [{near}]"


def _duplicate(scope: Scope, duplicate: Duplicate) -> str:
    at, earlier = _at(duplicate.later), _at(duplicate.earlier)
    if duplicate.section == "include" and duplicate.later.file != scope.path:
        return f"{at}: [include] counts only in the main file, {scope.path}; it is ignored here"
    if duplicate.key is None:
        return (
            f"{at}: section [{duplicate.section}] continues the one at {earlier}; the later value of an option counts"
        )
    return f"{at}: option {duplicate.key} in [{duplicate.section}] replaces the value at {earlier}"


def _at(origin: Origin) -> str:
    return f"{origin.file}:{origin.line}"
