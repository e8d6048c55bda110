"""From a path to the merged sections: finding the file, reading it and its includes (supervisord-4.3 §1.1, §1.4)."""

from __future__ import annotations

from posixpath import dirname, join

from initd.config import paths
from initd.config.expand import expand
from initd.config.ini import Ini
from initd.config.model import Notice
from initd.config.section import Scope, Section
from initd.config.values import BadValue
from initd.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from initd.config.host import Host


def search_paths(argv0: str) -> tuple[str, ...]:
    """Where a configuration is looked for when none is named, in that order."""
    prefix = dirname(dirname(argv0))
    name = "supervisord.conf"
    return (
        join(prefix, "etc", name),
        join(prefix, name),
        name,
        join("etc", name),
        join("/etc", name),
        join("/etc/supervisor", name),
    )


def find(host: Host) -> str | None:
    """The first of the default paths that exists."""
    return next((path for path in search_paths(host.argv0) if paths.exists(path, host)), None)


def read_file(path: str, host: Host) -> str:
    """The text of the main file; ConfigError if it is missing, unreadable or not in the encoding of the host."""
    if not paths.exists(path, host):
        raise ConfigError(f"could not find config file {path}", path, hint="no such file")
    try:
        data = host.files.read_file(join(host.cwd, path))
    except OSError as error:
        raise ConfigError(f"could not read config file {path}", path, hint=error.strerror or str(error)) from None
    return _decode(data, path, host)


def _decode(data: bytes, path: str, host: Host) -> str:
    try:
        return data.decode(host.encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(str(error), path, line, hint=f"the file must be {host.encoding} text") from None


def read_scope(path: str, host: Host) -> Scope:
    """The main file and everything it includes, merged."""
    ini = Ini()
    ini.read(read_file(path, host), path)
    scope = Scope(ini, host, path, paths.from_root(dirname(path), host))
    if ini.has_section("include"):
        ini.replace_here(scope.here)
        for pattern in _patterns(scope):
            _include(scope, join(scope.here, pattern))
    return scope


def _patterns(scope: Scope) -> list[str]:
    section = Section(scope, "include")
    entry = section.entry("files")
    if entry is None:
        raise section.fail(
            ".ini file has [include] section, but no files setting",
            "files",
            "expected files= with one or more patterns",
        )
    names = {**scope.environ, "here": scope.here, "host_node_name": scope.host.hostname}
    try:
        return expand(entry.text, names, "include.files").split()
    except BadValue as error:
        raise section.fail(error.text, "files", error.hint) from None


def _include(scope: Scope, pattern: str) -> None:
    """Merge every file that matches a pattern; one that cannot be read is passed over with a warning (D22)."""
    found = scope.host.files.glob(pattern)
    if not found:
        text = f'No file matches via include "{pattern}"'
        Section(scope, "include").report("include-unmatched", text, "files", text)
    for path in sorted(found):
        scope.notices.append(Notice("info", f'Included extra file "{path}" during parsing'))
        try:
            data = scope.host.files.read_file(path)
        except OSError as error:
            text = f"{path}: included, but cannot be read: {error.strerror or error}"
            Section(scope, "include").report("include-unreadable", text, "files", text)
            continue
        scope.ini.read(_decode(data, path, scope.host), path)
        scope.ini.replace_here(paths.from_root(dirname(path), scope.host))
