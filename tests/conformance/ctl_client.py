"""The two clients, as processes in a daemon's folder: one call, many calls cheaply, and a call that Ctrl-C ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from initd.control.client.session import VERBS
from tests.conformance import stock

CLIENTS = {"supervisorctl": "supervisor.supervisorctl", "initctl": "initd.control.client"}
# what initctl loads only when it is needed, and what cannot be loaded any more by nobody
PRELOADED = ["urllib.parse", *[f"initd.control.client.{name}" for name in ("settings", *sorted(set(VERBS.values())))]]
RUNNER = Path(__file__).with_name("ctl_runner.py")


def command(client: str) -> list[str]:
    """The command line of a client, without its words."""
    return [sys.executable, "-m", CLIENTS[client]]


class Ended(NamedTuple):
    """What a call printed, and its exit code."""

    out: bytes
    err: bytes
    code: int


class Client:
    """A client in a folder; a context manager, since it keeps a process for its calls."""

    def __init__(self, name: str, folder: Path, environ: Mapping[str, str] | None = None) -> None:
        self._name, self._folder = name, folder
        self._streams = [folder / f"client.{stream}" for stream in ("in", "out", "err")]
        self._runner = subprocess.Popen(
            [sys.executable, str(RUNNER), CLIENTS[name], *(PRELOADED if name == "initctl" else ())],
            cwd=folder,
            env=stock.environment() | dict(environ or {}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            process_group=0,
        )

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._kill()
        self._runner.communicate()

    def _kill(self) -> None:
        os.killpg(self._runner.pid, signal.SIGKILL)

    def call(self, words: Sequence[str], stdin: str, nobody: bool = False) -> Ended:
        """One call in a process forked from one that has loaded the client."""
        assert self._runner.stdin and self._runner.stdout
        for path, text in zip(self._streams, (stdin, "", ""), strict=True):
            path.write_text(text)
        request = {"words": list(words), "streams": [str(path) for path in self._streams], "nobody": nobody}
        self._runner.stdin.write(json.dumps(request) + "\n")
        self._runner.stdin.flush()
        impatience = threading.Timer(stock.PATIENCE_S, self._kill)
        impatience.start()
        code = self._runner.stdout.readline()
        impatience.cancel()
        assert code, f"{words}: has not ended: {self._streams[1].read_bytes()!r}"
        return Ended(self._streams[1].read_bytes(), self._streams[2].read_bytes(), int(code))

    def call_alone(self, words: Sequence[str], stdin: str, environ: Mapping[str, str]) -> Ended:
        """One call in a process of its own, with some variables more."""
        process = self._start(words, environ)
        return Ended(*process.communicate(stdin.encode(), timeout=stock.PATIENCE_S), process.returncode)

    def interrupt(self, words: Sequence[str], stdin: str, until: str) -> Ended:
        """One call that gets Ctrl-C once it has printed a certain text."""
        process = self._start(words, {"PYTHONUNBUFFERED": "1"})
        assert process.stdin and process.stdout
        impatience = threading.Timer(stock.PATIENCE_S, process.kill)
        impatience.start()
        out = b""
        try:
            process.stdin.write(stdin.encode())
            process.stdin.flush()
            while until.encode() not in out:
                piece = os.read(process.stdout.fileno(), 65536)
                assert piece, f"{words}: ended before {until!r}: {out!r}"
                out += piece
            process.send_signal(signal.SIGINT)
            rest, err = process.communicate()
            return Ended(out + rest, err, process.returncode)
        finally:
            impatience.cancel()
            process.kill()
            process.wait()

    def _start(self, words: Sequence[str], environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*command(self._name), *words],
            cwd=self._folder,
            env=stock.environment() | dict(environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
