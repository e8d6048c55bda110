"""The table of programs: one row a process, as supervisord's page shows it, under a row for each group of several (§5.9).

State, description, name and the actions that make sense in that state; names, classes and parameters are supervisord's.
"""

from __future__ import annotations

from initd.control.describe import description
from initd.control.rpc_names import join_name
from initd.control.times import SECOND_NS
from initd.control.web.markup import Safe, Template, joined, quote
from initd.states import ProcessState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from initd.control.daemon import Daemon, GroupView, ProcessView
    from initd.kernel.port import Kernel

_CLASSES = {
    ProcessState.RUNNING: "statusrunning",
    ProcessState.FATAL: "statuserror",
    ProcessState.BACKOFF: "statuserror",
}
_ACTIONS = {
    ProcessState.RUNNING: (("restart", "Restart"), ("stop", "Stop")),
    ProcessState.STOPPED: (("start", "Start"),),
    ProcessState.EXITED: (("start", "Start"),),
    ProcessState.FATAL: (("start", "Start"),),
    ProcessState.STARTING: (("stop", "Stop"),),
    ProcessState.BACKOFF: (("stop", "Stop"),),
}
"""As there, and Stop for what is still trying."""
_GROUP_ACTIONS = (("startgroup", "Start group"), ("restartgroup", "Restart group"), ("stopgroup", "Stop group"))

_ROW = Template(
    '<tr id="p{instance}" class="program" tabindex="-1" data-name="{name}" data-state="{state}" data-group="{group}">'
    '<td class="status"><span class="{css}">{state}</span></td>'
    '<td class="desc"><span{since}>{description}</span></td>'
    '<td class="name"><a href="tail.html?processname={quoted}">{name}</a></td>'
    '<td class="action"><form action="index.html" method="post"><input type="hidden" name="token" value="{token}">'
    '<input type="hidden" name="processname" value="{name}">{buttons}</form>'
    '<span class="logs"><a href="logtail/{quoted}">Tail -f Stdout</a> '
    '<a href="logtail/{quoted}/stderr">Tail -f Stderr</a></span></td></tr>'
)
_GROUP = Template(
    '<tr id="g{instance}" class="group" data-group="{name}"><th scope="rowgroup" colspan="3">{name} '
    '<span class="count">{running} of {count} running</span></th>'
    '<td class="action"><form action="index.html" method="post"><input type="hidden" name="token" value="{token}">'
    '<input type="hidden" name="groupname" value="{name}">{buttons}</form></td></tr>'
)
_BUTTON = Template('<button name="action" value="{action}">{label}</button> ')
_SINCE = Template(' data-since="{seconds}" data-pid="{pid}"')


def _buttons(actions: Sequence[tuple[str, str]]) -> Safe:
    return joined(_BUTTON(action=action, label=label) for action, label in actions)


_CLEAR = ("clearlog", "Clear Log")
_BUTTONS = {state: _buttons((*_ACTIONS.get(state, ()), _CLEAR)) for state in ProcessState}
_GROUP_BUTTONS = _buttons(_GROUP_ACTIONS)


def row(kernel: Kernel, process: ProcessView, token: str) -> Safe:
    """One process."""
    name, state = join_name(process.group, process.name), process.state
    since = Safe("")
    if state is ProcessState.RUNNING:
        since = _SINCE(seconds=process.up_since // SECOND_NS, pid=process.pid)
    return _ROW(
        instance=process.instance,
        name=name,
        group=process.group,
        quoted=quote(name),
        state=state.name.lower(),
        css=_CLASSES.get(state, "statusnominal"),
        description=description(kernel, process),
        since=since,
        token=token,
        buttons=_BUTTONS[state],
    )


def titled(group: GroupView) -> bool:
    """Whether a group has a row of its own: not when it is one process that is called the same."""
    return len(group.processes) > 1 or any(process.name != group.name for process in group.processes)


def group_row(group: GroupView, token: str) -> Safe:
    """The head of a group; its processes follow."""
    processes = group.processes
    return _GROUP(
        instance=processes[0].instance if processes else 0,
        name=group.name,
        running=sum(process.state is ProcessState.RUNNING for process in processes),
        count=len(processes),
        token=token,
        buttons=_GROUP_BUTTONS,
    )


def rows(daemon: Daemon, token: str, wanted: str) -> Iterator[Safe]:
    """Every row, sorted by group and name; with `wanted` only what has that in its name or state.

    What is removed meanwhile is left out.
    """
    wanted = wanted.casefold()
    for name in sorted(group.name for group in daemon.groups()):
        group = daemon.group(name)
        if group is None:
            continue
        shown = [process.name for process in group.processes if not wanted or _matches(process, wanted)]
        if shown and titled(group):
            yield group_row(group, token)
        for each in sorted(shown):
            process = daemon.process(name, each)
            if process is not None:
                yield row(daemon.loop.kernel, process, token)


def _matches(process: ProcessView, wanted: str) -> bool:
    return wanted in f"{join_name(process.group, process.name)} {process.state.name}".casefold()


def changed_rows(daemon: Daemon, instances: Sequence[int], token: str) -> Safe:
    """The rows of these processes as they are now, and those of their groups."""
    wanted = set(instances)
    kernel, pieces = daemon.loop.kernel, []
    for group in daemon.groups():
        processes = [process for process in group.processes if process.instance in wanted]
        if processes and titled(group):
            pieces.append(group_row(group, token))
        pieces += [row(kernel, process, token) for process in processes]
    return joined(pieces)


def summary(daemon: Daemon) -> str:
    """How many processes are in which state: `4 running, 1 fatal`."""
    counts: dict[ProcessState, int] = {}
    for group in daemon.groups():
        for process in group.processes:
            counts[process.state] = counts.get(process.state, 0) + 1
    order = sorted(counts, key=lambda state: (state is not ProcessState.RUNNING, state))
    return ", ".join(f"{counts[state]} {state.name.lower()}" for state in order)
