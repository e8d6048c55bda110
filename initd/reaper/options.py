"""What `initd [options] -- CMD` may be told, and how it is told by default.

Only the defaults are here, so that the plain call loads nothing more; `initd.reaper.arguments` reads options.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Remark = Callable[[str, int, int], list[tuple[int, str]]]
    Refuse = Callable[[int, str, int], tuple[str, int]]

SECOND_NS = 1_000_000_000
CANNOT_START = 125
"""The exit status when there could be no process for CMD at all, as container runtimes use it."""


class Options:
    """The plan of one run. Times are nanoseconds, None for never; signals are numbers.

    `wants` help or version instead of a run. `command` with its arguments. `place` of CMD is group, session or none
    (init_port); `target` of signals is child, group or session. `rewrites` gives another number for a signal, 0 to drop
    it; `delays` how long one is kept back. `codes` changes the exit status. `subreaper` None: when we are not PID 1.
    `parent_death` is the signal, or 0. `grace_ns` None leaves at once when CMD has ended. `deadline_ns` bounds the
    leftovers' time from the first stop signal on, `kill_after_ns` CMD's own. `verbose` counts -v. `warn_on_reap` names
    each orphan reaped.

    For the inits we stand in for: `farewell` is a signal for the target when CMD has ended, `suspend` are signals that stop
    us as well, `pause` is to run no command until a stop signal. `refuse` words a failed exec (init_port). `remark(event,
    first, second)` gives the lines, as (descriptor, text), to be written when we are `bound` to those above and below
    (whether we became a subreaper, whether we are one), have `started` CMD (its pid), `ignored` what comes of leaving a
    terminal (the signal), `passed` a signal (as which), seen that children have `changed`, `reaped` an orphan (its pid), seen
    that CMD still `waits`, `exited` or `died` (its pid, status or signal), or are `over` (the exit status).
    """

    name = "initd"
    wants = ""
    command: tuple[str, ...] = ()
    place = "group"
    target = "child"
    subreaper: bool | None = None
    parent_death = 0
    grace_ns: int | None = 2 * SECOND_NS
    deadline_ns = 9 * SECOND_NS
    kill_after_ns: int | None = None
    verbose = 0
    warn_on_reap = False
    farewell = 0
    suspend: tuple[int, ...] = ()
    pause = False
    remark: Remark | None = None
    refuse: Refuse | None = None

    def __init__(self) -> None:
        self.rewrites: dict[int, int] = {}
        self.delays: dict[int, int] = {}
        self.codes: dict[int, int] = {}
