"""What stock supervisord 4.3.0 answered, written down once, so that most runs need not start it.

A suite's answers are in tests/golden/stock/<suite>.json, each under the hash of its scenario: of everything written in it, of
the functions it holds, and of the text of the driver that plays it. Whoever changes one of these has no answer to compare
with until `python -m tests.conformance.record` has asked stock again; .ci/long asks for all of them and fails on a difference.
The answers are root's: another user's runs ask stock live.
"""

from __future__ import annotations

import enum
import hashlib
import inspect
import json
import os
import re
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "tests" / "golden" / "stock"
JUDGE = "supervisor 4.3.0"
HOWTO = "stock has not been asked this: python -m tests.conformance.record"
MUCH = 10_000
"""So many bytes of a file are written down as what they begin with, their number and their hash."""
JOBS = 20
"""How many scenarios stock plays at a time: it mostly waits."""


class Suite(NamedTuple):
    """Scenarios by name, the modules that play them (beside this one), and how: `play(names)` is stock's plain answers."""

    name: str
    scenarios: Mapping[str, Any]
    driver: Sequence[str]
    play: Callable[[Sequence[str]], Mapping[str, Any]]

    @property
    def path(self) -> Path:
        return FOLDER / f"{self.name}.json"

    def keys(self) -> dict[str, str]:
        """The hash of every scenario, by name."""
        driver = [(ROOT / "tests" / "conformance" / f"{module}.py").read_text() for module in self.driver]
        frame = "\n".join([JUDGE, *driver])
        texts = {name: described(scenario) for name, scenario in self.scenarios.items()}
        return {name: digest(frame + text.replace(sys.executable, "PYTHON")) for name, text in texts.items()}

    def written(self) -> dict[str, Any]:
        """The file, or nothing."""
        found: dict[str, Any] = json.loads(self.path.read_text()) if self.path.exists() else {}
        return found

    def recorded(self) -> dict[str, Any]:
        """Stock's answers by the name of the scenario; those whose hash is not in the file are missing."""
        found = self.written()
        return {name: found[key]["answer"] for name, key in self.keys().items() if key in found}

    def answers(self, names: Sequence[str]) -> Mapping[str, Any]:
        """Stock's answers to these scenarios: recorded, or live where the recorded ones are another user's."""
        return self.recorded() if os.geteuid() == 0 else self.play(names)

    def record(self, answers: Mapping[str, Any]) -> None:
        """Write these answers down, keep the valid ones of other scenarios, and drop the rest."""
        found = self.recorded() | plain(answers)
        rows = {key: {"scenario": name, "answer": found[name]} for name, key in self.keys().items() if name in found}
        FOLDER.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(dict(sorted(rows.items())), indent=1, sort_keys=True) + "\n")


def stale(suite: Suite) -> list[str]:
    """What does not fit in a suite's file: scenarios without an answer, and answers without a scenario."""
    found, keys = suite.written(), suite.keys()
    missing = [f"{name}: no answer of stock to it as it is now" for name, key in keys.items() if key not in found]
    left = [f"{row['scenario']}: an answer to what it was" for key, row in found.items() if key not in keys.values()]
    return missing + left


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def plain(value: Any) -> Any:
    """The value as JSON can say it; what is compared is this."""
    if isinstance(value, Mapping):
        if all(isinstance(key, str) for key in value):
            return {key: plain(item) for key, item in value.items()}
        return [[plain(key), plain(item)] for key, item in value.items()]
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted(plain(item) for item in value)
    if isinstance(value, bytes):
        text = value.decode("latin-1")
        return {"bytes": text if len(text) < MUCH else f"{text[:99]} and so on, {len(text)} in all, {digest(text)}"}
    assert value is None or isinstance(value, (str, int, float)), repr(value)
    return value


def described(value: Any) -> str:
    """One text for one value in every process; functions by their source, what they hold and what they call of ours."""
    return "\n".join(_described(value, set()))


def _described(value: Any, seen: set[CodeType]) -> Iterator[str]:
    if isinstance(value, FunctionType):
        if value.__code__ not in seen:
            yield from _function(value, seen | {value.__code__})
    elif is_dataclass(value) or hasattr(value, "_asdict"):
        names = value._fields if hasattr(value, "_asdict") else [field.name for field in fields(value)]
        yield type(value).__name__
        for name in names:
            if name not in ("differs",):  # about our answer, not about stock's
                yield from (name, *_described(getattr(value, name), seen))
    elif isinstance(value, Mapping):
        yield from ("{", *(line for item in value.items() for each in item for line in _described(each, seen)), "}")
    elif isinstance(value, (list, tuple)):
        yield from ("(", *(line for each in value for line in _described(each, seen)), ")")
    elif isinstance(value, (set, frozenset)):
        yield from _described(sorted(value), seen)
    elif isinstance(value, re.Pattern):
        yield repr(value.pattern)
    elif isinstance(value, enum.Enum):
        yield str(value.value)
    elif value is None or isinstance(value, (str, bytes, int, float)):
        yield repr(value)
    else:
        raise TypeError(f"cannot be hashed: {value!r}")


def _function(function: FunctionType, seen: set[CodeType]) -> Iterator[str]:
    yield _source(function.__code__)
    yield from _described(
        [*(function.__defaults__ or ()), *(cell.cell_contents for cell in function.__closure__ or ())], seen
    )
    used = (function.__globals__.get(name) for name in sorted(_names(function.__code__)))
    for value in used:
        ours = isinstance(value, FunctionType) and value.__module__.startswith("tests.")
        if ours or isinstance(value, (str, int, tuple, re.Pattern)):
            yield from _described(value, seen)


@cache
def _source(code: CodeType) -> str:
    return textwrap.dedent(inspect.getsource(code))


def _names(code: CodeType) -> set[str]:
    inner = (_names(each) for each in code.co_consts if isinstance(each, CodeType))
    return set(code.co_names).union(*inner)
