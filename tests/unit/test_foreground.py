"""The daemon of the foreground, as far as no other test starts it: what it may need once it is another user."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import initd

PACKAGE = Path(initd.__file__).parent
CLIENT = ("cli.py", "check.py", "pidproxy.py", "config/client.py", "control/client/", "kernel/transcript.py", "isolation.py")
INIT = ("daemonize.py", "kernel/linux_command.py", "kernel/linux_init.py")
PLUGINS = ("plugins/", "control/facade/")  # they import what they like, whenever they like
ELSEWHERE = (*CLIENT, *INIT, *PLUGINS)
"""Not the daemon's, or done before it is anybody else."""
BEFORE = {
    "_posixsubprocess": "looked for when the kernel is made",
    "ctypes": "of `initd -- CMD`, which stays who it is",
    "select": "imported by the poller, when the kernel is made",
}


def late_imports() -> Iterator[tuple[str, str]]:
    """(file, module) of each import inside of a function that takes a file of Python's own, or of somebody else's."""
    for path in sorted(PACKAGE.rglob("*.py")):
        place = path.relative_to(PACKAGE).as_posix()
        if not place.startswith(ELSEWHERE):
            for function in ast.walk(ast.parse(path.read_text())):
                if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    yield from ((place, name) for name in imported(function) if needs_file(name))


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def needs_file(name: str) -> bool:
    root = name.partition(".")[0]
    return root not in ("initd", "__future__", "typing") and root not in sys.builtin_module_names


def test_what_is_imported_late_is_imported_before_the_daemon_becomes_another_user() -> None:
    tree = ast.parse((PACKAGE / "foreground.py").read_text())
    (early,) = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "_import_all"]
    there = {name.partition(".")[0] for name in imported(early)}
    late = {name.partition(".")[0] for _, name in late_imports()}
    assert late - there == set(BEFORE)
