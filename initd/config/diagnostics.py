"""What supervisord takes in silence and a user wants to know about the text of the files (D22).

Unknown names, what is written twice, what the grammar makes of a line that was meant otherwise. What is wrong with
the values themselves is in `meaning`. A warning changes nothing. What each code means: `codes`.
"""

from __future__ import annotations

from posixpath import basename, splitext

from initd.config.ini import DEFAULT
from initd.config.model import Diagnostic
from initd.config.options import ANY, SECTIONS, table_for
from initd.config.values import nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from initd.config.ini import Duplicate, Entry
    from initd.config.model import Origin
    from initd.config.options import Table
    from initd.config.section import Scope

_TWICE = ("stdout_logfile", "stderr_logfile", "environment")
"""Options that are expanded twice somewhere (§1.3)."""


def diagnose(scope: Scope) -> None:
    """Report unknown names, duplicates, cut quotations, lost lines and nameless `%`; changes nothing else."""
    ini = scope.ini
    for name in ini.sections():
        table = table_for(name)
        if table is None:
            _unknown_section(scope, name)
        else:
            _entries(scope, name, table)
    everything: Table = {key: row for table in SECTIONS.values() for key, row in table.items() if key != ANY}
    _entries(scope, DEFAULT, everything)
    for duplicate in ini.duplicates:
        _duplicate(scope, duplicate)
    for cut in ini.cuts:
        message = (
            f"{cut.lost!r} is a comment, although it stands in a quotation: {cut.key} in [{cut.section}] ends before it"
        )
        scope.report(Diagnostic("cut-quote", message, cut.origin, cut.section, cut.key))
    for line in ini.continued:
        _continued(scope, line.section, line.key, line.text, line.origin)


def _entries(scope: Scope, name: str, table: Table) -> None:
    """The options of one section: unknown ones, and values with a `%` that has no name."""
    for key, entry in scope.ini.section(name).items():
        if entry.inherited and name != DEFAULT:
            continue
        if key in table:
            if "%" in entry.text and _nameless(entry.text, key):
                message = (
                    f"{key} in [{name}] has a conversion without a name, which stands for all names and their values, "
                    "environment included; a literal percent sign is written %%"
                )
                scope.report(Diagnostic("nameless-percent", message, entry.origin, name, key))
        elif ANY not in table:
            _unknown_key(scope, name, key, entry, table)


def _nameless(text: str, key: str) -> bool:
    """Whether a `%` that the expansion takes has no (name) behind it."""
    once = text.replace("%%", "")
    at = once.find("%")
    if at >= 0 and once[at + 1 : at + 2] != "(":
        return True
    return key in _TWICE and "%%" in text and _nameless(text.replace("%%", "%"), "")


def _unknown_section(scope: Scope, name: str) -> None:
    near = _nearest_section(name)
    hint = f"; the nearest name is [{near}]" if near else ""
    message = f"unknown section [{name}] is ignored{hint}"
    found = Diagnostic("unknown-section", message, scope.ini.headers[name], name, suggestion=near and f"[{near}]")
    scope.report(found)


def _unknown_key(scope: Scope, name: str, key: str, entry: Entry, table: Table) -> None:
    message = f"unknown option {key} in [{name}] is ignored"
    if key[0] == "[":
        found = f"{message}; a section begins with its name in brackets, [ and ]"
        scope.report(Diagnostic("unclosed-header", found, entry.origin, name, key))
        return
    near = nearest(key, table)
    homes = [f"[{home}x]" if home.endswith(":") else f"[{home}]" for home, rows in SECTIONS.items() if key in rows]
    if near:
        message += f"; the nearest option is {near}"
    if homes and name != DEFAULT:
        message += f"; it is an option of {', '.join(homes)}"
    code = "misplaced-option" if homes else "unknown-option"
    scope.report(Diagnostic(code, message, entry.origin, name, key, suggestion=near))


def _nearest_section(name: str) -> str:
    kind, colon, own = name.partition(":")
    near = nearest(kind.strip().lower() + colon, SECTIONS)
    return near + (own.strip() or "NAME") if near.endswith(":") else near


def _duplicate(scope: Scope, duplicate: Duplicate) -> None:
    name, key, earlier, later = duplicate.section, duplicate.key, duplicate.earlier, duplicate.later
    if name == "include" and later.file != scope.path:
        message = f"[include] counts only in the main file, {scope.path}; it is ignored here"
        scope.report(Diagnostic("nested-include", message, later, name, key))
        return
    if key is not None:
        message = f"option {key} in [{name}] replaces the value at {earlier.place()}"
        related = ((earlier, "the value that does not count"),)
        scope.report(Diagnostic("duplicate-option", message, later, name, key, related))
        return
    message = f"section [{name}] continues the one at {earlier.place()}; the later value of an option counts"
    kind, colon, _ = name.partition(":")
    own = f"{kind}:{splitext(basename(later.file or ''))[0]}"
    suggestion = ""
    if colon and later.file != earlier.file and not scope.ini.has_section(own):  # a file was copied, and not its name
        suggestion = f"[{own}]"
        message += f"; if it was copied from there, call it {suggestion}"
    related = ((earlier, "the section that is continued"),)
    scope.report(Diagnostic("duplicate-section", message, later, name, None, related, suggestion))


def _continued(scope: Scope, section: str, key: str, text: str, origin: Origin) -> None:
    """An indented line that is an option or section by its looks; the name must be one that exists, as it is spelt."""
    if text[0] == "[":
        name = text[1 : text.rfind("]")]
        if text.rstrip()[-1] == "]" and table_for(name) is not None:
            message = f"[{name}] is indented, so that it is no section but goes on with {key} of [{section}]"
            scope.report(Diagnostic("indented-section", message, origin, section, key, suggestion=f"[{name}]"))
        return
    word = text[: min(at for at in (text.find("="), text.find(":")) if at >= 0)].rstrip()
    if key != "environment" and word in (table_for(section) or {}):
        message = f"{word} is indented, so that it is no option of [{section}] but goes on with {key}"
        scope.report(Diagnostic("indented-option", message, origin, section, key, suggestion=text))
