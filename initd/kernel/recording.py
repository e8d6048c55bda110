"""A kernel that writes down what it is asked and what it answers: a wrapper around any other, for `initd --record`.

Only the loop's thread writes. What an operation off the loop asks of `Files` is collected beside it and written with its
completion. Entries are kept in memory until the loop goes to sleep, or until there are BUFFER_BYTES of them. When the
file cannot take them, or has become too long, recording ends with one warning, and the daemon goes on as if there had been none.
The format is `transcript`'s. Loaded only when it is asked for.
"""

from __future__ import annotations

from initd.kernel import transcript
from initd.kernel.port import Files, Kernel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from initd.kernel.port import Completion
    from initd.kernel.transcript import Entry

BUFFER_BYTES = 1 << 16
LIMIT_BYTES = 1 << 30
"""So long may a recording become; some ten million calls."""

CALLS = tuple(name for name in vars(Kernel) if not name.startswith("_"))
"""Every call of the kernel."""
FILE_CALLS = tuple(name for name in vars(Files) if not name.startswith("_"))
"""Every call of its files."""


class Recording:
    """Takes entries and gives them to `write` in pieces; `warn` is told once, from `flush`, when that has failed."""

    def __init__(self, write: Callable[[bytes], None], limit_bytes: int = LIMIT_BYTES) -> None:
        self.warn: Callable[[str], None] = lambda text: None
        self._write = write
        self._limit_bytes = self._left_bytes = limit_bytes
        self._buffer = [transcript.FIRST_LINE]
        self._held_bytes = 0
        self._stopped = False
        self._unsaid = ""

    def note(self, name: str, arguments: tuple[Any, ...], answer: Any = None, error: Exception | None = None) -> None:
        """Take one entry."""
        if not self._stopped:
            self.add(entry(name, arguments, answer, error))

    def add(self, made: Entry) -> None:
        """Take one entry that is all literals already."""
        if self._stopped:
            return
        text = transcript.line(made)
        self._buffer.append(text)
        self._held_bytes += len(text)
        if self._held_bytes >= BUFFER_BYTES:
            self._empty()

    def flush(self) -> None:
        """Have everything written that was taken so far."""
        if self._buffer:
            self._empty()
        if self._unsaid:
            text, self._unsaid = self._unsaid, ""
            self.warn(text)

    def _empty(self) -> None:
        data = b"".join(self._buffer)
        self._buffer, self._held_bytes = [], 0
        if len(data) > self._left_bytes:
            return self._stop(f"it has reached its limit of {self._limit_bytes} bytes")
        self._left_bytes -= len(data)
        try:
            self._write(data)
        except OSError as error:
            self._stop(error.strerror or str(error))

    def _stop(self, reason: str) -> None:
        self._stopped = True
        self._unsaid = f"the recording ends here: {reason}"


def entry(name: str, arguments: tuple[Any, ...], answer: Any, error: Exception | None) -> Entry:
    """A call and its outcome, all literals."""
    if error is not None:
        return name, transcript.shown(arguments), None, transcript.plain_error(error)
    return name, transcript.shown(arguments), transcript.plain(answer)


class RecordingFiles:
    """Has the calls of `Files`; each is written down for the operation that makes it, or else at once.

    `thread` names the thread that asks: so it is known which operation does.
    """

    def __init__(self, files: Any, recording: Recording, thread: Callable[[], int]) -> None:
        self._recording, self._thread = recording, thread
        self._operations: dict[int, list[Entry]] = {}  # by thread
        for name in FILE_CALLS:
            setattr(self, name, self._recorded(name, getattr(files, name, None)))

    def run(self, operation: Callable[[Any], Any], calls: list[Entry]) -> Any:
        """Run it here, on this thread, and collect its calls."""
        thread = self._thread()
        self._operations[thread] = calls
        try:
            return operation(self)
        finally:
            del self._operations[thread]

    def _recorded(self, name: str, method: Any) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            answer, failed = None, None
            try:
                answer = method(*arguments)
                return answer
            except Exception as error:
                failed = error
                raise
            finally:
                calls = self._operations.get(self._thread())
                if calls is None:
                    self._recording.note(f"files.{name}", arguments, answer, failed)
                else:
                    calls.append(entry(name, arguments, answer, failed))

        return call


class RecordingKernel:
    """Has the calls of `Kernel`. Operations get `files`; what those on the lanes `unrecorded` ask is not written down."""

    def __init__(
        self, kernel: Kernel, files: RecordingFiles, recording: Recording, unrecorded: Iterable[str] = ()
    ) -> None:
        self._kernel, self._files, self._recording = kernel, files, recording
        self._unrecorded = frozenset(unrecorded)
        self._operations: dict[int, list[Entry]] = {}  # by token
        for name in CALLS:
            if not hasattr(type(self), name):
                setattr(self, name, self._recorded(name, getattr(kernel, name)))

    def _recorded(self, name: str, method: Any) -> Callable[..., Any]:
        note = self._recording.note

        def call(*arguments: Any) -> Any:
            try:
                answer = method(*arguments)
            except Exception as error:
                note(name, arguments, None, error)
                raise
            note(name, arguments, answer)
            return answer

        return call

    def catch_signals(self, signals: Iterable[int]) -> None:
        numbers = tuple(signals)
        self._kernel.catch_signals(numbers)
        self._recording.note("catch_signals", (numbers,))

    def poll(self, deadline_ns: int | None) -> list[tuple[int, int]]:
        self._recording.flush()
        ready = self._kernel.poll(deadline_ns)
        self._recording.note("poll", (deadline_ns,), ready)
        return ready

    def submit(self, lane: str, operation: Callable[[Any], Any]) -> int:
        calls: list[Entry] = []
        if lane in self._unrecorded:
            token = self._kernel.submit(lane, operation)
        else:
            token = self._kernel.submit(lane, lambda files: self._files.run(operation, calls))
        self._operations[token] = calls
        self._recording.note("submit", (lane,), token)
        return token

    def take_completions(self) -> list[Completion]:
        taken = self._kernel.take_completions()
        told = []
        for each in taken:
            calls = self._operations.pop(each.token)
            told.append((each.token, calls, None if each.error is None else transcript.plain_error(each.error)))
        self._recording.add(("take_completions", (), told))
        return taken

    def terminate(self, code: int) -> None:
        self._recording.note("terminate", (code,))
        self._recording.flush()
        self._kernel.terminate(code)
