"""Why are programs in the state they are in? Calls that supervisord has not, in a namespace of their own: `initd.*`."""

from __future__ import annotations

from initd.control.rpc_names import find_group, find_process, split_name
from initd.control.rpc_table import signature
from initd.control.steps import off_loop
from initd.explain.evidence import gather
from initd.explain.reasons import diagnose
from initd.states import ProcessState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from initd.control.daemon import ProcessView
    from initd.control.rpc import Method, Rpc
    from initd.control.steps import Steps
    from initd.explain.facts import Facts
    from initd.kernel.port import Files

ALL = "all"
TROUBLES = (ProcessState.BACKOFF, ProcessState.FATAL)
LANE = "explain"
MOST = 100
"""So many programs in trouble are looked at for one table."""


def explain(rpc: Rpc, name: Any) -> Steps:
    """For each process of that name, of `group:*` or of `all`: group, name, statename, short, lines; BAD_NAME."""
    return _explained(rpc, _views(rpc, name))


def troubles(rpc: Rpc) -> Steps:
    """The same for every process that is in BACKOFF or FATAL, MOST at most."""
    views = [each for group in rpc.daemon.groups() for each in group.processes if each.state in TROUBLES]
    return _explained(rpc, views[:MOST])


def _views(rpc: Rpc, name: Any) -> list[ProcessView]:
    if name == ALL:
        return [process for group in rpc.daemon.groups() for process in group.processes]
    group, process = split_name(name)
    return list(find_group(rpc.daemon, group, name).processes) if process is None else [find_process(rpc.daemon, name)]


def _explained(rpc: Rpc, views: Sequence[ProcessView]) -> Steps:
    known = [(view, facts) for view in views if (facts := rpc.daemon.facts(view.instance)) is not None]

    def operation(files: Files) -> list[tuple[str, tuple[str, ...]]]:
        return _diagnosed(files, [facts for _, facts in known])

    found = yield off_loop(rpc.daemon.loop, LANE, operation)
    return [
        {
            "name": facts.process,
            "group": facts.group,
            "statename": facts.state.name,
            "short": short,
            "lines": list(lines),
        }
        for (_, facts), (short, lines) in zip(known, found, strict=True)
    ]


def _diagnosed(files: Files, asked: Sequence[Facts]) -> list[tuple[str, tuple[str, ...]]]:
    found = (diagnose(facts, evidence) for facts, evidence in zip(asked, gather(files, asked), strict=True))
    return [(each.short, each.lines) for each in found]


METHODS: dict[str, Method] = {"explain": explain, "troubles": troubles}
SIGNATURES = {"explain": signature("array string"), "troubles": signature("array")}
