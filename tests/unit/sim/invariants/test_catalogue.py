"""Each of the invariants, 42 and twelve more, and of the three meta ones has a test that a violation trips it."""

from __future__ import annotations

import importlib.util
import inspect
from pathlib import Path

from sim.invariants.catalogue import BUGS, CATALOGUE, MACHINE, META, SIEGE, STORY, named

HERE = Path(__file__).resolve().parents[1]
"""tests/unit/sim"""


def claims():
    """The tests that say they plant a violation, by the law it is of."""
    found = {}
    for file in sorted(HERE.rglob("test_*.py")):
        if "@trips" not in file.read_text() or file == Path(__file__):
            continue
        specification = importlib.util.spec_from_file_location(f"claims_{file.stem}", file)
        module = importlib.util.module_from_spec(specification)
        specification.loader.exec_module(module)
        for name, member in vars(module).items():
            for law in getattr(member, "trips", ()) if name.startswith("test_") else ():
                found.setdefault(law, []).append((module, member))
    return found


def test_there_are_42_and_thirteen_of_them_and_each_is_judged_somewhere():
    assert len(CATALOGUE) == 42 + 8 + 5
    assert set(CATALOGUE.values()) == {STORY, MACHINE, SIEGE}
    assert not set(META) & set(CATALOGUE)


def test_each_of_them_has_a_test_that_a_planted_violation_trips_it():
    assert {*CATALOGUE, *META} - set(claims()) == set()


def test_each_of_these_tests_speaks_of_the_law_it_says_it_trips():
    for law, tests in claims().items():
        assert law in CATALOGUE or law in META, law
        for module, test in tests:
            lines = inspect.getsource(test).splitlines()
            said = "\n".join(line for line in lines if not line.startswith("@trips"))
            table = law in getattr(module, "PLANTED", {}) and "found[name]" in said
            assert table or law in said or "metamorphic.LAWS" in said, (law, test)


def test_a_law_that_people_have_a_name_for_is_told_by_it_once():
    assert set(BUGS) <= set(CATALOGUE)
    assert named("S4 fail at 1 a:a: too early") == "S4 fail at 1 a:a: too early (false RUNNING)"
    assert named("S4 fail at 1 a:a: false RUNNING: too early") == "S4 fail at 1 a:a: false RUNNING: too early"
    assert named("S1 fail at 1 a:a: no transition") == "S1 fail at 1 a:a: no transition"
