"""Keeps the code of modules that are imported late, so that a package upgrade under a running daemon changes nothing.

What is imported for the first time months after the start must still be the code the daemon was started with (promise
5 of the design). `pin` reads the compiled code of whole packages into memory, some 700 KB for ours and h11 together, and
puts a finder in front of the import system that gives out that code and no other.
"""

from __future__ import annotations

import marshal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

    from initd.kernel.port import Files

PACKAGES = ("initd", "h11")
"""Where all late imports of the daemon come from, the standard library and plugins aside."""
MOST_OF_OTHERS = 500
"""So many modules of one package of somebody else's: some 3 MB."""


class Pinned:
    """An importer of modules whose code it holds; see importlib.abc.MetaPathFinder and Loader."""

    def __init__(self, modules: dict[str, tuple[bytes, bool]]) -> None:
        self._modules = modules

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: Any = None) -> ModuleSpec | None:
        """The spec of a held module."""
        held = self._modules.get(name)
        if held is None:
            return None
        from importlib.machinery import ModuleSpec  # after the first start: it brings `warnings`

        loader: Any = self  # duck-typed, as the import system allows
        return ModuleSpec(name, loader, origin="pinned", is_package=held[1])

    def create_module(self, spec: ModuleSpec) -> None:
        """The default module object will do."""

    def get_code(self, name: str) -> Any:
        """The held code."""
        return marshal.loads(self._modules[name][0])

    def exec_module(self, module: ModuleType) -> None:
        """Run the held code."""
        exec(self.get_code(module.__name__), module.__dict__)


def pin(files: Files, packages: Sequence[str] = PACKAGES, others: Sequence[str] = ()) -> int:
    """Hold the code of every module of these packages that is not loaded yet; returns how many.

    Of each of the `others`, which are not ours and may be large, no more than MOST_OF_OTHERS. To be run off the loop. A
    module whose code cannot be read is left to the ordinary import.
    """
    modules: dict[str, tuple[bytes, bool]] = {}
    for package in (*packages, *others):
        spec = _find(package)
        if spec is not None and spec.submodule_search_locations:
            held: dict[str, tuple[bytes, bool]] = {}
            _hold(files, package, next(iter(spec.submodule_search_locations)), held, package in others)
            modules |= held
    sys.meta_path.insert(0, Pinned(modules))
    return len(modules)


def _find(package: str) -> ModuleSpec | None:
    """The spec of a top-level package, without importing it."""
    if package in sys.modules:
        return sys.modules[package].__spec__
    found = (finder.find_spec(package, None) for finder in sys.meta_path)
    return next((spec for spec in found if spec is not None), None)


def _hold(
    files: Files, package: str, directory: str, modules: dict[str, tuple[bytes, bool]], limited: bool = False
) -> None:
    for entry in files.listdir(directory):
        if limited and len(modules) >= MOST_OF_OTHERS:
            return
        stem, dot, suffix = entry.partition(".")
        if dot and suffix == "py":
            _hold_one(package if stem == "__init__" else f"{package}.{stem}", [directory], package, modules)
        elif not dot and entry != "__pycache__" and "__init__.py" in _names(files, f"{directory}/{entry}"):
            _hold(files, f"{package}.{entry}", f"{directory}/{entry}", modules, limited)


def _names(files: Files, directory: str) -> list[str]:
    try:
        return files.listdir(directory)
    except OSError:
        return []


def _hold_one(name: str, path: list[str], package: str, modules: dict[str, tuple[bytes, bool]]) -> None:
    if name in sys.modules:
        return
    is_package = name == package
    spec = _find(name) if is_package and "." not in name else _spec(name, path, is_package)
    loader: Any = spec.loader if spec is not None else None
    try:
        code = loader.get_code(name) if loader is not None else None
    except (ImportError, OSError, SyntaxError):
        return
    if code is not None:
        modules[name] = marshal.dumps(code), is_package


def _spec(name: str, path: list[str], is_package: bool) -> ModuleSpec | None:
    from importlib.machinery import PathFinder

    where = [path[0].rpartition("/")[0]] if is_package else path
    return PathFinder.find_spec(name, where)
