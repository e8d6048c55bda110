"""Mistakes by rule: which changes there are, that each is one change, and what it takes to notice one."""

from __future__ import annotations

import pathlib

import pytest

from sim import isolation, operators
from sim.mutants import Mutant
from sim.operators import PACKAGES, Checks, changes, of_file, run, sample

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

class C:
    def g(self):
        for x in max(1, 1):
            break
        raise E
'''


def test_comparisons_conditions_numbers_and_statements_change_one_at_a_time_and_annotations_never():
    assert sorted(change.key for change in changes(TEXT)) == [
        "C.g: 1 -> 2",
        "C.g: 1 -> 2 #2",
        "C.g: break -> continue",
        "C.g: max(1, 1) -> min(1, 1)",
        "C.g: raise E -> pass",
        "f: 1 -> 2",
        "f: 3 -> 4",
        "f: 4 -> 5",
        "f: a + 1 -> (a - 1)",
        "f: a + 1 is None -> (a + 1 is not None)",
        "f: a < b -> (a <= b)",
        "f: a < b and not a -> (a < b or not a)",
        "f: log(a) -> pass",
        "f: not a -> (a)",
    ]


def test_each_change_leaves_everything_else_as_it_was_and_can_be_compiled():
    for change in changes(TEXT):
        compile(change.text, "f", "exec")
        pairs = enumerate(zip(TEXT.splitlines(), change.text.splitlines()), 1)
        assert [at for at, (old, new) in pairs if old != new] == [change.line], change.key


def test_a_sample_is_the_same_at_every_run_and_reaches_every_package():
    assert all(of_file(ROOT, ROOT / package) for package in ("initd/supervise/rules.py", "initd/kernel/linux_fork.py"))
    drawn = sample(ROOT, list(PACKAGES), 300, 7)
    assert drawn == sample(ROOT, list(PACKAGES), 300, 7)
    assert drawn != sample(ROOT, list(PACKAGES), 300, 8)
    assert {mutant.killer for mutant in drawn} == set(PACKAGES)


def test_all_of_them_are_told_apart_by_their_file_and_what_they_change():
    every = sample(ROOT, list(PACKAGES), None, 0)
    assert len({(mutant.file, mutant.name.partition(" ")[2]) for mutant in every}) == len(every) > 1500


def test_the_checks_that_are_named_exist():
    for checks in PACKAGES.values():
        assert [test for test in (*checks.quick, *checks.slow, *checks.outside) if not (ROOT / test).exists()] == []


@pytest.mark.skipif(not isolation.possible(), reason="needs namespaces")
def test_a_process_that_a_test_starts_sees_the_mistake_too(monkeypatch, tmp_path):
    file, check = tmp_path / "initd" / "odd" / "number.py", tmp_path / "check.py"
    file.parent.mkdir(parents=True)
    file.write_text("NUMBER = 1\n")
    script = f"raise SystemExit(b'= 2' in open({str(file)!r}, 'rb').read())"
    check.write_text(
        f"import subprocess, sys\ndef test_it():\n    assert not subprocess.call([sys.executable, '-c', {script!r}])\n"
    )
    mutants = [
        Mutant(number, name, "initd/odd/number.py", "", f"NUMBER = {number}\n", "initd/odd")
        for number, name in ((2, "seen"), (3, "not seen"))
    ]
    for outside, reasons in ((("check.py",), ["", "survived"]), ((), ["survived", "survived"])):
        monkeypatch.setattr(operators, "PACKAGES", {"initd/odd": Checks((), (), (), outside)})
        assert [verdict.reason for verdict in run(mutants, tmp_path)] == reasons
    assert file.read_text() == "NUMBER = 1\n"


def test_a_check_that_fails_without_a_mistake_ends_the_campaign_before_it_has_begun(monkeypatch, tmp_path):
    file = tmp_path / "initd" / "odd" / "number.py"
    file.parent.mkdir(parents=True)
    file.write_text("NUMBER = 1\n")
    (tmp_path / "check.py").write_text("def test_it():\n    assert 0\n")
    monkeypatch.setattr(operators, "PACKAGES", {"initd/odd": Checks((), ("check.py",))})
    mutant = Mutant(1, "any", "initd/odd/number.py", "NUMBER = 1\n", "NUMBER = 2\n", "initd/odd")
    with pytest.raises(operators.Unsound, match="^without any mistake initd/odd fails check.py::test_it$"):
        run([mutant], tmp_path)
