"""The daemon of the foreground, as far as no other test starts it: what it may need once it is another user."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import initd

PACKAGE = Path(initd.__file__).parent
CLIENT = (
    *("cli.py", "check.py", "health.py", "pidproxy.py", "config/client.py", "control/client/"),
    *("kernel/transcript.py", "isolation.py"),
)
INIT = ("daemonize.py", "kernel/linux_command.py", "kernel/linux_init.py", "reaper/arguments.py", "reaper/run.py")
PLUGINS = ("plugins/", "control/facade/")  # they import what they like, whenever they like
ELSEWHERE = (*CLIENT, *INIT, *PLUGINS)
"""Not the daemon's, or done before it is anybody else."""
BEFORE = {
    "_posixsubprocess": "looked for when the kernel is made",
    "ctypes": "of `initd -- CMD`, which stays who it is",
    "select": "imported by the poller, when the kernel is made",
}
OWN_BEFORE = {
    "initd.config.client": "of initctl",
    "initd.config.commands": "of `initd check`",
    "initd.config.usage": "of -h",
    "initd.control.facade": "with plugins",
    "initd.control.facade.events": "with plugins",
    "initd.control.facade.handlers": "with plugins",
    "initd.control.facade.interface": "with plugins",
    "initd.members": "with plugins",
    "initd.check": "of `initd check`",
    "initd.kernel.linux_record_file": "imported while the daemon is who it was",
    "initd.recorded": "imported while the daemon is who it was",
}


def late_imports(needed: Callable[[str], bool]) -> Iterator[tuple[str, str]]:
    """(file, module) of each such import inside of a function."""
    for path in sorted(PACKAGE.rglob("*.py")):
        place = path.relative_to(PACKAGE).as_posix()
        if not place.startswith(ELSEWHERE):
            for function in ast.walk(ast.parse(path.read_text())):
                if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    yield from ((place, name) for name in imported(function) if needed(name))


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (name for each in node.names if is_module(name := f"{node.module}.{each.name}"))


def is_module(name: str) -> bool:
    """Whether that is a module of ours."""
    place = PACKAGE.parent / name.replace(".", "/")
    return name.startswith("initd.") and (place.with_suffix(".py").exists() or place.is_dir())


def needs_file(name: str) -> bool:
    root = name.partition(".")[0]
    return root not in ("initd", "__future__", "typing") and root not in sys.builtin_module_names


def test_what_is_imported_late_is_imported_before_the_daemon_becomes_another_user() -> None:
    tree = ast.parse((PACKAGE / "foreground.py").read_text())
    (early,) = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "_import_all"]
    there = {name.partition(".")[0] for name in imported(early)}
    late = {name.partition(".")[0] for _, name in late_imports(needs_file)}
    assert late - there == set(BEFORE)


def test_so_is_what_is_ours() -> None:
    script = (
        "import sys; from types import SimpleNamespace as Config; import initd.foreground\n"
        "initd.foreground._import_all(Config(groups=(), rpcinterfaces=(), servers=(1,)))\n"
        "print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    late = {name for _, name in late_imports(is_module)}
    assert late - set(loaded.stdout.split()) == set(OWN_BEFORE)
