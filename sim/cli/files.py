"""The files a command is given: a scenario, a siege, a recording. Whatever is wrong with one is one UsageError."""

from __future__ import annotations

from sim.cli.options import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.scenario import Scenario


def scenario_of(path: str) -> Scenario:
    """The scenario in that file."""
    from sim.scenario import from_json

    try:
        with open(path, encoding="utf-8") as file:
            return from_json(file.read())
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"no scenario in {path}: {error}") from None


def is_siege(path: str) -> bool:
    """Whether that file looks like a siege (`sim.stage.sieges`)."""
    with open(path, encoding="utf-8", errors="replace") as file:
        return '"siege"' in file.read(200)
