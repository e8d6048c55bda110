"""Mistakes made by rule instead of by hand: each comparison, condition, number and statement of a file, changed one at a time.

They find what the named mutants do not think of (simulation.md §4.7). Each is tried against what looks at its package, the quick
checks first: the tests that mirror its module, stories, and then the slower tests. Where we may have namespaces (sim.isolation)
processes that the tests start see the mistake as well. What survives is explained in `survivors.toml` (sim.survivors), or a
test is missing.
"""

from __future__ import annotations

import ast
import os
import sys
from pathlib import Path
from random import Random

from initd.record import Record
from sim import isolation
from sim.mutants import Mutant, Verdict, fails, stories
from sim.trials import be_patient, in_children, plant, warm_up

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


class Unsound(Exception):
    """The checks cannot tell."""


class Checks(Record):
    """What looks at a package: the stages of stories, tests that are quick, and tests that are not."""

    stages: tuple[str, ...]
    quick: tuple[str, ...]
    slow: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    """Tests that start processes; of use where those see the mistake."""


CONTRACTS = (
    *("tests/contract/test_clocks.py", "tests/contract/test_dispositions.py", "tests/contract/test_families.py"),
    *("tests/contract/test_files.py", "tests/contract/test_hangups.py", "tests/contract/test_killing.py"),
    *("tests/contract/test_our_signals.py", "tests/contract/test_pipes.py", "tests/contract/test_polling.py"),
    "tests/contract/test_shared.py",
    *("tests/contract/test_sockets.py", "tests/contract/test_spawn.py", "tests/contract/test_stopping.py"),
    *("tests/contract/test_submit.py", "tests/contract/test_waiting.py"),
)
PACKAGES: dict[str, Checks] = {
    "initd/supervise": Checks(
        ("core",),
        ("tests/unit/supervise",),
        (
            "tests/unit/sim/test_coverage.py",
            "tests/property/test_core.py",
            "tests/property/test_listening.py",
            "tests/property/test_fastcgi.py",
            "tests/property/test_conclusion.py",
            "tests/unit/drive",
            "tests/unit/test_app.py",
            "tests/property/test_scope.py",
        ),
    ),
    "initd/reaper": Checks(
        ("daemon",),
        ("tests/unit/reaper", "tests/unit/drive"),
        (
            "tests/property/test_init.py",
            "tests/property/test_left_behind.py",
            "tests/unit/test_app.py",
            "tests/unit/test_session.py",
        ),
        (
            "tests/contract/test_init.py",
            *(f"tests/e2e/test_init{part}.py" for part in ("_peers", "_child", "_hostile", "_comparison", "")),
        ),
    ),
    "initd/drive": Checks(
        ("daemon",),
        ("tests/unit/drive",),
        (
            "tests/unit/test_app.py",
            "tests/unit/test_session.py",
            "tests/unit/test_service.py",
            "tests/property/test_listening.py",
            "tests/property/test_fastcgi.py",
            "tests/property/test_conclusion.py",
        ),
    ),
    "initd/kernel": Checks((), ("tests/unit/kernel",), (), CONTRACTS),
}
"""Where such mutants are made, and what notices them, the quickest first."""
PATIENCE_S = 600
"""For all the checks of one mutant together."""
SLOW_PATIENCE_S = 90
"""For one of the slow tests, which take up to a fifth of that on a machine with nothing else to do."""
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


def sample(root: Path, packages: Sequence[str], count: int | None, seed: int) -> list[Mutant]:
    """So many mutants drawn from all of those packages, fewer where there are not as many; None for all, in their order."""
    every = [
        mutant
        for package in packages
        for file in sorted((root / package).glob("*.py"))
        for mutant in of_file(root, file)
    ]
    drawn = every if count is None else Random(seed).sample(every, min(count, len(every)))
    return [mutant.replace(number=at) for at, mutant in enumerate(drawn, 1)]


def of_file(root: Path, file: Path) -> list[Mutant]:
    """All mutants of one file; `old` and `new` are the whole text before and after."""
    text, name = file.read_text(), str(file.relative_to(root))
    package = name.rpartition("/")[0]
    return [Mutant(0, f"{name}:{each.line} {each.key}", name, text, each.text, package) for each in changes(text)]


class Change(Record):
    """One change: where, what was there and what is now, and the whole text after it.

    `place` is the function it is in, with its class; `time` counts equal changes of one place from 1.
    """

    line: int
    place: str
    old: str
    new: str
    time: int
    text: str

    @property
    def key(self) -> str:
        """What tells it from all others of its file, and stays when lines move."""
        return f"{self.place}: {self.old} -> {self.new}" + (f" #{self.time}" if self.time > 1 else "")


