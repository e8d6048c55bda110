"""The composition root: sessions one after the other, and what surrounds them; for any kernel.

The real daemon and the simulator both run this. What only a Linux process does (user, limits, lock, background) is the
caller's, through `Hooks`.
"""

from __future__ import annotations

from initd.errors import EXIT_USAGE
from initd.reaper.orphans import GRACE_NS, Leftovers
from initd.session import Environment, Session
from initd.states import Mood

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from initd.config.model import Config
    from initd.errors import ConfigError
    from initd.kernel.port import Files

IDLE_NS = 100_000_000
TURNS_PER_REST = 2_000
LATE_NS = 1_000_000_000
"""Late enough to leave the first children alone, early enough to come before any upgrade."""
LATE_LANE = "pin"
LEAST_GRACE_NS = 100_000_000
"""What is left over gets so much time even where shutdown_timeout is over."""


class Hooks:
    """What the caller does around sessions; the defaults do nothing.

    `failed(error)` reports why a start came to nothing. `renewed(session)` is called for each session after the first,
    before anything of it is opened. `started(session)` is called once the logs are open and nothing has been started yet,
    and answers whether the pidfile names us, so that the log does; `idle()` is called now and then when there is a while
    to wait; `stopped()` before the process ends. What `renewed` and `started` add to the notices of the session is logged.
    `late(files)` is run once, off the loop, LATE_NS after the start.
    """

    def __init__(
        self,
        failed: Callable[[ConfigError], None] = lambda error: None,
        started: Callable[[Session], bool] = lambda session: True,
        idle: Callable[[], None] = lambda: None,
        stopped: Callable[[], None] = lambda: None,
        renewed: Callable[[Session], None] = lambda session: None,
        late: Callable[[Files], Any] | None = None,
    ) -> None:
        self.failed, self.started, self.idle, self.stopped, self.renewed = failed, started, idle, stopped, renewed
        self.late = late


class Application:
    """The daemon over its whole life; `run` returns the exit status."""

    def __init__(self, environment: Environment, config: Config, hooks: Hooks) -> None:
        self._environment = environment
        self._hooks = hooks
        self._error: ConfigError | None = None
        self._turns = 0
        self._begun = False
        self.session = Session(environment, config)

    def listen(self) -> None:
        """Open the HTTP servers of the first session; see `Session.listen`."""
        self.session.listen()

    def run(self) -> int:
        """Run until everything is down for good."""
        reloaded = False
        while True:
            session = self.session
            # Only the first start may come to nothing: later ones go on without a log rather than end PID 1.
            session.start(self._started, None if reloaded else self._fail)
            while session.exit is None and self._error is None:
                self._rest(session)
                session.driver.turn()
            if session.core.mood is not Mood.RESTARTING:
                self._wait(session, session.speak)
                self._end_leftovers(session)
            self._wait(session, session.close)
            # A shutdown may have been asked for while the logs were being closed for a restart.
            if self._error is not None or session.core.mood is not Mood.RESTARTING:
                break
            self._next(session)
            reloaded = True
        if self._error is not None:
            self._hooks.failed(self._error)
        self._hooks.stopped()
        if self._error is not None:
            return EXIT_USAGE
        return session.exit.status if session.exit is not None else 0

    def _next(self, session: Session) -> None:
        self.session = Session(
            self._environment, session.next_config or session.config, session.core.audience.pools.serial
        )
        self.session.inherit(session)
        self._hooks.renewed(self.session)
        try:
            self.session.listen(strict=False)
        except Exception as error:
            # Without its servers the daemon still supervises: better than stopping for good (promise 3).
            self.session.log("crit", f"could not open the HTTP servers: {error}")

    def _started(self) -> bool:
        session, late = self.session, self._hooks.late
        written = self._hooks.started(session)
        session.tell_notices()
        if late is not None and not self._begun:
            session.loop.after(LATE_NS, lambda: session.loop.submit(LATE_LANE, late, lambda value, error: None))
        self._begun = True
        return written

    def _fail(self, error: ConfigError) -> None:
        self._error = error

    def _rest(self, session: Session) -> None:
        """Let the caller tidy up when there is a while to wait and enough has happened since the last time."""
        self._turns += 1
        if self._turns < TURNS_PER_REST or session.driver.busy:
            return
        deadline = session.driver.next_deadline()
        if deadline is None or deadline - self._environment.kernel.mono() > IDLE_NS:
            self._turns = 0
            self._hooks.idle()

    def _end_leftovers(self, session: Session) -> None:
        """As PID 1, end what no program owns any more (D6)."""
        if self._environment.kernel.getpid() != 1:
            return
        over: list[int] = []
        kernel, grace_ns = self._environment.kernel, GRACE_NS
        if session.exit is not None and session.exit.deadline_ns is not None:
            grace_ns = min(GRACE_NS, max(session.exit.deadline_ns - kernel.mono(), LEAST_GRACE_NS))
        Leftovers(kernel, session.loop, session.driver.reap, over.append, grace_ns).begin()
        while not over:
            session.driver.turn()
        if over[0]:
            session.log("crit", f"{over[0]} processes that no program owns did not die of SIGKILL")

    def _wait(self, session: Session, act: Callable[[Callable[[], None]], None]) -> None:
        over: list[bool] = []
        act(lambda: over.append(True))
        while not over:
            session.driver.turn()
