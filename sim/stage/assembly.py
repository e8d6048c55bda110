"""Sieges with event listeners: pools of every size, listeners of every manner, programs that have something to tell.

A function of the seed alone, like `sim.stage.siege`, whose sieges these are.
"""

from __future__ import annotations

import json
from random import Random

from sim.nemesis import AUDIENCE, NEMESES, REPORTING
from sim.stage.besides import BESIDES
from sim.stage.siege import BEHAVIOURS, Siege
from sim.stage.site import DAEMON_PID

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Steps = list[Any]

SHARE, NEAR_SHARE, ON_STDERR_SHARE = 0.1, 0.5, 0.3
"""So often a nemesis is on; one that is about listeners; and who reports does so on stderr."""
SUBSCRIPTIONS = (
    "EVENT", "PROCESS_STATE", "PROCESS_STATE_EXITED", "PROCESS_STATE_STARTING", "TICK", "TICK_5", "REMOTE_COMMUNICATION",
    "PROCESS_LOG", "PROCESS_LOG_STDOUT", "PROCESS_COMMUNICATION", "SUPERVISOR_STATE_CHANGE", "PROCESS_GROUP",
)  # fmt: skip
BEGIN, END = "<!--XSUPERVISOR:BEGIN-->", "<!--XSUPERVISOR:END-->"


def _says(*pieces: str, every: float = 0.05) -> Steps:
    """These writes, with a little time between them."""
    return [step for piece in pieces for step in (["write", "out", piece], ["sleep", every])]


def _takes(times: int | None, *answer: Any) -> Steps:
    """So many rounds, or for ever: READY, an event, and these steps."""
    rounds: Steps = [["write", "out", "READY\n"], ["hear"], *answer]
    return [["loop", rounds]] if times is None else [["repeat", times, rounds]]


OK: Steps = ["write", "out", "RESULT 2\nOK"]
FAIL: Steps = ["write", "out", "RESULT 4\nFAIL"]
PAUSE: Steps = [["pause"]]
LISTENERS: dict[str, Steps] = {
    "obedient": _takes(None, OK),
    "slow": _takes(None, ["sleep", 0.7], OK),
    "very slow": _takes(None, ["sleep", 6], OK),
    "late": [["sleep", 5], *_takes(None, OK)],
    "never ready": [["write", "err", "hello\n"], ["pause"]],
    "garbage": [["write", "out", "hello, here I am\n"], ["pause"]],
    "garbage in the middle": [*_takes(3, OK), *_takes(1, ["write", "out", "what was that?\n"]), *PAUSE],
    "no number": [*_takes(1, OK), *_takes(1, ["write", "out", "RESULT many\nOK"]), *PAUSE],
    "less than nothing": [*_takes(1, OK), *_takes(1, ["write", "out", "RESULT -2\nOK"]), *PAUSE],
    "more than anything": [*_takes(1, OK), *_takes(1, ["write", "out", "RESULT 99999999999\nOK"]), *PAUSE],
    "speaks while ready": [*_takes(2, OK), *_says("READY\n", "READY\n", every=0.4), *PAUSE],
    "a newline too many": _takes(None, ["write", "out", "RESULT 2\nOK\n"]),
    "dies in the middle": [*_takes(2, OK), *_takes(1, ["sleep", 0.2]), ["exit", 1]],
    "dies of every event": [*_takes(1, ["sleep", 1.2]), ["exit", 3]],
    "restarts": [*_takes(3, OK), ["exit", 0]],
    "rejects": _takes(None, ["sleep", 0.3], FAIL),
    "rejects the second": [["loop", [*_takes(1, OK), *_takes(1, FAIL)]]],
    "empty result": _takes(None, ["write", "out", "RESULT 0\n"], ["sleep", 0.2]),
    "in pieces": [["loop", [*_says("REA", "DY\n"), ["hear"], *_says("RES", "ULT 2", "\nO", "K")]]],
    "result in pieces": _takes(None, *_says("RESULT 1", "0\nFAI", "L OR O", "K."), ["sleep", 0.1]),
    "in one write": [["write", "out", "READY\n"], ["loop", [["hear"], ["write", "out", "RESULT 2\nOKREADY\n"]]]],
    "closes stdin": [*_takes(2, OK), ["close", 0], ["write", "out", "READY\n"], *PAUSE],
    "closes stdin with an event": [*_takes(1, ["close", 0], ["sleep", 0.5], OK), ["sleep", 3], ["exit", 1]],
    "shuts its ears": [["write", "out", "READY\n"], ["pause"]],
    "loud": _takes(None, ["write", "err", 9_000], OK),
    "ignores TERM": [["ignore", "TERM"], *_takes(None, ["sleep", 0.2], OK)],
}
"""What a listener may be like."""
REPORTERS: dict[str, Steps] = {
    "reports": [["loop", [*_says("before ", f"{BEGIN}all is well{END}", "after\n", every=0.1), ["sleep", 0.4]]]],
    "reports in pieces": [
        ["loop", _says("log ", BEGIN[:9], BEGIN[9:] + "one", " thing", END[:5], END[5:], "x" * 30 + "\n", every=0.11)]
    ],
    "reports much": [["loop", [["write", "out", BEGIN], ["write", "out", 3_000], *_says(END, "and more\n", every=0.3)]]],
    "reports and dies": [*_says("one line\n", f"{BEGIN}first{END}", f"{BEGIN}never told", every=0.6), ["exit", 1]],
    "reports at last": [["sleep", 2.5], ["write", "out", f"short{BEGIN}last words{END}"], ["exit", 0]],
    "reports nothing": [["loop", _says(f"{END}a{BEGIN}{END}b\n", every=0.5)]],
}
"""What a program may have to tell, beside what programs of any siege do."""
ON_STDERR = " on stderr"
MANNERS = {
    **LISTENERS,
    **REPORTERS,
    **{f"{name}{ON_STDERR}": json.loads(json.dumps(steps).replace('"out"', '"err"')) for name, steps in REPORTERS.items()},
}


