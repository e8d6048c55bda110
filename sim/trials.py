"""Trials in forked children: one module of ours as if its source were another, and what an attempt there says.

No file is touched: the changed source is compiled when the child imports it, which it does anew with everything of ours. A child
is the leader of a session, and whatever it leaves behind in its group ends with it.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import resource
import select
import signal
import sys
import time

from sim import isolation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from types import CodeType, ModuleType
    from typing import Any, NoReturn

PATIENCE_S = 60
"""An attempt that takes longer hangs, which nobody fails to notice."""
MOST_BYTES = 2 << 30
"""Address space of an attempt: a mistake that piles things up for ever is to be noticed before the machine does."""
OURS = ("initd", "sim", "tests")


def warm_up() -> None:
    """Import what every child needs and no mutant is of."""
    import xmlrpc.client  # noqa: F401

    import hypothesis.stateful  # noqa: F401
    import pytest  # noqa: F401


def be_patient() -> None:
    """The attempt has PATIENCE_S from here on: a test with a time limit of its own has taken the one before away."""
    signal.alarm(PATIENCE_S)


def plant(module: str, source: str, path: Path) -> None:
    """From now on that module is this source, and nothing of ours has been imported yet."""
    sys.dont_write_bytecode = True
    for name in [name for name in sys.modules if name.partition(".")[0] in OURS]:
        del sys.modules[name]
    sys.meta_path.insert(0, _Finder(module, source, str(path)))


def plant_all(changes: Sequence[tuple[str, str, str]], root: Path) -> None:
    """As `plant`, for changes of a text in a file, which is there exactly once; ValueError where it is not."""
    sources: dict[str, str] = {}
    for file, old, new in changes:
        text = sources.get(file) or (root / file).read_text()
        if text.count(old) != 1:
            raise ValueError(f"{old!r} is in {file} {text.count(old)} times")
        sources[file] = text.replace(old, new)
    for file, source in sources.items():
        plant(file.removesuffix(".py").replace("/", "."), source, root / file)


class _Finder(importlib.machinery.PathFinder):
    """Finds one module, changed."""

    def __init__(self, module: str, source: str, path: str) -> None:
        self._module, self._source, self._path = module, source, path

    def find_spec(self, name: str, path: Any = None, target: ModuleType | None = None) -> Any:  # type: ignore[override]
        if name != self._module:
            return None
        return importlib.util.spec_from_file_location(name, self._path, loader=_Loader(name, self._path, self._source))


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, name: str, path: str, source: str) -> None:
        super().__init__(name, path)
        self._changed = source

    def get_code(self, fullname: str) -> CodeType:
        return compile(self._changed, self.path, "exec", dont_inherit=True)


def in_children(
    tries: Sequence[tuple[Any, Callable[[], str]]], jobs: int, patience_s: int = 0, isolated: bool = False
) -> Iterator[tuple[Any, str, float]]:
    """What each of these says in a child of its own, with its key and how long it took; in the order of their ends.

    `patience_s` is for all of an attempt, PATIENCE_S if that is 0. `isolated` ones have namespaces of their own (sim.isolation).
    """
    waiting = list(reversed(tries))
    running: dict[int, tuple[int, Any, int, float]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                key, attempt = waiting.pop()
                ours, theirs = os.pipe()
                pid = os.fork()
                if not pid:
                    _child(attempt, theirs, patience_s or PATIENCE_S, isolated)
                os.close(theirs)
                running[os.pidfd_open(pid)] = pid, key, ours, time.perf_counter()
            watch = select.poll()
            for pidfd in running:
                watch.register(pidfd, select.POLLIN)
            ended = watch.poll()[0][0]
            _, key, _, began = running[ended]
            yield key, _outcome(ended, *running.pop(ended)), time.perf_counter() - began
    finally:
        for pidfd, (pid, key, ours, began) in running.items():
            os.kill(pid, signal.SIGKILL)
            _outcome(pidfd, pid, key, ours, began)


def _outcome(pidfd: int, pid: int, _key: Any, ours: int, _began: float) -> str:
    """What a child has said that has ended, or is about to; nothing of its group is left."""
    os.close(pidfd)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    try:
        os.killpg(pid, signal.SIGKILL)  # the number is its own until it is reaped
    except ProcessLookupError:
        pass  # it never got as far as to lead one
    status = os.waitpid(pid, 0)[1]
    os.set_blocking(ours, False)
    try:
        said = os.read(ours, 65536).decode()  # a pipe holds it all
    except BlockingIOError:
        said = ""  # somebody else still has the other end
    os.close(ours)
    if not status:
        return said
    return "hang" if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM else f"breakdown {said}"


def _child(attempt: Callable[[], str], answer: int, patience_s: int, isolated: bool) -> NoReturn:
    """Says into the pipe what the attempt says; what it prints goes nowhere. A pipe holds more than a page."""
    status = 1
    try:
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(nothing, fd)
        os.close(nothing)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(patience_s)
        if isolated:
            isolation.enter()
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, hard))
        try:
            os.write(answer, attempt().encode()[:60000])
            status = 0
        except BaseException as error:  # an import that fails, say
            os.write(answer, repr(error).replace("\n", " ").encode()[:1000])
    finally:
        os._exit(status)