def changes(text: str) -> Iterator[Change]:
    """Every change by rule, in the order of the file."""
    data = text.encode()
    starts = [0]
    for each in data.splitlines(keepends=True):
        starts.append(starts[-1] + len(each))
    tree = ast.parse(text)
    places = _places(tree)
    found = []
    for node, new in _nodes(tree):
        first = starts[node.lineno - 1] + node.col_offset
        last = starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)
        found.append((first, last, new, node.lineno, places.get(node, "module")))
    times: dict[tuple[str, str, str], int] = {}
    for first, last, new, line, place in sorted(found):
        old = " ".join(data[first:last].decode().split())
        times[place, old, new] = time = times.get((place, old, new), 0) + 1
        yield Change(line, place, old, new, time, (data[:first] + new.encode() + data[last:]).decode())


def _places(tree: ast.Module) -> dict[ast.AST, str]:
    """The function or class that each node is in."""
    places: dict[ast.AST, str] = {}

    def visit(node: ast.AST, place: str) -> None:
        for child in ast.iter_child_nodes(node):
            places[child] = place or "module"
            inner = isinstance(child, (ast.FunctionDef, ast.ClassDef))
            visit(child, f"{place}.{child.name}".lstrip(".") if inner else place)  # type: ignore[attr-defined]

    visit(tree, "")
    return places


def _nodes(tree: ast.Module) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    skipped = {id(part) for node in ast.walk(tree) for top in _for_checkers(node) for part in ast.walk(top)}
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.stmt) and (new := _statement(node)):
            yield node, new
        if isinstance(node, (ast.FunctionDef, ast.If, ast.For, ast.While, ast.Try, ast.With)):
            for statement in node.body:
                if isinstance(statement, (ast.Assign, ast.AugAssign)) or _is_call(statement):
                    yield statement, "pass"
        if isinstance(node, ast.expr):
            for new in _expressions(node):
                yield node, new


def _statement(node: ast.stmt) -> str:
    match node:
        case ast.Break():
            return "continue"
        case ast.Continue():
            return "break"
        case ast.Return(None) | ast.Raise() | ast.Delete():
            return "pass"
    return ""


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
        case ast.Call(ast.Name(("min" | "max") as name)):
            other = ast.Call(ast.Name({"min": "max", "max": "min"}[name]), node.args, node.keywords)
            yield ast.unparse(other)
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
    """Try all of them; the reason of a verdict is empty when anything noticed.

    Unsound where a check fails without a mistake: it would notice each.
    """
    warm_up()
    isolated = isolation.possible()
    if unsound := _unsound(mutants, root, jobs, isolated):
        raise Unsound(f"without any mistake {unsound}")
    verdicts = []
    tries = [(at, lambda mutant=mutant: _trial(mutant, root, isolated)) for at, mutant in enumerate(mutants)]
    for at, said, seconds in in_children(tries, jobs, PATIENCE_S, isolated):
        verdicts.append(Verdict(mutants[at], "" if said else "survived", seconds))
        told(verdicts[-1])
    return sorted(verdicts, key=lambda verdict: verdict.mutant.number)


def _unsound(mutants: Sequence[Mutant], root: Path, jobs: int, isolated: bool) -> str:
    """What fails of the checks of these where nothing is changed, and of which package; empty if nothing does."""
    first = {mutant.killer: mutant for mutant in reversed(mutants)}
    tries = [
        (package, lambda mutant=mutant: _trial(mutant.replace(new=mutant.old), root, isolated))
        for package, mutant in sorted(first.items())
    ]
    said = in_children(tries, jobs, PATIENCE_S, isolated)
    return "; ".join(f"{package} fails {text}" for package, text, _ in said if text)


def _trial(mutant: Mutant, root: Path, isolated: bool) -> str:
    if isolated:
        isolation.overlay(root / mutant.file, mutant.new)
        os.environ |= {"INITD_COMMAND": f"{sys.executable} -m initd", "PYTHONPATH": str(root)}  # the tree, not what is installed
    plant(mutant.module, mutant.new, root / mutant.file)
    checks, (_, package, name) = PACKAGES[mutant.killer], mutant.file.split("/")
    mirrors = f"tests/unit/{package}/test_{name}", f"tests/property/test_{name}"
    for tests in (mirrors, checks.quick):
        if found := fails([test for test in tests if (root / test).exists()], root, True):
            return found[0]
    be_patient()
    for stage in checks.stages:
        for _, _, names in stories(stage):
            if names:
                return names[0]
    return "".join(fails([*checks.slow, *(checks.outside if isolated else ())], root, True, SLOW_PATIENCE_S)[:1])
