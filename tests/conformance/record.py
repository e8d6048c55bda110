"""Asks stock supervisord for its answers: writes them down, or with --check says where they are no longer what was written.

    python -m tests.conformance.record [--check] [SUITE…]

Without --check only what has no valid answer is asked for; with it, everything.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import sys
from collections.abc import Mapping
from typing import Any

from tests.conformance.golden import Suite, stale
from tests.conformance.suites import SUITES


def differences(written: Mapping[str, Any], live: Mapping[str, Any]) -> list[str]:
    """The lines that differ, scenario by scenario; what is live with +."""
    told = []
    for name in live:
        before, now = (
            json.dumps(lasting(each.get(name)), indent=1, sort_keys=True).splitlines() for each in (written, live)
        )
        told += list(difflib.unified_diff(before, now, f"{name} (recorded)", f"{name} (live)", n=1, lineterm=""))
    return told


def lasting(answer: Any) -> Any:
    """Without what takes its time to be told: which lines a whole log has, whoever they are about."""
    return {key: answer[key] for key in answer if key != "searched"} if isinstance(answer, dict) else answer


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare all with what is written, and write nothing")
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=f"of {', '.join(SUITES)} (all)")
    asked = parser.parse_args()
    if os.geteuid():
        parser.error("the answers are root's")
    failed = False
    for suite in (SUITES[name] for name in asked.suites or SUITES):
        failed |= check(suite) if asked.check else record(suite)
    return int(failed)


def check(suite: Suite) -> bool:
    told = stale(suite) + differences(suite.recorded(), suite.play(list(suite.scenarios)))
    print(f"{suite.name}: {len(suite.scenarios)} scenarios", "differ:" if told else "as recorded", *told, sep="\n  ")
    return bool(told)


def record(suite: Suite) -> bool:
    known = suite.recorded()
    missing = [name for name in suite.scenarios if name not in known]
    suite.record(suite.play(missing) if missing else {})
    print(f"{suite.name}: {len(missing)} of {len(suite.scenarios)} scenarios recorded")
    return False


if __name__ == "__main__":
    sys.exit(main())
