"""Hypothesis strategies for scenarios: small ones, whose times shrink towards nothing and towards each other."""

from __future__ import annotations

from hypothesis import strategies as st

from sim.scenario import SECOND_NS, TICK_NS, Group, Kind, Life, Op, Program, Scenario

SIGNALS = st.sampled_from([15, 1, 2, 3, 9, 10])
beside = st.sampled_from([0, 0, 0, 1, -1, 2])
instants = st.builds(
    lambda seconds, ticks, ns: max(0, seconds * SECOND_NS + ticks * TICK_NS + ns),
    st.integers(0, 12), st.sampled_from([0, 0, 128, 256, 300]), beside,
)  # fmt: skip
spans = st.builds(lambda seconds, ns: max(0, seconds * SECOND_NS // 2 + ns), st.integers(0, 8), beside)
lives = st.one_of(
    st.just(Life()),
    st.builds(Life, spans, st.integers(0, 2)),
    st.builds(Life, spans, st.sampled_from([-9, -11, -15])),
    st.builds(Life, st.none() | spans, st.integers(0, 1), spans, st.none() | st.integers(0, 2)),
    st.builds(Life, st.none() | spans, st.just(0), st.none(), st.none(), st.just(0) | spans | st.just(90 * SECOND_NS)),
    st.builds(Life, refused=st.sampled_from(["EAGAIN", "ENOMEM"])),
)


@st.composite
def programs(draw, name):
    """One program of that name."""
    stopasgroup = draw(st.booleans())
    return Program(
        name,
        tuple(draw(st.lists(lives, min_size=1, max_size=3))),
        draw(st.integers(0, 2)),
        draw(st.booleans()) or draw(st.booleans()),
        draw(st.integers(0, 3)),
        draw(st.integers(0, 3)),
        draw(st.sampled_from(["unexpected", "true", "false"])),
        tuple(draw(st.lists(st.integers(0, 2), max_size=2))),
        draw(SIGNALS),
        draw(st.integers(1, 3) | st.just(0)),
        stopasgroup,
        stopasgroup or draw(st.booleans()),
    )


@st.composite
def operations(draw, targets):
    """One operation on one of these programs."""
    kind = draw(st.sampled_from(Kind))
    argument = 0
    if kind in (Kind.SIGNAL, Kind.OUTSIDER):
        argument = draw(SIGNALS)
    elif kind is Kind.REFUSE:
        argument = draw(st.sampled_from([1, 3]))
    elif kind is Kind.WALL:
        argument = draw(st.integers(-3600, 3600)) * SECOND_NS
    target = "" if kind in (Kind.WALL, Kind.SHUTDOWN) else draw(st.sampled_from(targets))
    return Op(draw(instants), kind, target, argument)


@st.composite
def scenarios(draw):
    """One to three groups of one or two programs, up to six operations, 25 seconds."""
    groups = []
    for name in "gh"[: draw(st.integers(1, 2))]:
        members = tuple(draw(programs(each)) for each in "pq"[: draw(st.integers(1, 2))])
        groups.append(Group(name, members, draw(st.integers(0, 2))))
    targets = [f"{group.name}:{program.name}" for group in groups for program in group.programs]
    ops = draw(st.lists(operations(targets), max_size=6))
    return Scenario(tuple(groups), tuple(sorted(ops, key=lambda op: op.time_ns)), 25 * SECOND_NS)
