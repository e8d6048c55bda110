"""Mistakes by rule: which changes there are, and that each is one change."""

from __future__ import annotations

import pathlib

from sim.operators import PACKAGES, changes, of_file, sample

ROOT = pathlib.Path(__file__).parents[3]
TEXT = '''"""Words, 1."""
TYPE_CHECKING = False
if TYPE_CHECKING:
    import os

def f(a: int | None = 3) -> bool | None:
    b: int | None = 4
    if a < b and not a:
        log(a)
    return a + 1 is None
'''


def test_comparisons_conditions_numbers_and_statements_change_one_at_a_time_and_annotations_never():
    assert sorted(what for _, what, _ in changes(TEXT)) == [
        "1 -> 2",
        "3 -> 4",
        "4 -> 5",
        "a + 1 -> (a - 1)",
        "a + 1 is None -> (a + 1 is not None)",
        "a < b -> (a <= b)",
        "a < b and not a -> (a < b or not a)",
        "log(a) -> pass",
        "not a -> (a)",
    ]


def test_each_change_leaves_everything_else_as_it_was_and_can_be_compiled():
    for line, what, changed in changes(TEXT):
        compile(changed, "f", "exec")
        differing = [at for at, (old, new) in enumerate(zip(TEXT.splitlines(), changed.splitlines()), 1) if old != new]
        assert differing == [line], what


def test_a_sample_is_the_same_at_every_run_and_reaches_every_package():
    assert all(of_file(ROOT, ROOT / package) for package in ("initd/supervise/rules.py", "initd/kernel/linux_fork.py"))
    drawn = sample(ROOT, list(PACKAGES), 300, 7)
    assert drawn == sample(ROOT, list(PACKAGES), 300, 7)
    assert drawn != sample(ROOT, list(PACKAGES), 300, 8)
    assert {mutant.killer for mutant in drawn} == set(PACKAGES)
