"""What the options of several commands mean: times, ranges of seeds, numbers, and how a scenario is played and judged."""

from __future__ import annotations

import argparse

from initd.errors import InitdError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.scenario import Scenario
    from sim.trace import Trace

    Judged = Callable[[Scenario], tuple[Trace, list[str]]]

SECOND_NS = 1_000_000_000
STAGES = ("core", "daemon")


class UsageError(InitdError):
    """What was asked for cannot be done; the text says why, and what can."""


def seeds(text: str) -> range:
    """`A:B` as a range."""
    first, colon, last = text.partition(":")
    if not colon or not _is_number(first) or not _is_number(last) or int(first) >= int(last):
        raise argparse.ArgumentTypeError(f"expected A:B with A below B, e.g. 0:1000; found {text!r}")
    return range(int(first), int(last))


def count(text: str) -> int:
    """A whole number from 1."""
    if not _is_number(text) or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, found {text!r}")
    return int(text)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18


def duration(text: str) -> int:
    """A time such as `60s` in nanoseconds."""
    from sim.children.behaviours import UNITS_S

    unit = text.lstrip("0123456789.")
    number = text[: len(text) - len(unit)]
    if unit not in UNITS_S or not number or number.count(".") > 1 or number == ".":
        raise argparse.ArgumentTypeError(f"expected a time such as 60s, 1.5m or 2h, found {text!r}")
    return round(float(number) * UNITS_S[unit] * SECOND_NS)


def seconds(text: str) -> float:
    """A time such as `60s` in seconds."""
    return duration(text) / SECOND_NS


def add_judges(parser: argparse.ArgumentParser) -> None:
    """The options that say who plays a scenario and who judges its story."""
    parser.add_argument("--stage", choices=STAGES, help="the core alone, or the whole daemon (core)")
    parser.add_argument(
        "--model", action=argparse.BooleanOptionalAction, help="compare every story with the reference model's (it does)"
    )
    parser.add_argument("--oracle", action="store_true", help="compare every story with supervisor 4.3.0's as well")


def add_junit(parser: argparse.ArgumentParser) -> None:
    """The option for the file that CI reads."""
    parser.add_argument("--junit", metavar="FILE", help="write what came of it as JUnit XML there")


def replay_words(arguments: argparse.Namespace) -> str:
    """Those options again, for the command that replays what they have found."""
    words = [f"--stage {arguments.stage}"] if arguments.stage not in (None, "core") else []
    words += ["--no-model"] if arguments.model is False else []
    words += ["--oracle"] if arguments.oracle else []
    return "".join(f" {word}" for word in words)


def judged(arguments: argparse.Namespace) -> Judged:
    """What plays and judges a scenario as those options say: its story, and every reason why it does not pass."""
    from sim.judges import check, reference_model, stage_of, the_register

    tell = None if arguments.model is False else reference_model()
    register = the_register() if arguments.oracle else None
    play = stage_of(arguments.stage or "core")

    def judge(scenario: Scenario) -> tuple[Trace, list[str]]:
        try:
            return check(scenario, play, tell, True, register)[:2]
        except Exception as error:  # who cannot judge has not passed anything
            return [], [f"judge unknown: {error!r}"]

    return judge
