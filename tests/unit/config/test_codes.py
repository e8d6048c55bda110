from __future__ import annotations

import ast
import runpy
from pathlib import Path
from typing import Any

import pytest

from initd.config.codes import CODES, MAIN
from initd.config.findings import findings_of

ROOT = Path(__file__).parents[3]
GENERATOR: dict[str, Any] = runpy.run_path(str(ROOT / "docs" / "generate_diagnostics.py"))
WITHOUT_EXAMPLE = {"other", "too-many-errors"}
"""They have tests of their own, where they are made."""


def _codes_in_the_source() -> set[str]:
    """Every text in the package that is spelt like a code and stands where one does."""
    found: set[str] = set()
    for path in (ROOT / "initd" / "config").glob("*.py"):
        if path.name == "codes.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
                first = node.args[0] if node.args else None
                if name in ("report", "Diagnostic") and isinstance(first, ast.Constant):
                    found.add(str(first.value))
    return found


def test_every_code_that_is_reported_is_explained() -> None:
    assert len(_codes_in_the_source()) > 20
    assert _codes_in_the_source() <= set(CODES)


@pytest.mark.parametrize("name", sorted(set(CODES) - WITHOUT_EXAMPLE))
def test_the_example_of_a_code_shows_it(name: str) -> None:
    found = findings_of(MAIN, GENERATOR["example_host"](CODES[name]))
    told = {one.diagnostic.code: one.diagnostic.severity for one in found}
    assert told.get(name) == CODES[name].severity
    assert set(told) <= set(CODES)


def test_codes_are_told_errors_first_and_in_order() -> None:
    assert list(CODES) == sorted(CODES, key=lambda name: (CODES[name].severity, name))


def test_the_page_in_the_documentation_is_what_the_examples_say() -> None:
    assert (ROOT / "docs" / "diagnostics.md").read_text(encoding="utf-8") == GENERATOR["render"]()
