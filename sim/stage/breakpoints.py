"""Every port call of a small scenario as a place where the daemon dies, or where the call fails (simulation.md §4.6).

The machine changes in port calls only, so dying after one call and dying before the next leave the same behind: one death
before each call, and one after the last, are all there are. The calls of operations off the loop count as well; reading a
clock or a limit changes nothing, and does not.
"""

from __future__ import annotations

import errno

from initd.kernel.port import ExitStatus
from initd.record import Record
from initd.states import ProcessState
from sim.kernel.faults import Fault
from sim.kernel.halt import Killed
from sim.stage.site import SECOND_NS, Site
from sim.stage.small import CALM

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from sim.stage.small import Small

SIGKILL = 9
SETTLE_NS = 3 * SECOND_NS
END_NS = 30 * SECOND_NS
EXIT_OK, EXIT_USAGE = 0, 2
_LOG = ("EACCES", "EROFS", "ENOSPC", "EDQUOT", "EIO")
ERRNOS: dict[str, tuple[str, ...]] = {
    "spawn": ("EAGAIN", "ENOMEM", "EMFILE"),
    "pipe": ("EMFILE", "ENFILE"),
    "kill": ("EPERM", "ESRCH"),
    "killpg": ("EPERM", "ESRCH"),
    "reap": ("ECHILD", "EAGAIN"),
    "read": ("EAGAIN", "EIO", "ECONNRESET"),
    "write": ("EAGAIN", "EPIPE", "ECONNRESET", "EIO"),
    "pending": ("EIO",),
    "watch": ("ENOMEM", "ENOSPC"),
    "accept": ("EAGAIN", "ECONNABORTED", "EPROTO", "EPERM", "EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"),
    "listen_unix": ("EACCES", "EADDRINUSE", "EROFS", "ENOSPC", "EMFILE", "ENFILE", "ENOBUFS"),
    "open_append": (*_LOG, "ENOENT", "EMFILE", "ENFILE", "ENOMEM", "ELOOP", "EISDIR"),
    "append": ("ENOSPC", "EDQUOT", "EIO", "EFBIG", "EPIPE", "EAGAIN"),
    "same_file": ("EACCES", "EIO", "ENOENT"),
    "rename": (*_LOG, "ENOENT", "EBUSY"),
    "unlink": (*_LOG, "ENOENT", "EBUSY"),
    "truncate": ("EIO", "EROFS"),
    "size": ("EACCES", "EIO", "ENOENT"),
    "file_id": ("EACCES", "EIO", "ENOENT"),
    "read_at": ("EACCES", "EIO", "ENOENT", "EMFILE"),
    "make_temp": _LOG,
    "listdir": ("EACCES", "EIO", "ENOENT", "EMFILE"),
    "connect_log": ("EACCES", "ECONNREFUSED", "ENOENT", "ELOOP", "EMFILE", "ENFILE", "ENOMEM", "ENOBUFS"),
    "send": ("EAGAIN", "ECONNREFUSED", "ENOTCONN", "EPIPE", "EMSGSIZE", "ENOBUFS", "ENOMEM"),
    "stat": ("EACCES", "EIO", "ENOENT", "ELOOP"),
    "executable": ("EIO",),
    "read_file": ("EACCES", "EIO", "ENOENT", "EMFILE"),
    "write_file": _LOG,
    "share_unix": (*_LOG, "ENOENT", "ENOTDIR", "EISDIR", "EADDRINUSE", "ELOOP", "EMFILE", "ENFILE", "ENOBUFS", "EPERM"),
    "share_tcp": ("EADDRINUSE", "EADDRNOTAVAIL", "EACCES", "EMFILE", "ENFILE", "ENOBUFS"),
    "glob": ("EACCES", "EIO"),
    "user": ("EIO", "EMFILE", "ENOMEM"),
    "group": ("EIO", "EMFILE", "ENOMEM"),
    "groups_of": ("EIO", "EMFILE", "ENOMEM"),
}
"""What each call may fail with (their manual pages). `poll`, the taking of signals and of completions, `submit` and looking
for the dead do not fail (initd/kernel/port.py), nor does `close` of a pipe or a socket; an EINTR is the interpreter's."""


class Verdict(Record):
    """What came of one death or one failure; `broken` says what was not as it must be."""

    scenario: str
    place: str
    broken: tuple[str, ...]


def calls_of(small: Small) -> list[tuple[str, tuple[Any, ...]]]:
    """The port calls of a run in which nothing goes wrong."""
    site, calls = small.site(), []
    site.kernel.watch_calls(lambda call, args: calls.append((call, args)))
    _to_the_end(small, site)
    if site.broken:
        raise AssertionError(f"{small.name} goes wrong by itself: {site.broken}")
    return calls


def deaths(small: Small, every: int = 1) -> Iterator[Verdict]:
    """Kill the daemon before each (or each so-manieth) of its calls, and start another one."""
    for at in range(0, len(calls_of(small)) + 1, every):
        yield die_at(small, at)


