"""The language of client scenarios, and how one is played: steps against a daemon, a transcript out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.conformance import stock
from tests.conformance.ctl_client import Client

DAEMONS = {"supervisord": stock.STOCK, "initd": stock.OURS}


class Run(NamedTuple):
    """One client call with `words`; `{dir}` in them is the daemon's folder, `{port}` its port.

    `look` is what of it must agree: `all`, `first` (line and exit code),
    `sorted` (lines, and whether it failed: processes finish in any order, and the last failure counts) or `code`. With
    `until` the client is interrupted once that text has appeared, and what it prints afterwards is its own business.
    Without `-c` or `-s` in `words` the daemon's configuration file is used. `nobody` makes the call, if root can.
    """

    words: Sequence[str]
    look: str = "all"
    stdin: str = ""
    until: str = ""
    env: Sequence[tuple[str, str]] = ()
    nobody: bool = False


class Wait(NamedTuple):
    """Wait until a process is in one of these states."""

    name: str
    states: Sequence[str]


class WaitForFile(NamedTuple):
    """Wait until a file in the folder has at least so many bytes."""

    name: str
    size: int


class Edit(NamedTuple):
    """Replace a text in the configuration file; it must be there."""

    old: str
    new: str


class Touch(NamedTuple):
    """Create an empty file in the folder: programs wait for some."""

    name: str


class Lock(NamedTuple):
    """Take all permissions from a file in the folder."""

    name: str


class WaitForEnd(NamedTuple):
    """Wait until the daemon has ended."""


Step = Run | Wait | WaitForFile | Edit | Touch | Lock | WaitForEnd


class Scenario(NamedTuple):
    """What to do to a daemon with these programs; `frame` replaces the configuration around them."""

    programs: str
    steps: Sequence[Step]
    server: str = ""
    client: str = ""
    frame: str = stock.FRAME


def run(*lines: str, look: str = "all") -> list[Step]:
    """One client call a line."""
    return [Run(line.split(), look) for line in lines]


def play(scenario: Scenario, client: str, daemon: str, folder: Path) -> str:
    """Play a scenario on a fresh daemon; what the client printed and returned, normalised."""
    shown: list[str] = []
    start = stock.start(DAEMONS[daemon], folder, scenario.programs, scenario.server, scenario.client, scenario.frame)
    with start as running, Client(client, folder) as calling:
        for step in scenario.steps:
            if isinstance(step, Run):
                shown.append(_call(calling, step, running))
            else:
                _prepare(step, running)
    return "\n".join(shown)


def _prepare(step: Step, daemon: stock.Daemon) -> None:
    match step:
        case Wait(name, states):
            daemon.wait_for_state(name, *states)
        case WaitForFile(name, size):
            path = daemon.folder / name
            stock.until(f"{name} has {size} bytes", lambda: path.exists() and path.stat().st_size >= size)
        case Edit(old, new):
            text = daemon.config.read_text()
            assert old in text, old
            daemon.config.write_text(text.replace(old, new))
        case Touch(name):
            (daemon.folder / name).touch()
        case Lock(name):
            (daemon.folder / name).chmod(0)
        case WaitForEnd():
            stock.until("the daemon ends", lambda: daemon.process.poll() is not None)


def _call(client: Client, step: Run, daemon: stock.Daemon) -> str:
    words = [word.replace("{dir}", str(daemon.folder)).replace("{port}", str(daemon.port)) for word in step.words]
    if not {"-c", "-s"} & set(words[:2]):
        words = ["-c", str(daemon.config), *words]
    if step.until:
        ended = client.interrupt(words, step.stdin, step.until)
    elif step.env:
        ended = client.call_alone(words, step.stdin, dict(step.env))
    else:
        ended = client.call(words, step.stdin, step.nobody)
    out, err = (text.decode(errors="backslashreplace") for text in (ended.out, ended.err))
    return _transcript(step, out, err, ended.code, daemon)


_MASKS = (
    (re.compile(r"pid \d+"), "pid <n>"),
    (re.compile(r"uptime \d+:\d\d:\d\d"), "uptime <t>"),
    (re.compile(r"(^|(?<=> ))\d{2,}$", re.MULTILINE), "<pid>"),
    (re.compile(r"[A-Z][a-z]{2} \d\d \d\d:\d\d [AP]M"), "<date>"),
    (re.compile(r"file: \S+ line: \d+"), "file: <f> line: <l>"),
    (re.compile(r"For help, use .* -h"), "For help, use <me> -h"),
)


def _transcript(step: Run, out: str, err: str, code: int, daemon: stock.Daemon) -> str:
    if step.until:
        out, err = out[: out.index(step.until) + len(step.until)] + "\n", ""
    if step.look == "code":
        out, err = "", ""
    elif step.look == "first":
        out = out.partition("\n")[0] + "\n"
    elif step.look == "sorted":
        out, code = "".join(sorted(out.splitlines(keepends=True))), bool(code)
    # our errors add where and how to mend it (D22), indented between the two lines of theirs
    err = "".join(line for line in err.splitlines(keepends=True) if not line.startswith("  "))
    return f"$ {' '.join(step.words)}\n{normal(out, daemon)}{'! ' if err else ''}{normal(err, daemon)}= {code}\n"


def normal(text: str, daemon: stock.Daemon) -> str:
    """What a client printed, without what cannot be the same twice."""
    text = text.replace(str(daemon.folder), "<dir>")
    if daemon.port:
        text = text.replace(str(daemon.port), "<port>")
    for mask, instead in _MASKS:
        text = mask.sub(instead, text)
    return text
