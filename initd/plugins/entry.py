"""`module:attribute` to the object it names, as supervisord imports its plugins (supervisord-4.3 §1.7, §10).

Plugins import `supervisor.*`. Where that package is installed they get it; where it is not, the modules in `standins` are
importable under those names while a plugin loads, and at no other time. Whatever a plugin imports, it is at configuration
time, which is off the loop but for the very first.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

ROOT = "supervisor"
NAMES = frozenset(
    f"{ROOT}.{name}"
    for name in (
        "childutils compat datatypes dispatchers events http loggers options rpcinterface states supervisorctl xmlrpc"
    ).split()
) | {ROOT}
_PATTERN = r"(?P<module>[\w.]+)\s*(:\s*(?P<attr>[\w.]+)\s*)?((?P<extras>\[.*\])\s*)?$"
"""What importlib.metadata takes for the name of an object."""


class Unresolvable(Exception):
    """The object cannot be had; the text says why."""


class Standins:
    """An importer of last resort, see importlib.abc.MetaPathFinder: it comes after everybody who may have the real package."""

    def __init__(self) -> None:
        self._users: list[None] = []
        self._made: dict[str, ModuleType] = {}

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: Any = None) -> ModuleSpec | None:
        """The spec of a stand-in, while there is somebody to need it."""
        if not self._users or name not in NAMES:
            return None
        from importlib.machinery import ModuleSpec

        loader: Any = self  # duck-typed, as the import system allows
        return ModuleSpec(name, loader, origin="initd", is_package=name == ROOT)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """The module made earlier: its classes must be the same for every plugin."""
        return self._made.get(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Run the stand-in's code, under the name that plugins know."""
        name = module.__name__
        if name not in self._made:
            from importlib.util import find_spec

            spec = find_spec(f"{__package__}.standins{name.removeprefix(ROOT)}")
            loader: Any = spec.loader if spec is not None else None
            exec(loader.get_code(f"{__package__}.standins{name.removeprefix(ROOT)}"), module.__dict__)
            self._made[name] = module

    def get(self, name: str) -> ModuleType | None:
        """A stand-in that has been made."""
        return self._made.get(name)

    @contextmanager
    def supplied(self) -> Iterator[None]:
        """Have the stand-ins importable for as long as this lasts, where the real package is absent."""
        if self not in sys.meta_path:
            sys.meta_path.append(self)
        self._users.append(None)
        try:
            yield
        finally:
            self._users.pop()
            if not self._users:
                for name, module in self._made.items():
                    if sys.modules.get(name) is module:
                        del sys.modules[name]


STANDINS = Standins()


def resolve(spec: str, environ: Mapping[str, str], beside: Sequence[str] = ()) -> Any:
    """The object of that name; Unresolvable. `beside` are modules to be imported with it, from supervisor or its stand-ins."""
    import re
    from importlib import import_module

    match = re.match(_PATTERN, spec)
    if match is None:
        raise Unresolvable("expected module:attribute")
    _widen_path(environ)
    try:
        with STANDINS.supplied():
            for name in beside:
                import_module(name)
            found: Any = import_module(match["module"])
            for name in filter(None, (match["attr"] or "").split(".")):
                found = getattr(found, name)
    except BaseException as error:  # even one that exits when it is imported is just one that cannot be had
        raise Unresolvable(f"{type(error).__name__}: {error}") from error
    return found


def counterpart(module: str, name: str) -> Any:
    """What plugins know as that name of that module, supervisor's or the stand-in's; None while nobody has loaded either."""
    return getattr(sys.modules.get(module) or STANDINS.get(module), name, None)


def packages_of(specs: Sequence[str]) -> list[str]:
    """The top-level packages of plugins, and supervisor where it is one of them: what they may still import later."""
    found = {spec.partition(":")[0].strip().partition(".")[0] for spec in specs}
    return sorted(found | ({ROOT} if ROOT in sys.modules else set()))


def _widen_path(environ: Mapping[str, str]) -> None:
    """Look where supervisord would: PID 1 does without `site` and PYTHONPATH until somebody asks for a plugin.

    What the daemon itself still imports is found first: it comes earlier in the path, or is pinned.
    """
    if sys.flags.ignore_environment:
        wanted = [path for path in environ.get("PYTHONPATH", "").split(":") if path and path not in sys.path]
        sys.path.extend(wanted)
    if sys.flags.no_site and "site" not in sys.modules:
        import site

        site.main()