def die_at(small: Small, at: int) -> Verdict:
    """The daemon dies before that call, counted from 0, of the run; what is left is left to another one."""
    site = small.site()
    seen, place = 0, ""

    def hear(call: str, args: tuple[Any, ...]) -> None:
        nonlocal seen, place
        if seen == at:
            place = place or f"killed before call {at}, {call}"
            raise Killed(SIGKILL)  # and so in every call that a `finally` still makes: none of them takes place
        seen += 1

    site.kernel.watch_calls(hear)
    try:
        _to_the_end(small, site)
    except Killed:
        site.kernel.files.storage.spent_ns = 0
    site.restart(ExitStatus(None, SIGKILL))
    _second_life(site)
    return Verdict(small.name, place or "after the last call", tuple(site.broken))


def _second_life(site: Site) -> None:
    """The next daemon must come up, serve, supervise and shut down, whatever its predecessor has left behind."""
    began_ns = site.kernel.now
    calls: list[Any] = []

    def look() -> None:
        if site.states().get(CALM) is not ProcessState.RUNNING:
            site.tell("V4", f"after a restart {CALM} is {site.states().get(CALM)}")
        calls.append(site.call("supervisor.getAllProcessInfo"))
        calls.append(site.call("supervisor.stopProcess", "calm", True))

    site.at_rest(began_ns + SETTLE_NS, look)
    _shut_down_at(site, began_ns + 2 * SETTLE_NS)
    site.run(began_ns + END_NS)
    site.finish()
    if site.refused_start is not None:
        site.tell("V4", f"it does not come up: {site.refused_start!r}")
    elif site.simulation.exit_status != EXIT_OK:
        site.tell("V3", f"exit status {site.simulation.exit_status}")
    answers = [call.answer if call is not None else None for call in calls]
    if len(answers) != 2 or not isinstance(answers[0], list) or answers[1] is not True:
        site.tell("V5", f"it does not serve: {answers}")


def failures(small: Small, every: int = 1) -> Iterator[Verdict]:
    """Let each call (or each so-manieth) of the scenario fail with everything it may fail with, one at a time."""
    places = [(at, name) for at, (call, args) in enumerate(calls_of(small)) for name in _errnos(call, args)]
    states = _states_of(small)
    for at, name in places[::every]:
        yield fail_at(small, at, name, states)


def fail_at(small: Small, at: int, name: str, expected: dict[str, list[str]]) -> Verdict:
    """That call fails with that errno, once. `expected` are the states of each program when nothing fails."""
    site = small.site()
    kernel, seen, place = site.kernel, 0, [""]

    def hear(call: str, args: tuple[Any, ...]) -> None:
        nonlocal seen
        if seen == at:
            place[0] = f"{name} in call {at}, {call}{_shown(args)}"
            fault = Fault(getattr(errno, name), None, 1, None)
            faults = kernel.faults if hasattr(type(kernel), call) and call != "close" else kernel.files.faults
            faults.by_call[call] = [fault]
        seen += 1

    kernel.watch_calls(hear)
    _to_the_end(small, site)
    _judge_failure(site, expected)
    return Verdict(small.name, place[0], tuple(site.broken))


def _judge_failure(site: Site, expected: dict[str, list[str]]) -> None:
    status = site.simulation.exit_status
    if site.refused_start is not None or status == EXIT_USAGE:
        if site.changes:
            site.tell("R7", f"it ends with {status} and {site.refused_start!r} although it had started")
        return
    if status != EXIT_OK:
        site.tell("V3", f"exit status {status}")
    if "nothing was touched" in site.simulation.main_log():
        return  # a restart that the failure has prevented concerns everybody
    different = [name for name, states in _histories(site).items() if not _as_expected(states, expected.get(name, []))]
    if len(different) > 1:
        site.tell("isolation", f"one failure concerns {different}: {_histories(site)}")


def _as_expected(states: list[str], expected: list[str]) -> bool:
    """Whether this is what would have happened, or the beginning of it: somebody else has held up the restart."""
    return states == expected or (states[-1] == "STOPPED" and states == expected[: len(states)])


def _states_of(small: Small) -> dict[str, list[str]]:
    site = small.site()
    _to_the_end(small, site)
    return _histories(site)


def _histories(site: Site) -> dict[str, list[str]]:
    histories: dict[str, list[str]] = {}
    for _, name, _, new in site.changes:
        histories.setdefault(name, []).append(new.name)
    return histories


def _to_the_end(small: Small, site: Site) -> None:
    _shut_down_at(site, small.end_s * SECOND_NS)
    site.run(END_NS)
    site.finish()


def _shut_down_at(site: Site, time_ns: int) -> None:
    site.at_rest(time_ns, site.terminate)


def _errnos(call: str, args: tuple[Any, ...]) -> tuple[str, ...]:
    """What that call may fail with; to look less, or not at all, takes no memory."""
    return () if call == "watch" and not args[1] else ERRNOS.get(call, ())


def _shown(args: tuple[Any, ...]) -> str:
    return str(args)[:160]

