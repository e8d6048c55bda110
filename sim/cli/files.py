"""The files a command is given and those it writes: scenarios, sieges, recordings. What is wrong with one is one UsageError."""

from __future__ import annotations

import json
import os
import tempfile

from sim.cli.options import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.broadcast import Broadcast
    from sim.scenario import Scenario
    from sim.stage.classics import Case
    from sim.stage.siege import Siege

FOLDER = ".initd-sim"
"""Where failures are written unless told otherwise, in the current directory."""
MOST_BYTES = 50_000_000


def text_of(path: str) -> str:
    """The text of that file."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise UsageError(f"no scenario in {path}: {error}") from None
    if len(text) > MOST_BYTES:
        raise UsageError(f"no scenario in {path}: it is larger than {MOST_BYTES:,} bytes")
    return text


def scenario_of(path: str) -> Scenario:
    """The scenario in that file."""
    from sim.soundness import scenario_in

    text = text_of(path)
    try:
        return scenario_in(text)
    except ValueError as error:
        what = f"it is a siege, for `initd-sim replay`: {error}" if _is_siege(text) else error
        raise UsageError(f"no scenario in {path}: {what}") from None


def case_of(path: str) -> Case | None:
    """The case of the six bugs in that file (`sim.stage.classics`); None where it holds something else."""
    text = text_of(path)
    if not _has(text, "bug"):
        return None
    from sim.stage import classics

    try:
        return classics.from_json(text)
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"no case in {path}: {error}") from None


def broadcast_of(path: str) -> Broadcast | None:
    """The broadcast in that file (`sim.broadcast`); None where it holds something else."""
    text = text_of(path)
    if not _has(text, "broadcast"):
        return None
    from sim import broadcast

    try:
        return broadcast.from_json(text)
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"no broadcast in {path}: {error}") from None


def siege_of(path: str) -> Siege | None:
    """The siege in that file (`sim.stage.sieges`); None where it holds something else."""
    text = text_of(path)
    if not _is_siege(text):
        return None
    from sim.children.behaviours import BehaviourError
    from sim.nemesis import EVERY
    from sim.stage import sieges
    from sim.stage.siege import behaviour_of

    try:
        siege = sieges.from_json(text)
        for name, options, what in (*siege.programs, *siege.listeners):
            if not all(isinstance(each, str) for each in (name, options)):
                raise ValueError(f"{name!r} is no program")
            behaviour_of(what)
        for nemesis in siege.nemeses:
            if nemesis not in EVERY:
                raise ValueError(f"there is no nemesis {nemesis!r}")
        if type(siege.seed) is not int or type(siege.pid) is not int or not 0 < siege.pid < 2**22:
            raise ValueError("seed and pid are numbers")
        if not siege.programs:
            raise ValueError("it has no program")
    except (ValueError, KeyError, TypeError, AttributeError, BehaviourError) as error:
        raise UsageError(f"no siege in {path}: {error}") from None
    return siege


def _is_siege(text: str) -> bool:
    return _has(text, "siege")


def _has(text: str, key: str) -> bool:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(data, dict) and key in data


def write(path: str, text: str) -> None:
    """Write that file, and the folder it lies in."""
    try:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None


class Folder:
    """Where failures are written: the given directory, else FOLDER here, else one of its own where this one is read-only."""

    def __init__(self, given: str | None) -> None:
        self._path = given or FOLDER
        self._given = given is not None

    def write(self, name: str, text: str) -> str:
        """Write a file there; its path."""
        path = os.path.join(self._path, name)
        try:
            write(path, text)
        except UsageError:
            if self._given:
                raise
            self._path, self._given = tempfile.mkdtemp(prefix="initd-sim-"), True
            return self.write(name, text)
        return path
