"""A recording (`initd --record`, docs/recording.md) as accounts, one a session: what the daemon asked the system and was told.

Nothing is played again. State changes are there as effects, forks, kills and reaps as calls of the port, what clients wanted as
bytes of their sockets, the configuration as the files it was read from.
"""

from __future__ import annotations

import errno

from initd.config.cmdline import Arguments, Given
from initd.config.host import Host
from initd.config.load import load
from initd.kernel import transcript
from initd.kernel.port import HANGUP
from sim.accounts.account import Account, AccountError
from sim.accounts.session import Session, group_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from initd.config.model import Config
    from initd.kernel.transcript import Entry


AGAIN = (errno.EAGAIN, errno.EINTR)
"""Errors that do not say that a client is gone."""


class _Files:
    """The files a configuration was read from, as they were then."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, Any], Entry] = {}

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            found = self.answers.get((name, transcript.shown(arguments)))
            if found is None:
                raise AccountError(f"the configuration cannot be read again: {name}{arguments} was not asked then")
            if len(found) == 4:
                raise transcript.revived_error(found[3])
            return transcript.revived(found[2])

        return call


class Reader:
    """Reads one recording, entry by entry."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._line = self._now_ns = 0
        self._accounts: list[Account] = []
        self._files = _Files()
        self._environ: dict[str, str] = {}
        self._load: Callable[[], Config] | None = None
        self._config: Config | None = None
        self._reread: Config | None = None
        self._lanes: dict[int, str] = {}
        self._forked: tuple[Any, int] | None = None
        self._session = Session(None, {})

    def read(self, entries: Iterable[tuple[int, Entry]]) -> list[Account]:
        """The sessions; AccountError with the line of what is no such entry."""
        for self._line, entry in entries:
            if (entry[0] == "header") is not (self._load is None):
                raise AccountError(f"{self._path}:{self._line}: expected the header first and once, found {entry[0]!r}")
            try:
                self._take(entry)
            except AccountError as error:
                raise AccountError(f"{self._path}:{self._line}: {error}") from None
            except Exception as error:  # an entry of another shape
                raise AccountError(f"{self._path}:{self._line}: unexpected entry {entry[0]!r}: {error!r}") from None
        if self._session.begun:
            self._accounts.append(self._session.end(self._title()))
        if not self._accounts:
            raise AccountError(f"{self._path}:{self._line or 1}: it ends before anything was started")
        return self._accounts

    def _title(self) -> str:
        return f"session {len(self._accounts) + 1}"

    def _take(self, entry: Entry) -> None:
        name, arguments, found = entry[:3]
        error = entry[3] if len(entry) == 4 else None
        self._session.line, self._session.now_ns = self._line, self._now_ns
        if not isinstance(name, str):
            raise TypeError(f"{name!r} is no name")
        if name.startswith("files."):
            self._files.answers[name.removeprefix("files."), arguments] = entry
        elif name in HEARD:
            HEARD[name](self, arguments, found, error)

    # -- the surroundings

    def _header(self, _: Any, found: Any, error: Any) -> None:
        configuration, given = found["arguments"]
        host = Host(**found["host"], files=self._files)
        arguments = Arguments(configuration, {name: Given(*one) for name, one in given.items()})
        self._environ = dict(host.environ)
        self._load = lambda: load(arguments, host)

    def _begin(self, _: Any, found: Any, error: Any) -> None:
        assert self._load is not None
        self._config = self._load()
        self._session = self._next_session()

    def _next_session(self) -> Session:
        assert self._config is not None
        return Session(self._config.daemon.serverurl, self._environ)

    def _clock(self, _: Any, now_ns: int, error: Any) -> None:
        if type(now_ns) is not int or now_ns < self._now_ns:
            raise AccountError(f"the monotonic clock goes from {self._now_ns} to {now_ns}")
        self._now_ns = now_ns
        self._session.tick(now_ns)
        if self._forked is not None:  # the core hears of a child at the first reading after the fork
            (environment, pid), self._forked = self._forked, None
            self._session.born(environment, pid)

    def _hook(self, arguments: Any, found: Any, error: Any) -> None:
        if arguments == ("started",):
            self._session.begin()
        elif arguments == ("renewed",):
            self._accounts.append(self._session.end(self._title()))
            self._config, self._reread = self._reread or self._config, None
            self._session = self._next_session()

    def _submitted(self, arguments: Any, token: int, error: Any) -> None:
        self._lanes[token] = arguments[0]

    def _completed(self, _: Any, found: Any, error: Any) -> None:
        for token, calls, failed in found:
            lane = self._lanes.pop(token, "")
            if lane == "config" and failed is None and self._load is not None:
                for call in calls:
                    self._files.answers[call[0], call[1]] = call
                self._reread = self._load()
            elif lane.startswith("spawn:") and failed is not None:
                self._session.fork_failed(int(lane.removeprefix("spawn:")))

    # -- the rest is the session's

    def _pipe(self, _: Any, found: Any, error: Any) -> None:
        if error is not None:
            self._session.fork_failed()

    def _spawn(self, arguments: Any, found: Any, error: Any) -> None:
        if error is None:
            self._forked = arguments[0][3], transcript.revived(found).pid
        else:
            self._session.fork_failed()

    def _kill(self, arguments: Any, found: Any, error: Any) -> None:
        self._killed(arguments, False, error)

    def _killpg(self, arguments: Any, found: Any, error: Any) -> None:
        self._killed(arguments, True, error)

    def _killed(self, arguments: Any, group: bool, error: Any) -> None:
        pid, signal = arguments
        self._session.killed(pid, signal, group, None if error is None else int(error[1]))

    def _peeked(self, _: Any, pid: Any, error: Any) -> None:
        if pid is None:
            self._session.nobody_dead()

    def _polled(self, _: Any, found: Any, error: Any) -> None:
        self._session.slept()
        for fd, ready in found or ():
            if ready & HANGUP:
                self._session.left(fd)

    def _reaped(self, arguments: Any, found: Any, error: Any) -> None:
        if error is None:
            self._session.reaped(arguments[0], transcript.revived(found))

    def _effect(self, arguments: Any, _: Any, error: Any) -> None:
        kind, *fields = arguments[0]
        if kind == "StateChanged":
            self._session.changed(*fields)
        elif kind == "GroupChanged":
            name, added, instances = fields
            if added:
                fresh = self._session.begun and self._reread is not None
                self._session.group_added(group_of(self._reread if fresh else self._config, name), instances)
            else:
                self._session.group_removed(instances)
        elif kind == "MemberChanged":
            group, added, _, name = fields
            verb = "join" if added else "leave"
            raise AccountError(
                f"a plugin had {name} {verb} {group}: what no configuration says cannot be judged, only replayed"
            )
        elif kind == "MoodChanged":
            self._session.shutting_down()
        elif kind == "Exit":
            self._session.exited(1 if fields[1] else 0)

    def _accepted(self, _: Any, found: Any, error: Any) -> None:
        if error is None:
            self._session.connected(found[0])

    def _read(self, arguments: Any, data: Any, error: Any) -> None:
        self._session.read(arguments[0], b"" if error is not None and error[1] not in AGAIN else data)

    def _written(self, arguments: Any, size: Any, error: Any) -> None:
        fd, data = arguments
        self._session.written(fd, data, error is not None)

    def _closed(self, arguments: Any, _: Any, error: Any) -> None:
        self._session.closed(*arguments)


HEARD: dict[str, Callable[[Reader, Any, Any, Any], None]] = {
    "header": Reader._header,
    "begin": Reader._begin,
    "mono": Reader._clock,
    "hook": Reader._hook,
    "submit": Reader._submitted,
    "take_completions": Reader._completed,
    "pipe": Reader._pipe,
    "spawn": Reader._spawn,
    "kill": Reader._kill,
    "killpg": Reader._killpg,
    "peek_exited": Reader._peeked,
    "poll": Reader._polled,
    "reap": Reader._reaped,
    "effect": Reader._effect,
    "accept": Reader._accepted,
    "read": Reader._read,
    "write": Reader._written,
    "close": Reader._closed,
}
"""What is listened to; the rest does not concern a story."""


def accounts(path: str) -> list[Account]:
    """The sessions of the recording in a file; AccountError or RecordingError with the line, OSError."""
    with open(path, "rb") as file:
        return Reader(path).read(transcript.entries(file, path))
