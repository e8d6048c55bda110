"""Short ways to write scenarios down, and stories: one line an instant, `seconds+nanoseconds: entry, entry`."""

from __future__ import annotations

from sim.model import Story, tell
from sim.scenario import SECOND_NS, Group, Kind, Life, Op, Program, Scenario

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.trace import Trace

MILLISECOND_NS = 1_000_000


def ns(seconds: float) -> int:
    """Nanoseconds, for times that are whole milliseconds."""
    return round(seconds * 1000) * MILLISECOND_NS


def life(seconds: float | None = None, status: int = 0, stop: float | None = 0, kill: float = 0, **more) -> Life:
    return Life(
        ends_ns=None if seconds is None else ns(seconds),
        status=status,
        stop_ns=None if stop is None else ns(stop),
        kill_ns=ns(kill),
        **more,
    )


REFUSED = Life(refused="EAGAIN")
STUBBORN = life(stop=None)
UNKILLABLE = life(stop=None, kill=10_000)


def op(seconds: float, what: str, target: str = "g:a", argument: int = 0) -> Op:
    return Op(ns(seconds), Kind(what), target, argument)


def program(*lives: Life, name: str = "a", **options) -> Program:
    return Program(name, lives or (Life(),), **options)


def story(*programs: Program | Group, ops: tuple[Op, ...] = (), until: float = 60) -> Story:
    """The story of those groups, bare programs together in a first group `g`."""
    groups = [each for each in programs if isinstance(each, Group)]
    bare = tuple(each for each in programs if isinstance(each, Program))
    if bare:
        groups.insert(0, Group("g", bare))
    return tell(Scenario(tuple(groups), ops, ns(until)))


def sketch(trace: Trace) -> list[str]:
    """The story line by line, an instant each."""
    found: list[tuple[int, list[str]]] = []
    for time_ns, _, what, detail in trace:
        text = detail if what == "state" else f"{what} {detail}"
        if found and found[-1][0] == time_ns:
            found[-1][1].append(text)
        else:
            found.append((time_ns, [text]))
    return [f"{_when(time_ns)}: {', '.join(texts)}" for time_ns, texts in found]


def of(one: Program, *ops: Op, until: float = 60) -> list[str]:
    """The story of one program as lines."""
    return sketch(story(one, ops=ops, until=until).trace)


def _when(time_ns: int) -> str:
    rest = (time_ns + MILLISECOND_NS // 2) % MILLISECOND_NS - MILLISECOND_NS // 2
    return f"{(time_ns - rest) / SECOND_NS:g}{rest:+d}" if rest else f"{time_ns / SECOND_NS:g}"
