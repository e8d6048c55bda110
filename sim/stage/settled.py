"""What must be so whenever the daemon has nothing left to do, and what must have come true after a while without trouble."""

from __future__ import annotations

from initd.states import ProcessState
from sim.kernel.sockets import Listener
from sim.stage.answers import untrue
from sim.stage.site import SECOND_NS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.stage.calls import Call
    from sim.stage.site import Site

UP = (ProcessState.RUNNING, ProcessState.STARTING, ProcessState.STOPPING)
BOUNDS_S = {ProcessState.STARTING: 3, ProcessState.BACKOFF: 5, ProcessState.STOPPING: 5}
"""How long each may last with startsecs, startretries and stopwaitsecs of 3 at most, and SIGKILL that works."""


def agree(site: Site) -> None:
    """R1, R5, S2: nobody is a zombie, and who is up has one child, who is down none."""
    living = [site.kernel.owners.get(pid) for pid in site.watch.living]
    if site.watch.zombies:
        site.tell("R1", f"{site.watch.zombies} are still zombies")
    ended = {process.pid for process in site.kernel.processes() if process.state == "Z"}
    left = sorted(ended & site.strangers & set(site.kernel.machine.daemon.children))
    if left:
        site.tell("R5", f"orphans {left} are still zombies")
    for name, state in site.states().items():
        lives = living.count(name)
        if state in UP:
            if lives != 1 and not (name in site.lost and lives):
                site.tell("S2", f"{name} is {state.name} and has {lives} children")
        elif state is not ProcessState.UNKNOWN and lives and name not in site.lost:
            site.tell("S2", f"{name} is {state.name} and has {lives} children")


def share(site: Site) -> None:
    """S2, R8: whoever lives has the socket of its program, and the daemon has one while somebody has, and no other."""
    kernel = site.kernel
    sharing = [each for each in site.simulation.session.driver.programs.values() if each.config.socket and each.running]
    for program in sharing:
        child = kernel.process(program.running.pid) if program.running is not None else None
        has = child.fds.get(0) if child is not None else None
        if has is not None and (not isinstance(has, Listener) or has.fd < 0):  # it may have closed it
            site.tell("S2", f"{program.group}:{program.config.name} lives without the socket the daemon has")
    needed = {(program.config.program, program.config.socket) for program in sharing}
    held = [each for each in kernel.machine.descriptors.entries.values() if isinstance(each, Listener) and each.blocking]
    if len(held) > len(needed):
        site.tell("R8", f"{len(held)} shared sockets are open, {len(needed)} are needed")


def come_true(site: Site) -> None:
    """V1, V2: no program is half started or half stopped for longer than that takes."""
    since = {name: time_ns for time_ns, name, _, _ in site.changes}
    for name, state in site.states().items():
        waited_ns = site.kernel.now - since.get(name, 0)
        bound_s = BOUNDS_S.get(state)
        if bound_s is not None and waited_ns > bound_s * SECOND_NS:
            law = "V2" if state is ProcessState.STOPPING else "V1"
            site.tell(law, f"{name} is {state.name} for {waited_ns / SECOND_NS} s")


def drained(site: Site) -> None:
    """L6: nobody who lives waits for the daemon to read what it has written."""
    for name, size in site.kernel.unread().items():
        site.tell("L6", f"{size} bytes of {name} stand in its pipes")


def answered(site: Site, calls: Sequence[Call]) -> None:
    """V5: every one of these calls was answered, by what really happened."""
    for call in calls:
        if call.client.ended and call.answer is None:
            if not site.restarted:
                site.tell("V5", f"{call.method}{call.params} of {call.time_ns / SECOND_NS} was cut off")
        elif call.answer is None:
            site.tell("V5", f"{call.method}{call.params} of {call.time_ns / SECOND_NS} is still not answered")
        else:
            wrong = untrue(call, site.changes)
            if wrong:
                site.tell("V5", wrong)
