"""The design's rules as tests: what may import what, who may make syscalls, and how large anything may grow.

Run as a program it prints the size report: what is worth a hard look before it becomes a failure.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted(path for package in ("initd", "sim") for path in (ROOT / package).rglob("*.py"))

MODULE_LINES, MODULE_LIMIT = 300, 400
FUNCTION_LINES, FUNCTION_LIMIT = 40, 70

PURE = {"__future__", "bisect", "collections", "enum", "functools", "heapq", "itertools", "math", "operator"}
"""All that the core may take from the standard library."""
IMPURE_CALLS = {"__import__", "breakpoint", "compile", "eval", "exec", "hash", "id", "input", "open", "print"}
"""Built-ins that do I/O, or whose answer differs from run to run."""
SYSTEM = {
    *("_posixsubprocess", "_thread", "asyncio", "concurrent", "ctypes", "datetime", "fcntl", "glob", "grp", "io"),
    *("locale", "logging", "mmap", "multiprocessing", "os", "pathlib", "platform", "posix", "pty", "pwd", "queue"),
    *("random", "resource", "select", "selectors", "secrets", "shutil", "signal", "socket", "ssl", "subprocess"),
    *("syslog", "tempfile", "termios", "threading", "time", "tty", "uuid"),
}
"""Modules that reach the kernel, the clocks, the user's database or another thread."""
FORBIDDEN_IN_THE_DAEMON = {"argparse", "configparser", "dataclasses", "logging", "subprocess", "typing"}
"""What costs a PID 1 more memory and start-up time than it gives."""


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def may_make_syscalls(module: str) -> bool:
    """The kernel, those who speak to the user before there is one, and the programs that are not the daemon."""
    outermost = {"initd.__main__", "initd.cli", "initd.daemonize", "initd.pidproxy"}
    return module in outermost or module.startswith(("initd.kernel.linux", "initd.control.client"))


def imports(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """(module, line) of every import that happens at run time."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            for branch in node.orelse:
                yield from imports(ast.Module([branch], []))
        elif isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "." * node.level, node.lineno
        else:
            yield from imports(node)


def parsed(prefix: str) -> list[tuple[str, ast.Module]]:
    found = [(module_name(path), ast.parse(path.read_text())) for path in SOURCES]
    chosen = [(name, tree) for name, tree in found if f"{name}.".startswith(f"{prefix}.")]
    assert chosen, f"no modules under {prefix}"
    return chosen


def test_the_core_imports_nothing_that_acts_waits_or_varies() -> None:
    wrong = [
        f"{name}:{line} imports {target}"
        for name, tree in parsed("initd.supervise")
        for target, line in imports(tree)
        if target.partition(".")[0] not in PURE | {"initd"}
    ]
    assert not wrong, wrong


def test_the_core_calls_no_built_in_that_acts_or_varies() -> None:
    wrong = [
        f"{name}:{node.lineno} calls {node.func.id}"
        for name, tree in parsed("initd.supervise")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in IMPURE_CALLS
    ]
    assert not wrong, wrong


def test_only_the_kernel_and_the_outermost_programs_make_syscalls() -> None:
    wrong = [
        f"{name}:{line} imports {target}"
        for name, tree in parsed("initd")
        if not may_make_syscalls(name)
        for target, line in imports(tree)
        if target.partition(".")[0] in SYSTEM
    ]
    assert not wrong, wrong


def test_no_daemon_module_imports_what_pid_1_cannot_afford() -> None:
    wrong = [
        f"{name}:{line} imports {target}"
        for name, tree in parsed("initd")
        if not name.startswith(("initd.control.client", "initd.pidproxy"))
        for target, line in imports(tree)
        if target.partition(".")[0] in FORBIDDEN_IN_THE_DAEMON
    ]
    assert not wrong, wrong


def test_every_module_opens_by_saying_what_belongs_in_it() -> None:
    silent = [name for package in ("initd", "sim") for name, tree in parsed(package) if not ast.get_docstring(tree)]
    assert not silent, silent


def test_imports_point_down_only() -> None:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as main; main()"]
    linter = subprocess.run([*command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert linter.returncode == 0, linter.stdout + linter.stderr
    assert " 0 broken" in linter.stdout


def sizes() -> Iterator[tuple[str, int, int, int]]:
    """(place, lines, from where on it is reported, from where on it fails) of every module and function."""
    for path in SOURCES:
        text = path.read_text()
        yield f"{path.relative_to(ROOT)}", len(text.splitlines()), MODULE_LINES, MODULE_LIMIT
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                place = f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
                yield place, lines, FUNCTION_LINES, FUNCTION_LIMIT


def test_no_module_exceeds_400_lines_and_no_function_70() -> None:
    too_long = [f"{place}: {lines} lines" for place, lines, _, limit in sizes() if lines > limit]
    assert not too_long, too_long


if __name__ == "__main__":
    for place, lines, reported, limit in sizes():
        if lines > reported:
            print(f"{place}: {lines} lines (reported over {reported}, fails over {limit})")
