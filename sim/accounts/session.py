"""One session of a recorded daemon: forks, kills, reaps, effects and clients become a story, in the order they are heard.

Times are those the core decided by. Which program a fork was for follows from the environment of the child, which names it.
"""

from __future__ import annotations

from initd.drive.spawner import child_environment
from initd.kernel import transcript
from initd.states import ProcessState
from sim.accounts.account import Account, AccountError, Asked, Telling, program
from sim.accounts.clients import EVERYBODY, Connection, answer
from sim.invariants import Finding, Outcome
from sim.scenario import Kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from initd.config.model import Config, GroupConfig

AT_ONCE_NS = 100_000_000
"""What is started within this of the boot's beginning is started by the boot."""
STATES = {str(int(state)): state.name for state in ProcessState}
LEFT, CUT, MANY = "LEFT", "CUT", "DONE"
"""In place of an answer: the client went away; the recording ends; it was one for several, and came."""


class _Owed:
    """A request that waits for its answer."""

    def __init__(self, asked: list[Asked], alone: bool) -> None:
        self.asked, self.alone = asked, alone


class Session:
    """What is heard in one session. `now_ns` and `line` are kept up by who reads."""

    def __init__(self, url: str | None, environ: Mapping[str, str]) -> None:
        self.now_ns = self.line = 0
        self.telling = Telling()
        self._url, self._environ = url, environ
        self._begun_ns: int | None = None
        self._boot_ns: int | None = None
        self._exit_ns: int | None = None
        self._names: dict[int, str] = {}  # by instance
        self._given: dict[str, tuple[str, str]] = {}
        self._environments: list[tuple[Any, str]] = []
        self._children: dict[int, str] = {}  # by pid
        self._states: dict[str, str] = {}
        self._refusals: set[int] = set()
        self._fork_failed = False
        self._alive_ns = 0
        self._looked = self._woken = False
        self._clients: dict[int, Connection] = {}
        self._owed: dict[int, list[_Owed]] = {}
        self._signals: list[Asked] = []
        self._unclear = ""

    def begin(self) -> None:
        """The groups of the boot are there, and what starts by itself is about to be started."""
        self._begun_ns = self.now_ns

    @property
    def begun(self) -> bool:
        """Whether there is anything to tell."""
        return self._begun_ns is not None

    def _now(self) -> int:
        """The time since the boot."""
        if self._boot_ns is None:
            self._boot_ns = self.now_ns if self._begun_ns is None else self._begun_ns
        return self.now_ns - self._boot_ns

    def _broken(self, law: str, text: str, name: str, what: str, detail: str) -> None:
        self.telling.broken.append((Finding(law, Outcome.FAIL, text, (self._now(), name, what, detail)), self.line))

    # -- children

    def fork_failed(self, instance: int | None = None) -> None:
        """A fork did not take place, for that instance if it is known."""
        if instance is None:
            self._fork_failed = True
        else:
            self._refusals.add(instance)

    def born(self, environment: Any, pid: int) -> None:
        """A child of whoever has that environment; of several that one which waits for it."""
        able = [name for known, name in self._environments if known == environment]
        waiting = [name for name in able if self._states.get(name) in ("STARTING", "STOPPING")]
        if not able:
            raise AccountError(f"child {pid} belongs to no program of the configuration")
        self._children[pid] = name = (waiting or able)[0]
        self.telling.born(self._now(), name, self.line)

    def killed(self, pid: int, signal: int, group: bool, errno: int | None) -> None:
        """A signal was sent, or failed with that errno."""
        name = self._children.get(pid)
        if name is None:
            return self._broken("R4", f"signal {signal} to {pid}, which is no child that lives", "", "signal", str(signal))
        if not group:
            self._by_client(name, signal)
        if errno is not None:
            return self.telling.did(self._now(), Kind.REFUSE, name, self.line, errno)
        self.telling.tell(self._now(), name, "signal", f"{signal} group" if group else str(signal), self.line)
        self.telling.struck(self._now(), name, signal)

    def _by_client(self, name: str, signal: int) -> None:
        """If a client wants just that, this is what comes of it."""
        for each in self._signals:
            if each.op.target == name and each.op.argument == signal:
                self._signals.remove(each)
                each.op = each.op.replace(time_ns=self._now())
                return

    def nobody_dead(self) -> None:
        """Whoever was not reaped by now is alive."""
        self._alive_ns, self._looked = self.now_ns, True

    def slept(self) -> None:
        """The daemon has slept. If nobody was dead before, nobody died before it woke up: a death wakes it."""
        self._woken, self._looked = self._looked, False

    def tick(self, now_ns: int) -> None:
        """It is that time."""
        self.now_ns = now_ns
        if self._woken:
            self._alive_ns, self._woken = now_ns, False

    def reaped(self, pid: int, status: Any) -> None:
        """A child of a program has ended; orphans are nobody's."""
        name = self._children.pop(pid, None)
        if name is not None:
            code = -status.signal if status.code is None else status.code
            alive_ns = None if self._woken else self._alive_ns - (self._boot_ns or 0)
            self.telling.ended(self._now(), name, code, alive_ns)

    # -- what the core decided

    def changed(self, instance: int, _group: str, _name: str, old: str, new: str, _pid: int, tries: int, expected: bool) -> None:
        """A change of state, with the fields of the effect."""
        name, state = self._names[instance], STATES[new]
        if self._boot_ns is None and self._begun_ns is not None and self.telling.spec(name).autostart:
            if self.now_ns < self._begun_ns + AT_ONCE_NS:  # the boot starts all of them at one instant, which is this
                self._boot_ns = self.now_ns
        before = self._states.get(name, "STOPPED")
        if STATES[old] != before:
            self._broken("S14", f"a change from {STATES[old]} of a program that is {before}", name, "state", state)
        if state == "BACKOFF" and name not in self._children.values() and self._was_refused(instance):
            self.telling.refused(self._now(), name)
        detail = f"{state} {tries}" if state in ("STARTING", "BACKOFF") else state
        if state == "EXITED":
            detail += " expected" if expected else " unexpected"
        if state in ("BACKOFF", "EXITED", "STOPPED"):
            self.telling.noticed(self._now(), name)
        self._states[name] = state
        self.telling.tell(self._now(), name, "state", detail, self.line)

    def _was_refused(self, instance: int) -> bool:
        if instance in self._refusals:
            self._refusals.discard(instance)
            return True
        failed, self._fork_failed = self._fork_failed, False
        return failed

    def group_added(self, group: GroupConfig, instances: Iterable[int]) -> None:
        """A group of the boot, or a later one: its programs that start by themselves are then started by whoever added it."""
        names = self.telling.add(group, self.begun)
        for instance, process in zip(instances, group.processes):
            self._names[instance] = name = names[process.name]
            self._given[name] = group.name, process.name
            own = process.replace(serverurl=self._url) if process.auto_serverurl else process
            self._environments.append((transcript.shown(child_environment(self._environ, own, group.name)), name))
            if self.begun and program(process).autostart:
                self.telling.did(self._now(), Kind.START, name, self.line)

    def group_removed(self, instances: Iterable[int]) -> None:
        """Its programs are gone."""
        for instance in instances:
            del self._names[instance]

    def shutting_down(self) -> None:
        """The daemon has begun to stop, or to restart."""
        self.telling.did(self._now(), Kind.SHUTDOWN, "", self.line)

    # -- clients

    def connected(self, fd: int) -> None:
        """A client."""
        self._clients[fd] = Connection()

    def left(self, fd: int) -> None:
        """Nobody is at the other end any more."""
        self._forgive(fd, LEFT)

    def read(self, fd: int, data: bytes | None) -> None:
        """A client says something; with nothing it will say no more, with None not yet."""
        client = self._clients.get(fd)
        if client is None or data is None:
            return
        if not data:
            self.left(fd)
        for wishes in client.read(data):
            asked = [
                self.telling.ask(self._now(), wish.kind, target, wish.argument, self.line)
                for wish in wishes
                for target in self._targets(wish.target)
            ]
            self._signals += [each for each in asked if each.op.kind is Kind.SIGNAL]
            self._owed.setdefault(fd, []).append(_Owed(asked, len(wishes) == 1 and wishes[0].alone))
        self._unclear = self._unclear or client.unclear

    def _targets(self, name: str) -> list[str]:
        """The programs there are now that a client means."""
        group, colon, process = name.partition(":")
        if name == EVERYBODY or (colon and process in ("", "*")):
            return [each for each in self._names.values() if name == EVERYBODY or self._given[each][0] == group]
        wanted = (group, process if colon else name)
        return [each for each in self._names.values() if self._given[each] == wanted]

    def written(self, fd: int, data: Any, failed: bool) -> None:
        """A client is told something."""
        owed = self._owed.get(fd)
        if owed and failed:
            self._forgive(fd, LEFT)
        told = answer(data) if owed and not failed else None
        if told is not None and owed:
            request = owed.pop(0)
            self._answer(request, told if request.alone else MANY)

    def closed(self, fd: int) -> None:
        """That descriptor is closed; what was asked over it and is not answered never will be."""
        self._clients.pop(fd, None)
        self._owed.pop(fd, None)

    def _answer(self, request: _Owed, text: str) -> None:
        """That is the answer; those that go out while the servers are being closed count as given before the end."""
        now_ns = self._now() if self._exit_ns is None else self._exit_ns
        for each in request.asked:
            each.answer = (now_ns, text, self.line)
            if each in self._signals:
                self._signals.remove(each)

    def _forgive(self, fd: int, why: str) -> None:
        for request in self._owed.pop(fd, []):
            self._answer(request, why)

    # -- the end

    def exited(self, status: int) -> None:
        """Everything is down; what is left to be done is to tell the clients."""
        self._exit_ns = self._now()
        for pid, name in self._children.items():
            if not status and self._states.get(name) != "UNKNOWN":
                self._broken("T8", f"child {pid} of {name} was never reaped", "", "exit", str(status))
        self.telling.tell(self._exit_ns, "", "exit", str(status), self.line)

    def end(self, title: str) -> Account:
        """The session is over, or the recording is."""
        now_ns = self._now() if self._exit_ns is None else self._exit_ns
        if self._exit_ns is None:
            for fd in list(self._owed):
                self._forgive(fd, CUT)
        self.telling.alive(self._alive_ns - (self._boot_ns or 0))
        why = f"a client sent {self._unclear}, so there may be calls that are not known"
        unknown = dict.fromkeys(("S8", "S10", "S12", "S13", "T1", "T2", "T7", "V5"), why) if self._unclear else {}
        return self.telling.account(title, now_ns, unknown, {})


def group_of(config: Config | None, name: str) -> GroupConfig:
    """The group of that name; AccountError if there is none."""
    for group in config.groups if config is not None else ():
        if group.name == name:
            return group
    raise AccountError(f"group {name!r} is in no configuration that was read")
