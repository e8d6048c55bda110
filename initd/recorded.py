"""A daemon that is recorded: its kernel, its files, what surrounds it and what it does, all written down (`--record`).

`foreground` and the simulator put it together in the same way; the replay is `sim.replay`. Loaded only when asked for.
"""

from __future__ import annotations

import sys

from initd import __version__
from initd.app import LATE_LANE, Hooks
from initd.kernel import transcript
from initd.kernel.recording import Recording, RecordingFiles, RecordingKernel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from initd.config.host import Host
    from initd.config.load import Arguments
    from initd.config.model import Notice
    from initd.session import Session
    from initd.supervise.effects import Effect


class Recorded:
    """One recorded daemon. `host` is to be used in place of the one given, from the first reading of the configuration on."""

    def __init__(
        self, write: Callable[[bytes], None], arguments: Arguments, host: Host, files: Any, thread: Callable[[], int]
    ) -> None:
        """`files` are those that the kernel gives to operations; `thread` names the thread that calls it."""
        self._recording = Recording(write)
        self._late = False
        self._files = RecordingFiles(files, self._recording, thread)
        self.host: Host = host.replace(files=self._files)
        given = {name: one.values() for name, one in arguments.given.items()}
        fields = {name: value for name, value in zip(host._fields, host.values()) if name != "files"}
        header = {
            "initd": __version__,
            "python": sys.version.split()[0],
            "host": fields | {"environ": dict(host.environ)},
            "arguments": (arguments.configuration, given),
        }
        self._recording.add(("header", (), header))

    def kernel(self, kernel: Any) -> Any:
        """That kernel, recorded."""
        return RecordingKernel(kernel, self._files, self._recording, [LATE_LANE])

    def begin(self, session: Session, warn: Callable[[str], None]) -> None:
        """The session is about to listen; `warn` gets the one line that says why the recording is not complete."""
        self._recording.warn = warn
        environment = session.environment
        found = (environment.console, environment.nofile, _told(session.notices), self._late)
        self._recording.note("begin", (), found)

    def effect(self, effect: Effect) -> None:
        """One effect that an observer sees."""
        self._recording.add(("effect", transcript.shown((effect,)), None))

    def hooks(self, hooks: Hooks) -> Hooks:
        """Those hooks, recorded as far as the session hears of what they find."""

        def asked(name: str, session: Session, ask: Callable[[Session], Any]) -> Any:
            before = len(session.notices)
            try:
                answer = ask(session)
            except Exception as error:
                self._recording.note("hook", (name,), None, error)
                raise
            self._recording.note("hook", (name,), (answer, _told(session.notices[before:])))
            return answer

        self._late = hooks.late is not None
        return Hooks(
            hooks.failed,
            lambda session: bool(asked("started", session, hooks.started)),
            hooks.idle,
            hooks.stopped,
            lambda session: asked("renewed", session, hooks.renewed),
            hooks.late,
        )

    def end(self, status: int) -> None:
        """The daemon is about to exit with that status."""
        self._recording.note("end", (status,))
        self._recording.flush()

    def flush(self) -> None:
        """Have everything written that there is so far."""
        self._recording.flush()


def _told(notices: Sequence[Notice]) -> list[tuple[Any, ...]]:
    return [notice.values() for notice in notices]
