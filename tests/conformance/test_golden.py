"""Recorded answers of stock are used for the very scenario they were given to, and for no other."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance import golden, lifecycle_suite, lifecycle_tables
from tests.conformance.golden import Suite, described, plain, stale
from tests.conformance.lifecycle_steps import Scenario, call, info, rpc
from tests.conformance.record import differences
from tests.conformance.suites import SUITES

LIMIT = 3


def looks(side: Any) -> Any:
    return side.text("x")[:LIMIT]


def a(**changed: Any) -> Scenario:
    given = {"name": "one", "programs": "[program:p]\n", "steps": (rpc("stopProcess", "p"), info("p"), call(looks))}
    return Scenario(**(given | changed))


@pytest.mark.parametrize("name", SUITES)
def test_stock_has_answered_every_scenario_as_it_is_now_and_nothing_else(name: str) -> None:
    assert stale(SUITES[name]) == [], golden.HOWTO


def test_a_scenario_has_one_hash_however_often_it_is_made() -> None:
    assert described(a()) == described(a())


@pytest.mark.parametrize(
    "changed",
    [
        {"programs": "[program:q]\n"},
        {"steps": (rpc("stopProcess", "q"), info("p"), call(looks))},
        {"steps": (rpc("stopProcess", "p"), info("p"), call(lambda side: side.text("x")[:4]))},
        {"steps": (info("p"), rpc("stopProcess", "p"), call(looks))},
        {"files": {"p.sh": ("", 0o644)}},
        {"daemon": "umask=022"},
        {"skip": frozenset({"log"})},
    ],
    ids=("programs", "an argument", "the text of a step", "order", "files", "daemon", "aspects"),
)
def test_whatever_is_changed_in_a_scenario_changes_its_hash(changed: dict[str, Any]) -> None:
    assert described(a(**changed)) != described(a())


def test_a_constant_that_a_step_uses_is_in_the_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    before = described(a())
    monkeypatch.setattr(f"{__name__}.LIMIT", 4)
    assert described(a()) != before


def test_a_file_that_scenarios_share_is_in_the_hash_of_those_that_use_it(monkeypatch: pytest.MonkeyPatch) -> None:
    before = lifecycle_suite.suite("lifecycle").keys()
    monkeypatch.setitem(lifecycle_tables.SHARED_FILES, "writer.py", ("another", 0o644))
    changed = {name for name, key in lifecycle_suite.suite("lifecycle").keys().items() if key != before[name]}
    assert "stdout rotates at 100 bytes with 0 backups" in changed and "a starting program" not in changed


def test_what_we_show_instead_of_stock_is_not() -> None:
    assert described(a(differs={"log": ("D1", None)})) == described(a())


@pytest.fixture
def suite(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Suite:
    monkeypatch.setattr(golden, "FOLDER", tmp_path)
    return Suite("some", {"one": a()}, ("lifecycle_steps",), lambda names: dict.fromkeys(names, "live"))


def test_an_answer_to_another_scenario_is_none_and_is_told(suite: Suite) -> None:
    suite.record({"one": {"answers": (1, b"\xff")}})
    assert suite.recorded() == {"one": {"answers": [1, {"bytes": "\xff"}]}} and not stale(suite)
    changed = suite._replace(scenarios={"one": a(programs="")})
    assert changed.recorded() == {} and len(stale(changed)) == 2


def test_another_driver_makes_answers_stale(suite: Suite) -> None:
    suite.record({"one": "x"})
    assert suite._replace(driver=("lifecycle_side",)).recorded() == {}


def test_a_live_answer_that_differs_is_told_line_by_line() -> None:
    told = differences({"one": {"answers": [1, 2]}, "two": 3}, {"one": {"answers": [1, 4]}, "two": 3})
    assert told[:2] == ["--- one (recorded)", "+++ one (live)"]
    assert [line for line in told[2:] if line[0] in "+-"] == ["-  2", "+  4"]


def test_keys_that_are_no_text_are_kept_apart() -> None:
    assert plain({("a", 1): 2}) == [[["a", 1], 2]] and plain({"a": (1,)}) == {"a": [1]}
