"""The file for CI: well formed, with what CI counts."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

from hypothesis import given
from hypothesis import strategies as st

from sim.report.junit import Case, junit

CASES = [
    Case("core plain 0:500", 1.25, (("passed", 500), ("digest", "ab"))),
    Case("core plain 500:1000", 0.5, (), ("seed 7: S6 fail: <too short> & \"worse\"", "seed 8: x")),
    Case("core plain 1000:1500", 0.25, (), ("seed 9: model unknown",), True),
]


def test_counts_times_properties_failures_and_errors_are_where_jenkins_looks():
    suites = ElementTree.fromstring(junit("run", CASES))
    (suite,) = suites
    assert suites.tag == "testsuites" and suite.tag == "testsuite"
    for counts in (suites.attrib, suite.attrib):
        assert [counts[name] for name in ("tests", "failures", "errors", "time")] == ["3", "1", "1", "2.000"]
    first, second, third = suite
    assert first.attrib == {"classname": "initd-sim.run", "name": "core plain 0:500", "time": "1.250"}
    assert [(each.get("name"), each.get("value")) for each in first.iter("property")] == [("passed", "500"), ("digest", "ab")]
    assert [each.tag for each in first] == ["properties"]
    (failure,) = second
    assert failure.tag == "failure" and failure.get("type") == "failed"
    assert failure.get("message") == 'seed 7: S6 fail: <too short> & "worse"'
    assert failure.text.split("\n") == list(CASES[1].reasons)
    assert [each.tag for each in third] == ["error"]


@given(st.text(), st.text(min_size=1))
def test_it_is_well_formed_whatever_is_said(name, reason):
    (suite,) = ElementTree.fromstring(junit("run", [Case(name, 0.0, ((name, reason),), (reason,))]).encode("utf-8"))
    assert len(suite) == 1
