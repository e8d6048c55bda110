"""Random programs of port calls, and scripts for the children they start (sim/children/steps.py).

A child says `.` on its stderr once it has done what it does at once, and whenever a handler has run: so that the real
world, where that takes time, can be waited for. Nothing here sleeps: what takes time is compared by scenarios.
"""

from __future__ import annotations

from hypothesis import strategies as st

from initd.signals import SIGKILL

SIGN = ["write", "err", "."]
at = st.integers(0, 5)
sizes = st.sampled_from([0, 1, 100, 4095, 4096, 4097, 65535, 65536, 70000])
small = st.sampled_from([0, 1, 100, 5000])
caught_by_kids = st.sampled_from(["TERM", "HUP", "USR1"])
signals = st.sampled_from([0, 1, 10, 15, 18, 19, SIGKILL])
names = st.sampled_from(["a", "b", "c", "d", "d/a", "d/b", "a/x"])
sockets = st.sampled_from(["s", "t", "a", "d/s"])

ends = st.sampled_from([[["pause"]], [["read"]], [["copy"]], [["exit", 0]], [["exit", 3]], []])
handlers = st.sampled_from([[SIGN], [SIGN, ["exit", 4]], [["write", "out", 10], SIGN], [["default", "TERM"], SIGN]])
first = st.one_of(
    st.tuples(st.just("write"), st.sampled_from(["out", "err"]), st.sampled_from([1, 100, 5000])),
    st.tuples(st.just("ignore"), caught_by_kids),
    st.tuples(st.just("handle"), caught_by_kids, handlers),
    st.tuples(st.just("block"), caught_by_kids),
    st.tuples(st.just("raise"), st.sampled_from(["TERM", "HUP", "USR1", "STOP", "KILL"])),
    st.tuples(st.just("unblock"), caught_by_kids),
    st.tuples(st.just("setsid")),
    st.tuples(st.just("setpgid")),
    st.tuples(st.just("close"), st.sampled_from([0, 1])),
).map(list)
to_group = st.tuples(st.just("kill"), st.just("group"), caught_by_kids).map(list)
grandchildren = st.builds(
    lambda steps, end: ["fork", [*steps, SIGN, *end]],
    st.lists(st.sampled_from([["setsid"], ["close", 1], ["ignore", "TERM"], ["setpgid"]]), max_size=2),
    st.sampled_from([[["pause"]], [["exit", 5]], []]),
)
# A group that is signalled while it grows is a race in itself, so no script does both.
scripts = st.builds(
    lambda steps, end: [*steps, SIGN, *end],
    st.lists(st.one_of(first, grandchildren), max_size=4) | st.lists(st.one_of(first, to_group), max_size=4),
    ends,
)

processes = st.one_of(
    st.tuples(st.just("spawn"), scripts),
    st.tuples(st.just("kill"), at, signals),
    st.tuples(st.just("killpg"), at, signals),
    st.tuples(st.just("reap"), at),
    st.tuples(st.sampled_from(["peek", "reap-others", "signals"])),
    st.tuples(st.just("end-others"), signals),
)
streams = st.one_of(
    st.tuples(st.just("pipe")),
    st.tuples(st.just("write"), at, sizes),
    st.tuples(st.just("read"), at, sizes.filter(bool)),
    st.tuples(st.just("close"), at),
    st.tuples(st.just("watch"), at, st.integers(0, 3)),
    st.tuples(st.just("close-nothing")),
)
connections = st.one_of(
    st.tuples(st.sampled_from(["listen", "connect"]), sockets),
    st.tuples(st.sampled_from(["accept", "client-shutdown", "client-close"]), at),
    st.tuples(st.just("client-send"), at, small),
)
files = st.one_of(
    st.tuples(
        st.sampled_from(["open", "size", "unlink", "listdir", "stat", "executable", "read-file", "glob", "mkdir"]), names
    ),
    st.tuples(st.sampled_from(["rename", "link"]), names, names),
    st.tuples(st.just("write-file"), names, small),
    st.tuples(st.just("append"), at, small),
    st.tuples(st.sampled_from(["truncate", "close-log"]), at),
    st.tuples(st.just("same"), at, names),
    st.tuples(st.just("read-at"), names, small, small),
)


def programs(*calls: st.SearchStrategy[tuple[object, ...]]) -> st.SearchStrategy[list[list[object]]]:
    """Programs of calls of these kinds."""
    return st.lists(st.one_of(*calls).map(list), min_size=1, max_size=14)
