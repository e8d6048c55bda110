"""The transcripts of the client as a suite: the stock client on the stock daemon is the judge, and recorded."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.conformance.ctl_scenarios import SCENARIOS as COMMANDS
from tests.conformance.ctl_steps import play
from tests.conformance.ctl_users import USERS
from tests.conformance.golden import JOBS, Suite

SCENARIOS = COMMANDS | USERS
REFERENCE = ("supervisorctl", "supervisord")


def _play(names: Sequence[str]) -> Mapping[str, str]:
    with tempfile.TemporaryDirectory() as base, ThreadPoolExecutor(JOBS) as pool:
        made = [pool.submit(play, SCENARIOS[name], *REFERENCE, Path(base) / str(at)) for at, name in enumerate(names)]
        return {name: each.result() for name, each in zip(names, made)}


SUITE = Suite("ctl", SCENARIOS, ("ctl_client", "ctl_runner", "ctl_steps", "stock"), _play)
