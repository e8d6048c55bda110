"""Threads for work that may wait: lanes in order, and a target that hangs costs its own thread only.

All book-keeping is the main thread's; a thread only takes jobs from one queue and puts completions on another. While
every thread is taken, the next is started once a job has waited GRACE_NS, so a burst of quick jobs does not breed
threads and a few hung ones do not hold up the rest. See DESIGN "Work that may wait".
"""

from __future__ import annotations

import _thread
from _queue import SimpleQueue
from collections import deque

from initd.kernel.port import Completion

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal as _signal
    from collections.abc import Callable
    from typing import Any

    from initd.kernel.port import Files

    Operation = Callable[[Files], Any]
    Job = tuple[str, int, Operation]
else:
    import _signal

KEPT_THREADS = 4
"""So many are started without hesitation, and stay when idle."""
GRACE_NS = 5_000_000
"""How long a job waits for a thread before one more is started."""
RETRY_NS = 1_000_000_000
"""How long after the system refused a thread the next is asked for."""
STACK_BYTES = 1 << 20
"""Enough to compile and import a module; less than a huge page, so that a touched stack costs only what it uses."""


class Workers:
    """Runs operations off the main thread; every method is for the main thread."""

    def __init__(self, files: Files, ring: Callable[[], None]) -> None:
        self._files = files
        self._ring = ring
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._done: deque[tuple[str, Completion]] = deque()
        self._lanes: dict[str, deque[tuple[int, Operation]]] = {}  # one job of each lane here is with the threads
        self._token = 0
        self._threads = 0
        self._outstanding = 0  # jobs with the threads: running, or waiting in the queue
        self._late: deque[int] = deque()  # since when the jobs wait for which there is no thread
        self._next_start_ns = 0

    def submit(self, lane: str, operation: Operation, now_ns: int) -> int:
        """Queue an operation behind those of its lane; its token."""
        self._token += 1
        waiting = self._lanes.get(lane)
        if waiting is None:
            self._lanes[lane] = deque()
            self._hand_out(lane, self._token, operation, now_ns)
        else:
            waiting.append((self._token, operation))
        return self._token

    def take(self, now_ns: int) -> list[Completion]:
        """What has ended since the last call; lets the next operation of each of those lanes go."""
        taken: list[Completion] = []
        while self._done:
            lane, completion = self._done.popleft()
            taken.append(completion)
            self._outstanding -= 1
            if self._late:
                self._late.popleft()
            waiting = self._lanes[lane]
            if waiting:
                self._hand_out(lane, *waiting.popleft(), now_ns)
            else:
                del self._lanes[lane]
        while self._threads > max(KEPT_THREADS, self._outstanding):
            self._threads -= 1
            self._jobs.put(None)
        return taken

    def ended(self) -> bool:
        """Whether `take` would return anything."""
        return bool(self._done)

    def start_due_ns(self) -> int | None:
        """When `tend` wants to be called: None while no job waits for a thread."""
        return max(self._late[0] + GRACE_NS, self._next_start_ns) if self._late else None

    def tend(self, now_ns: int) -> None:
        """Start one more thread if one is due."""
        due = self.start_due_ns()
        if due is not None and now_ns >= due:
            self._next_start_ns = now_ns + (GRACE_NS if self._start() else RETRY_NS)

    def close(self) -> None:
        """Let the idle threads end; one that hangs in an operation cannot be ended."""
        for _ in range(self._threads):
            self._jobs.put(None)
        self._threads = 0

    def _hand_out(self, lane: str, token: int, operation: Operation, now_ns: int) -> None:
        self._jobs.put((lane, token, operation))
        self._outstanding += 1
        if self._outstanding > self._threads:
            self._late.append(now_ns)
            if self._threads < KEPT_THREADS:
                self._start()

    def _start(self) -> bool:
        """One more thread, with every signal blocked: signals are the main thread's."""
        before_mask = _signal.pthread_sigmask(_signal.SIG_BLOCK, _signal.valid_signals())
        before_stack = _thread.stack_size(STACK_BYTES)
        try:
            _thread.start_new_thread(self._work, ())
        except RuntimeError:
            return False  # no more threads for us now (RLIMIT_NPROC, pids cgroup)
        finally:
            _thread.stack_size(before_stack)
            _signal.pthread_sigmask(_signal.SIG_SETMASK, before_mask)
        self._threads += 1
        if self._late:
            self._late.popleft()
        return True

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            lane, token, operation = job
            self._done.append((lane, _outcome(token, operation, self._files)))
            del job, operation  # an idle thread keeps nothing alive
            self._ring()


def _outcome(token: int, operation: Operation, files: Files) -> Completion:
    try:
        return Completion(token, operation(files))
    except Exception as error:
        return Completion(token, None, error)
    except BaseException as error:  # SystemExit and the like must not end the thread
        return Completion(token, None, RuntimeError(f"{type(error).__name__} in an operation: {error}"))
