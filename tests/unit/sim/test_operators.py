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
    assert [what for _, what, _ in changes(TEXT)] == [
        "3 -> 4",
        "4 -> 5",
        "log(a) -> pass",
        "a < b and not a -> (a < b or not a)",
        "a + 1 is None -> (a + 1 is not None)",
        "a < b -> (a <= b)",
        "not a -> (a)",
        "a + 1 -> (a - 1)",
        "1 -> 2",
    ]


def test_each_change_leaves_everything_else_as_it_was_and_can_be_compiled():
    for line, what, changed in changes(TEXT):
        compile(changed, "f", "exec")
        differing = [at for at, (old, new) in enumerate(zip(TEXT.splitlines(), changed.splitlines()), 1) if old != new]
        assert differing == [line], what


def test_every_file_has_some_and_a_sample_is_the_same_at_every_run():
    assert all(of_file(ROOT, ROOT / package / name) for package, name in [("initd/supervise", "rules.py"), ("initd/kernel", "linux_fork.py")])  # fmt: skip
    drawn = sample(ROOT, list(PACKAGES), 30, 7)
    assert drawn == sample(ROOT, list(PACKAGES), 30, 7) != sample(ROOT, list(PACKAGES), 30, 8)
    assert len(drawn) == 30
