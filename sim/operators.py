"""Mistakes made by rule instead of by hand: each comparison, condition, number and statement of a file, changed one at a time.

They sample what the named mutants do not think of (simulation.md §4.7). Each is tried against what looks at its package: stories
first, then the tests that mirror it. Survivors are explained in docs/mutants.md, or a test is missing.
"""

from __future__ import annotations

import ast
import time
from pathlib import Path
from random import Random

from sim.mutants import Mutant, Verdict, conclude, fails, stories
from sim.trials import in_children, plant, warm_up

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence

PACKAGES: dict[str, tuple[str, ...]] = {
    "initd/supervise": ("tests/unit/supervise", "tests/unit/sim/test_coverage.py", "tests/property/test_core.py"),
    "initd/reaper": ("tests/unit/reaper", "tests/unit/drive", "tests/unit/test_app.py"),
    "initd/drive": (
        "tests/unit/drive",
        "tests/unit/test_session.py",
        "tests/unit/test_service.py",
        "tests/unit/test_app.py",
    ),
    "initd/kernel": ("tests/unit/kernel",),
}
"""Where such mutants are made, and the tests that run in this process and look at that package."""
SWAPS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}


def command(arguments: argparse.Namespace) -> int:
    """`initd-sim mutants --operators`."""
    began = time.perf_counter()
    drawn = sample(Path.cwd(), arguments.package or list(PACKAGES), arguments.operators, arguments.seed)
    return conclude(run(drawn, Path.cwd(), arguments.jobs), time.perf_counter() - began)


def sample(root: Path, packages: Sequence[str], count: int, seed: int) -> list[Mutant]:
    """So many mutants drawn from all of those packages; fewer where there are not as many."""
    every = [
        mutant
        for package in packages
        for file in sorted((root / package).glob("*.py"))
        for mutant in of_file(root, file)
    ]
    drawn = Random(seed).sample(every, min(count, len(every)))
    return [mutant.replace(number=at) for at, mutant in enumerate(drawn, 1)]


def of_file(root: Path, file: Path) -> list[Mutant]:
    """All mutants of one file; `old` and `new` are the whole text before and after."""
    text, name = file.read_text(), str(file.relative_to(root))
    package = name.rpartition("/")[0]
    made = []
    for line, what, changed in changes(text):
        made.append(Mutant(0, f"{name}:{line} {what}", name, text, changed, package))
    return made


def changes(text: str) -> Iterator[tuple[int, str, str]]:
    """Every change by rule: the line, what was done, the whole text after it."""
    lines = text.encode().splitlines(keepends=True)
    starts = [0]
    for each in lines:
        starts.append(starts[-1] + len(each))
    data = text.encode()
    for node, new in _nodes(ast.parse(text)):
        first = starts[node.lineno - 1] + node.col_offset
        last = starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)
        old = data[first:last].decode()
        yield node.lineno, f"{' '.join(old.split())} -> {new}", (data[:first] + new.encode() + data[last:]).decode()


def _nodes(tree: ast.Module) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    skipped = {id(part) for node in ast.walk(tree) for top in _for_checkers(node) for part in ast.walk(top)}
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, (ast.FunctionDef, ast.If, ast.For, ast.While, ast.Try, ast.With)):
            for statement in node.body:
                if isinstance(statement, (ast.Assign, ast.AugAssign)) or _is_call(statement):
                    yield statement, "pass"
        if isinstance(node, ast.expr):
            for new in _expressions(node):
                yield node, new


def _expressions(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Compare(left, [op], [right]) if type(op) in SWAPS:
            yield f"({ast.unparse(ast.Compare(left, [SWAPS[type(op)]()], [right]))})"
        case ast.BoolOp(op, values):
            yield f"({ast.unparse(ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values))})"
        case ast.UnaryOp(ast.Not(), operand):
            yield f"({ast.unparse(operand)})"
        case ast.IfExp(test, body, orelse):
            yield f"({ast.unparse(ast.IfExp(test, orelse, body))})"
        case ast.BinOp(left, op, right) if type(op) in ARITHMETIC and not isinstance(left, ast.Constant):
            yield f"({ast.unparse(ast.BinOp(left, ARITHMETIC[type(op)](), right))})"
        case ast.Constant(bool() as value):
            yield str(not value)
        case ast.Constant(int() as value):
            yield str(value + 1)


def _for_checkers(node: ast.AST) -> list[ast.AST]:
    """What of a node only a type checker reads."""
    match node:
        case ast.If(ast.Name("TYPE_CHECKING")) | ast.Assign([ast.Name("TYPE_CHECKING")]) | ast.arg():
            return [node]
        case ast.AnnAssign(_, annotation):
            return [annotation]
        case ast.FunctionDef(returns=ast.expr() as returns):
            return [returns]
    return []


def _is_call(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, (ast.Call, ast.Yield))


def run(
    mutants: Sequence[Mutant], root: Path, jobs: int = 1, told: Callable[[Verdict], None] = lambda verdict: None
) -> list[Verdict]:
    """Try all of them; the reason of a verdict is empty when anything noticed."""
    warm_up()
    verdicts = []
    tries = [(at, lambda mutant=mutant: _trial(mutant, root)) for at, mutant in enumerate(mutants)]
    for at, said, seconds in in_children(tries, jobs):
        verdicts.append(Verdict(mutants[at], "" if said else "survived", seconds))
        told(verdicts[-1])
    return sorted(verdicts, key=lambda verdict: verdict.mutant.number)


def _trial(mutant: Mutant, root: Path) -> str:
    plant(mutant.module, mutant.new, root / mutant.file)
    stages = {"initd/supervise": ("core",), "initd/kernel": ()}.get(mutant.killer, ("daemon",))
    for stage in stages:
        for _, _, names in stories(stage):
            if names:
                return names[0]
    tests = [test for test in PACKAGES[mutant.killer] if (root / test).exists()]
    return "tests" if fails(tests, root, True) else ""
