"""What came of a command as JUnit XML, as Jenkins reads it: a case for each part, its counters as properties.

A part with a failure is a failure; one in which something stayed unknown, and nothing failed, an error, for unknown is no pass.
"""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, quoteattr

from initd.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What may not stand in an XML 1.0 document, not even escaped."""


class Case(Record):
    """One part of what was tried, with why it did not pass; `unknown` if that is not for certain."""

    name: str
    seconds: float
    counters: tuple[tuple[str, object], ...] = ()
    reasons: tuple[str, ...] = ()
    unknown: bool = False


def junit(command: str, cases: Sequence[Case]) -> str:
    """The document; `command` is the class of the cases."""
    failed = sum(bool(case.reasons and not case.unknown) for case in cases)
    errors = sum(bool(case.reasons and case.unknown) for case in cases)
    seconds = sum(case.seconds for case in cases)
    counts = f'tests="{len(cases)}" failures="{failed}" errors="{errors}" time="{seconds:.3f}"'
    body = "".join(_case(f"initd-sim.{command}", case) for case in cases)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    suite = f'<testsuite name="initd-sim {command}" {counts} skipped="0">\n{body}</testsuite>\n'
    return f"{head}<testsuites {counts}>\n{suite}</testsuites>\n"


def _case(command: str, case: Case) -> str:
    lines = [f' <testcase classname="{command}" name={_attribute(case.name)} time="{case.seconds:.3f}">']
    if case.counters:
        each = [f'   <property name={_attribute(name)} value={_attribute(str(value))}/>' for name, value in case.counters]
        lines += ["  <properties>", *each, "  </properties>"]
    if case.reasons:
        kind = "error" if case.unknown else "failure"
        told = escape(NO_XML.sub("?", "\n".join(case.reasons)))
        what = _attribute(case.reasons[0].partition("\n")[0])
        lines.append(f'  <{kind} message={what} type="{"unknown" if case.unknown else "failed"}">{told}</{kind}>')
    return "\n".join([*lines, " </testcase>\n"])


def _attribute(text: str) -> str:
    return quoteattr(NO_XML.sub("?", text))
