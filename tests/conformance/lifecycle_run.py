"""Runs all scenarios at once, each on both sides, and keeps what there was to see."""

from __future__ import annotations

import re
import shutil
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.conformance import lifecycle_children, lifecycle_outputs
from tests.conformance.lifecycle_side import MODULES, Late, Side
from tests.conformance.lifecycle_steps import Scenario

PLAIN = {
    "logfile": "@DIR@/main.log",
    "pidfile": "@DIR@/s.pid",
    "childlogdir": "@DIR@/auto",
    "loglevel": "debug",
    "environment": 'GLOBAL="from the section"',
}
SERVERS = """\
[unix_http_server]
file=@DIR@/s.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://@DIR@/s.sock
"""
# A program that never is silent keeps the stock daemon awake: without it each of its steps takes up to a second.
HEART = """\
[program:heart]
command=/bin/sh @DIR@/heart.sh
stdout_logfile=NONE
"""
BEATS = "while :; do echo; sleep 0.05; done\n"
NOISE = re.compile(r"^fd \d+ closed|^'.*' std(out|err) output:$|heart|^received SIGCHLD|^waiting for ")
SHARED_FILES = lifecycle_children.SHARED_FILES | lifecycle_outputs.SHARED_FILES
Outcome = dict[str, Any]


def config(extra: str, programs: str) -> str:
    own = dict(line.split("=", 1) for line in extra.splitlines() if line.strip())
    lines = [f"{key}={value}" for key, value in (PLAIN | own).items() if value]
    return "\n".join([SERVERS + "[supervisord]", *lines, "", HEART, programs])


def prepare(side: Side, scenarios: Sequence[Scenario]) -> None:
    side.write("heart.sh", BEATS)
    (side.dir / "auto").mkdir()
    (side.dir / "auto").chmod(0o777)
    for scenario in scenarios:
        for name, (text, mode) in {**SHARED_FILES, **scenario.files}.items():
            side.write(name, text, mode)
    side.write("s.conf", config(scenarios[0].daemon or "", "".join(scenario.programs for scenario in scenarios)))


def program_log(side: Side, name: str) -> list[tuple[str, str]]:
    """What the main log tells of one program, but for `waiting for`, which comes as often as time allows."""
    mine = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    return [line for line in side.log() if mine.search(line[1]) and not NOISE.search(line[1])]


def daemon_log(side: Side, names: Sequence[str]) -> list[tuple[str, str]]:
    known = re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in (*names, "heart")))
    return [(level, text) for level, text in side.log() if level != "DEBG" and not known.search(text)]


def act(side: Side, scenario: Scenario) -> Outcome:
    outcome: Outcome = {"answers": [], "trouble": ""}
    try:
        for step in scenario.steps:
            answer = step(side)
            if answer is not None:
                outcome["answers"].append(answer)
    except Late as late:
        outcome["trouble"] = str(late)
    except Exception:
        outcome["trouble"] = traceback.format_exc()
    return outcome


def observe(side: Side, scenario: Scenario, outcome: Outcome, infos: dict[str, Any]) -> None:
    outcome["log"] = {name: program_log(side, name) for name in scenario.names}
    if scenario.daemon is not None:
        outcome["log"][""] = daemon_log(side, scenario.names)
    found = [path for name in scenario.names for path in side.dir.glob(f"{name}.*") if path.is_file()]
    outcome["files"] = {path.name: side.same(path.read_bytes()) for path in found}
    mine = {key.partition(":")[2]: row for key, row in infos.items()}
    outcome["states"] = {name: mine[name]["statename"] for name in scenario.names if name in mine}


@contextmanager
def side_of(kind: str, base: Path) -> Iterator[Side]:
    side = Side(kind, base / kind)
    try:
        yield side
    finally:
        side.close()


def run_shared(kind: str, base: Path, scenarios: Sequence[Scenario]) -> dict[str, Outcome]:
    with side_of(kind, base) as side:
        prepare(side, scenarios)
        side.start()
        with ThreadPoolExecutor(len(scenarios)) as pool:
            acted = {s.name: pool.submit(act, side, s) for s in scenarios}
        outcomes = {name: future.result() for name, future in acted.items()}
        infos = side.infos(float("inf"))
        for scenario in scenarios:
            observe(side, scenario, outcomes[scenario.name], infos)
    return outcomes


def run_own(kind: str, base: Path, scenario: Scenario) -> Outcome:
    with side_of(kind, base) as side:
        prepare(side, [scenario])
        outcome = act(side, scenario)
    observe(side, scenario, outcome, {})
    return outcome


def run_all(scenarios: Sequence[Scenario]) -> dict[str, dict[str, Outcome]]:
    """Outcomes by kind and scenario name."""
    base = Path(tempfile.mkdtemp(prefix="lc-"))
    base.chmod(0o755)
    shared = [s for s in scenarios if s.daemon is None]
    own = [s for s in scenarios if s.daemon is not None]
    try:
        with ThreadPoolExecutor(12) as pool:
            groups = {kind: pool.submit(run_shared, kind, base / "shared", shared) for kind in MODULES if shared}
            single: dict[tuple[str, str], Future[Outcome]] = {}
            for number, scenario in enumerate(own):
                for kind in MODULES:
                    single[kind, scenario.name] = pool.submit(run_own, kind, base / str(number), scenario)
        outcomes = {kind: dict(groups[kind].result()) if shared else {} for kind in MODULES}
        for (kind, name), future in single.items():
            outcomes[kind][name] = future.result()
        return outcomes
    finally:
        shutil.rmtree(base, ignore_errors=True)