def assembly_of(seed: int) -> Siege:
    """The siege with listeners of that number."""
    rng = Random(f"{seed}:assembly")
    listeners = tuple(_listener(rng, name) for name in "lmn"[: 1 + int(rng.random() * 3)])
    programs = tuple(_program(rng, name) for name in "abc"[: 1 + int(rng.random() * 3)])
    near = [name for name in AUDIENCE if name not in REPORTING and rng.random() < NEAR_SHARE]
    far = [name for name in NEMESES if name not in BESIDES and rng.random() < SHARE]
    pid = 1 if rng.random() < 0.5 else DAEMON_PID
    nearest = near or [list(AUDIENCE)[seed % (len(AUDIENCE) - len(REPORTING))]]
    captures = Random(f"{seed}:captures")
    more = [name for name in REPORTING if captures.random() < NEAR_SHARE]
    programs = tuple(_on_stderr(captures, *program) for program in programs)
    return Siege(seed, pid, programs, (*nearest, *far, *more), listeners)


def _on_stderr(rng: Random, name: str, lines: str, what: str) -> tuple[str, str, str]:
    """Some tell the same on stderr, which is in capture mode then, or not."""
    if what not in REPORTERS or rng.random() >= ON_STDERR_SHARE:
        return name, lines, what
    log = "".join(f"{key}={value}\n" for key, value in _logs(rng, name, "stderr").items())
    lines = lines.replace("stderr_logfile=NONE\n", log)
    lines += f"stderr_events_enabled={_one(rng, ('true', 'false'))}\nstderr_capture_maxbytes={_one(rng, (0, 1_000, 100_000))}\n"
    return name, lines, what + ON_STDERR


def _listener(rng: Random, name: str) -> tuple[str, str, str]:
    subscribed = {_one(rng, SUBSCRIPTIONS) for _ in range(1 + int(rng.random() * 3))}
    options = {
        "events": ",".join(sorted(subscribed)),
        "buffer_size": _one(rng, (1, 2, 5, 10, 100)),
        "numprocs": _one(rng, (1, 1, 2)),
        "process_name": "%(program_name)s_%(process_num)d",
        "priority": _one(rng, (-1, 1, 999)),
        "startsecs": int(rng.random() * 2),
        "autorestart": _one(rng, ("true", "unexpected")),
        "stopwaitsecs": 1 + int(rng.random() * 2),
        **_logs(rng, name, "stderr"),
        **_logs(rng, name, "stdout"),
    }
    return name, "".join(f"{key}={value}\n" for key, value in options.items()), _one(rng, tuple(LISTENERS))


def _program(rng: Random, name: str) -> tuple[str, str, str]:
    options = {
        "priority": int(rng.random() * 3),
        "startsecs": int(rng.random() * 3),
        "startretries": int(rng.random() * 4),
        "autorestart": _one(rng, ("true", "unexpected", "false")),
        "stopwaitsecs": 1 + int(rng.random() * 3),
        **_logs(rng, name, "stdout"),
        "stderr_logfile": "NONE",
        "stdout_events_enabled": _one(rng, ("true", "false")),
        "stdout_capture_maxbytes": _one(rng, (0, 1_000, 100_000)),
    }
    lines = "".join(f"{key}={value}\n" for key, value in options.items())
    return name, lines, _one(rng, tuple(REPORTERS) if rng.random() < 0.7 else BEHAVIOURS)


def _logs(rng: Random, name: str, channel: str) -> dict[str, object]:
    """A log that rotates soon, or none."""
    return {
        f"{channel}_logfile": f"/var/log/{name}.{channel}" if rng.random() < 0.7 else "NONE",
        f"{channel}_logfile_maxbytes": _one(rng, (100, 600, 5_000)),
        f"{channel}_logfile_backups": int(rng.random() * 3),
    }


def _one(rng: Random, choices: tuple[Any, ...]) -> Any:
    return choices[int(rng.random() * len(choices))]
