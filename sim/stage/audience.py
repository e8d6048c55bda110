"""Listeners and programs of a siege as their pipes show them: what goes through is handed to the laws E1 to E8."""

from __future__ import annotations

import re

from initd.states import ProcessState
from sim.invariants.captures import Captures
from sim.invariants.hearings import BACK, OUT, Hearings, Pool
from sim.invariants.ledger import LOST, TROUBLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.invariants.hearings import Account
    from sim.stage.site import Site

CAPTURE = re.compile(r"^(stdout|stderr)_capture_maxbytes=([1-9]\d*)$", re.MULTILINE)
LOG = re.compile(r"^(stdout|stderr)_logfile=(/\S+)$", re.MULTILINE)
BLIND = {"enospc", "log_rename_fail"}
"""Where these are on, not everything that is said gets into a log."""


class Audience:
    """Who watches the pipes of a site. `programs` are (name, options) of those that are no listeners."""

    def __init__(self, site: Site, programs: tuple[tuple[str, str], ...], main_log: str) -> None:
        self._site, self._main_log = site, main_log
        self.bounds = {(name, end.upper()): int(size) for name, lines in programs for end, size in CAPTURE.findall(lines)}
        logs = {(name, end.upper()): path for name, lines in programs for end, path in LOG.findall(lines)}
        self.captured = {stream: path for stream, path in logs.items() if stream in self.bounds}
        self.captures = Captures(site.tell, self.bounds)
        self.hearings = Hearings(site.tell, self._running, self.captures.told)
        self._sessions: list[object] = []
        self._first: set[Account] = set()

    def _running(self, name: str) -> bool:
        return self._site.states().get(name) is ProcessState.RUNNING

    def pools(self) -> list[Pool]:
        """The pools there are now."""
        session = self._site.simulation.session
        if not any(each is session for each in self._sessions):
            self._sessions.append(session)
        found = []
        for name, policy, _, waiting, given, _ in session.core.audience.pools.snapshot()[2]:
            group = session.core.group(name)
            assert group is not None, "a pool is a group"
            key = len(self._sessions), name, group.processes[0].instance
            serials = tuple(queued.serial for queued in waiting)
            found.append(Pool(key, name, policy.events, policy.buffer_size, serials, given))
        return found

    # -- what happens ------------------------------------------------------------------------------------------------

    def born(self, pid: int, group: str, name: str) -> None:
        """A child begins."""
        for pool in self.pools():
            if pool.name == group:
                self.hearings.born(pid, f"{group}:{name}", pool)
                return
        self.captures.born(pid, group)

    def fed(self, pid: int, data: bytes) -> None:
        """The daemon has written that to its stdin."""
        self.hearings.fed(pid, data)

    def said(self, pid: int, data: bytes, channel: str) -> None:
        """The daemon has read that from its STDOUT or STDERR."""
        if channel == "STDOUT":
            self.hearings.said(pid, data)
        self.captures.read(pid, data, channel)

    def gone(self, pid: int) -> None:
        """It has been reaped."""
        self.hearings.gone(pid)
        self.captures.gone(pid)

    def logged(self, path: str, data: bytes) -> None:
        """That has been appended to a log."""
        self.captures.logged(path, data)

    def shows(self, wall_ns: int) -> None:
        """The daemon has read the wall clock."""
        self.hearings.shows(wall_ns)

    def rests(self) -> None:
        """The daemon is about to wait."""
        self.hearings.look(self.pools(), self._site.simulation.session.core.audience.pools.serial)

    # -- judging -----------------------------------------------------------------------------------------------------

    def settle(self, nemeses: tuple[str, ...]) -> None:
        """It is calm: has everything been told that must be?"""
        log, pools = self._site.main_log(), self.pools()
        self.hearings.settle(pools, log, self._tells_all(log, nemeses))
        done = [self.hearings.account(pool) for pool in pools if not pool.waiting]

        def whole(account: Account) -> bool:
            if len(self._sessions) > 1 or account.born or account not in done or self.hearings.lost(log, account):
                return False
            return self._tells_all(log, nemeses) and not {OUT, BACK} & set(account.fate.values())

        self.captures.settle(whole)

    def end(self, nemeses: tuple[str, ...], flushed: bool) -> None:
        """The daemon has ended: the logs of those in capture mode."""
        log = self._site.main_log()
        for stream, path in self.captured.items():
            if path not in log and not BLIND & set(nemeses):  # else the main log says what is wrong with it
                self.captures.log(stream, path, flushed)

    def _tells_all(self, log: str, nemeses: tuple[str, ...]) -> bool:
        said = [path for path, _ in LOST.findall(log)] + TROUBLE.findall(log)
        return self._main_log not in said and not BLIND & set(nemeses)
