"""Runs scenarios, each on one side or both, and keeps what there was to see.

It is a process of its own, and adopts what the daemons leave behind, so that it can end exactly what came from them.
Scenarios of one table share a daemon a side in batches of a dozen or two: one daemon for all would be slow in everything.
"""

from __future__ import annotations

import ctypes
import json
import os
import pickle
import re
import shutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.conformance import golden, lifecycle_tables
from tests.conformance.lifecycle_lines import searched
from tests.conformance.lifecycle_side import Late, Side, descendants
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
[include]
files=@DIR@/conf.d/*.conf
"""
# A program that never is silent keeps the stock daemon awake: without it each of its steps takes up to a second.
HEART = """\
[program:heart]
command=@PY@ -I -S @DIR@/heart.py
stdout_logfile=NONE
stderr_logfile=NONE
priority=1
startsecs=0
"""
BEATS = "import os, time\nwhile os.write(1, b'.'):\n    time.sleep(0.05)\n"
NOISE = re.compile(
    r"^fd \d+ closed|^'.*' std(out|err) output:$|heart|^received SIGCHLD|^waiting for "
    r"|^rebuffering event"  # also told of whatever was just looked at, so it depends on how many have come until then
)
# D22: included files are also told of at each reread. A user who may not run this interpreter has no heart.
ASIDE = re.compile(r"^Included extra file|^No file matches via include|^spawnerr: can't find command 'PYTHON'")
BATCH, JOBS = 24, 6
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
Outcome = dict[str, Any]
Outcomes = dict[str, dict[str, Outcome]]
BASES: list[Path] = []


def config(extra: str, programs: str) -> str:
    own = dict(line.split("=", 1) for line in extra.splitlines() if line.strip())
    lines = [f"{key}={value}" for key, value in (PLAIN | own).items() if value]
    return "\n".join([SERVERS + "[supervisord]", *lines, "", HEART, programs])


def prepare(side: Side, scenarios: Sequence[Scenario]) -> None:
    """The files of a side; what a script reads as `NAME.gate` is a pipe, which the steps open."""
    side.write("heart.py", BEATS)
    for name in ("auto", "conf.d"):
        (side.dir / name).mkdir()
        (side.dir / name).chmod(0o777)
    for scenario in scenarios:
        for name, (text, mode) in {**lifecycle_tables.SHARED_FILES, **scenario.files}.items():
            side.write(name, text, mode)
            for gate in re.findall(r"@DIR@/(\S+\.gate)", text) if isinstance(text, str) else ():
                os.mkfifo(side.dir / gate)
                (side.dir / gate).chmod(0o666)
    side.write("s.conf", config(scenarios[0].daemon or "", "".join(scenario.programs for scenario in scenarios)))


def program_log(side: Side, name: str) -> list[tuple[str, str]]:
    """What the main log tells of one program, but for `waiting for`, which comes as often as time allows.

    A listener may say READY before or after it is called RUNNING, as it happens.
    """
    mine = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    lines = [line for line in side.log() if mine.search(line[1]) and not NOISE.search(line[1])]
    listens = any(text == f"{name}: ACKNOWLEDGED -> READY" for _, text in lines)
    return [line for line in lines if not (listens and line[1].startswith("success: "))]


def daemon_log(side: Side, names: Sequence[str]) -> list[tuple[str, str]]:
    known = re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in (*names, "heart")))
    lines = (line for line in side.log() if line[0] != "DEBG" and not ASIDE.search(line[1]))
    return [line for line in lines if not known.search(line[1])]


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
    outcome["searched"] = searched(side)
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
        side.settled()
        infos = side.infos(float("inf"))
        for scenario in scenarios:
            observe(side, scenario, outcomes[scenario.name], infos)
    return outcomes


def run_own(kind: str, base: Path, scenarios: Sequence[Scenario]) -> dict[str, Outcome]:
    (scenario,) = scenarios
    with side_of(kind, base) as side:
        prepare(side, [scenario])
        outcome = act(side, scenario)
        side.settled()
        observe(side, scenario, outcome, {})
    return {scenario.name: outcome}


def batches(scenarios: Sequence[Scenario]) -> list[list[Scenario]]:
    """Those that share a daemon dealt out evenly, so that no batch gets all the slow ones; then one for each that does not."""
    shared = [s for s in scenarios if s.daemon is None]
    count = -(-len(shared) // BATCH)
    return [shared[n::count] for n in range(count)] + [[s] for s in scenarios if s.daemon is not None]


def run_all(wanted: Mapping[str, Sequence[Scenario]]) -> Outcomes:
    """Outcomes by kind and scenario name, of the scenarios each kind is to play."""
    base = Path(tempfile.mkdtemp(prefix="lc-"))
    base.chmod(0o755)
    BASES.append(base)
    outcomes: Outcomes = {kind: {} for kind in wanted}
    try:
        with ThreadPoolExecutor(JOBS if wanted.get("initd") else golden.JOBS) as pool:
            running = []
            for kind, scenarios in wanted.items():
                for number, batch in enumerate(batches(scenarios)):
                    run = run_shared if batch[0].daemon is None else run_own
                    running.append((kind, pool.submit(run, kind, base / str(number), batch)))
            for kind, future in running:
                outcomes[kind] |= future.result()
        return outcomes
    finally:
        end_all()
        shutil.rmtree(base, ignore_errors=True)


def end_all() -> None:
    """End everything that came from this process, and reap it."""
    while left := descendants(os.getpid()):
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(-1, 0)


def main() -> None:
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    if prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) or prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
    signal.signal(signal.SIGTERM, abandon)
    target, suite = sys.argv[1:]
    wanted = {kind: set(names) for kind, names in json.load(sys.stdin).items()}
    scenarios = lifecycle_tables.SUITES[suite]
    outcomes = run_all({kind: [s for s in scenarios if s.name in names] for kind, names in wanted.items()})
    Path(target).write_bytes(pickle.dumps(outcomes))


def abandon(number: int, frame: object) -> None:
    end_all()
    for base in BASES:
        shutil.rmtree(base, ignore_errors=True)
    os._exit(1)


if __name__ == "__main__":
    main()
