"""Each question of tests/e2e/inits to each init: ours answers as it must, the others as docs/init-comparison.md says."""

from __future__ import annotations

import re

import pytest

from tests.e2e.inits import page
from tests.e2e.inits.case import CASES, INITS, Case, Init
from tests.e2e.inits.supervisors import NONE, ROWS
from tests.e2e.instance import ROOT

COMMITTED = page.committed()


@pytest.mark.usefixtures("as_root", "packages")
@pytest.mark.parametrize(("name", "column"), page.asked())
def test_the_page_says_what_the_init_does(name: str, column: str) -> None:
    case, init = CASES[name], INITS[column]
    answer = case.answered(init)
    if init.ours:
        assert answer == case.right(init)
    elif column in case.fault_of:
        assert answer != case.answer, "the fault is gone"
    assert page.cell(case, answer) == COMMITTED[name, column], "python docs/generate_init_comparison.py"


def test_the_page_is_what_the_generator_writes() -> None:
    def known(case: Case, init: Init) -> str:
        return COMMITTED[case.name, init.name]

    assert page.render(known) == page.PAGE.read_text(encoding="utf-8")


def test_every_fault_of_the_others_that_is_named_is_shown_on_the_page() -> None:
    faults = [(case.name, column) for case in CASES.values() for column in case.fault_of]
    assert [each for each in faults if COMMITTED[each] in ("✓", "–")] == []


@pytest.mark.parametrize(("here", "test"), sorted({(here, test) for _, _, here, test in ROWS}))
def test_what_is_said_of_supervisors_is_shown_by_a_test_that_exists(here: str, test: str) -> None:
    if not test:
        assert here == NONE
        return
    path, _, name = test.partition("::")
    assert re.search(rf"^def {name}\(", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)
