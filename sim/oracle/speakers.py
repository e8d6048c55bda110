"""The virtual kernel under supervisor for children that speak: pipes, and what they say and hear when (`sim.broadcast`).

A child is a generator that yields what it waits for: a time, or HEARS for a whole event.
"""

from __future__ import annotations

import errno
import heapq
import signal

from sim.broadcast import STOP_NS, Stream
from sim.oracle.clock import Clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from sim.broadcast import Broadcast, Speaker, Utterance
    from sim.trace import Trace

    Life = Generator["int | None", None, None]

HEARS = None
PIPE_BYTES = 65_536
FIRST_PID = 100


class Child:
    """One child, between fork and reap. `pipe` is what it has not read, `heard` what it has, `said` what it wrote."""

    def __init__(self, pid: int, name: str, stdin: int, stdout: int) -> None:
        self.pid, self.name, self.stdin, self.stdout = pid, name, stdin, stdout
        self.pipe, self.heard, self.said = bytearray(), bytearray(), bytearray()
        self.status: int | None = None
        self.life: Life | None = None
        self.hears = self.stops = False
        self.stream = Stream()


class SpeakingKernel:
    """Processes, pipes and time. What happens is appended to `story`. `pipes()` are those of the child that is being forked."""

    def __init__(self, broadcast: Broadcast, pipes: Callable[[], dict[str, int | None]]) -> None:
        self.clock = Clock()
        self.story: Trace = []
        self.forks: dict[int, str] = {}
        self._speakers = {speaker.name: speaker for speaker in broadcast.speakers}
        self._pipes = pipes
        self._tries: dict[str, int] = {}
        self._last_pid = FIRST_PID - 1
        self._last_number = 0
        self._children: dict[int, Child] = {}
        self._zombies: list[Child] = []
        self._due: list[tuple[int, int, Child, Life]] = []

    def tell(self, who: str, what: str, detail: str) -> None:
        """One more entry, now."""
        self.story.append((self.clock.now_ns, who, what, detail))

    # -- time --------------------------------------------------------------------------------------------------------

    def next_ns(self) -> int | None:
        """When a child does something next."""
        while self._due and (self._due[0][2].status is not None or self._due[0][3] is not self._due[0][2].life):
            heapq.heappop(self._due)
        return self._due[0][0] if self._due else None

    def advance(self, now_ns: int) -> None:
        """Let it be that time, and children do what is due by then."""
        while (due_ns := self.next_ns()) is not None and due_ns <= now_ns:
            self.clock.advance(max(self.clock.now_ns, due_ns))
            self._go_on(heapq.heappop(self._due)[2])
        self.clock.advance(now_ns)

    def has_zombies(self) -> bool:
        """Whether somebody waits to be reaped."""
        return bool(self._zombies)

    def readable(self) -> list[int]:
        """The ends of pipes out of which something can be read."""
        return [child.stdout for child in self._children.values() if child.said]

    # -- children ----------------------------------------------------------------------------------------------------

    def fork(self, name: str) -> int:
        """A new child of that program."""
        self._tries[name] = self._tries.get(name, 0) + 1
        self._last_pid += 1
        pipes = self._pipes()
        stdin, stdout = pipes["stdin"], pipes["stdout"]
        assert stdin is not None and stdout is not None
        child = self._children[self._last_pid] = Child(self._last_pid, name, stdin, stdout)
        self.forks[child.pid] = f"{name}#{self._tries[name]}"
        self.tell(name, "spawn", str(self._tries[name]))
        child.life = self._live(child, self._speakers[name]) if name in self._speakers else _pause()
        self._go_on(child)
        return child.pid

    def _live(self, child: Child, speaker: Speaker) -> Life:
        yield from self._speak(child, speaker.first)
        number = 0
        while speaker.answers:
            while not _take_event(child):
                yield HEARS
            yield from self._speak(child, speaker.answers[min(number, len(speaker.answers) - 1)])
            number += 1
        yield from _pause()

    def _speak(self, child: Child, utterances: tuple[Utterance, ...]) -> Life:
        for each in utterances:
            if each.after_ns:
                yield self.clock.now_ns + each.after_ns
            if each.exits is None:
                child.said += each.text.encode()
            else:
                self._end(child, each.exits << 8)
                yield from _pause()

    def _go_on(self, child: Child) -> None:
        assert child.life is not None
        until_ns = next(child.life)
        child.hears = until_ns is HEARS
        if until_ns is not HEARS and child.status is None:
            self._last_number += 1
            heapq.heappush(self._due, (until_ns, self._last_number, child, child.life))

    def _end(self, child: Child, status: int) -> None:
        child.status = status
        self._zombies.append(child)

    def kill(self, pid: int, number: int) -> None:
        """A signal to a child: SIGKILL ends it at once, any other after STOP_NS, in which it does nothing else."""
        child = self._children.get(abs(pid))
        if child is None:
            raise ProcessLookupError(errno.ESRCH, "No such process")
        if child.status is None and number == signal.SIGKILL:
            self._end(child, int(number))
        elif child.status is None and number and not child.stops:
            child.stops, child.life = True, self._stop(child)
            self._go_on(child)

    def _stop(self, child: Child) -> Life:
        yield self.clock.now_ns + STOP_NS
        self._end(child, 0)
        yield from _pause()

    def outsider(self, name: str) -> None:
        """Somebody else sends that program's process SIGKILL."""
        for child in list(self._children.values()):
            if child.name == name:
                self.kill(child.pid, signal.SIGKILL)

    def waitpid(self) -> tuple[int, int] | tuple[None, None]:
        """Reap the eldest child that has ended, if there is one: so wait4(2) looks for them."""
        if not self._zombies:
            return None, None
        child = min(self._zombies, key=lambda each: each.pid)
        self._zombies.remove(child)
        assert child.status is not None
        return child.pid, child.status

    # -- pipes -------------------------------------------------------------------------------------------------------

    def read(self, fd: int) -> bytes:
        """All there is to read; nothing where nobody will write any more."""
        for child in self._children.values():
            if child.stdout == fd:
                data, child.said = bytes(child.said), bytearray()
                return data
        return b""

    def write(self, fd: int, data: bytes) -> int:
        """What fits; EAGAIN if nothing does, EPIPE where nobody reads any more."""
        child = next((each for each in self._children.values() if each.stdin == fd), None)
        if child is None or child.status is not None:
            raise BrokenPipeError(errno.EPIPE, "Broken pipe")
        size = min(len(data), PIPE_BYTES - len(child.pipe))
        if data and not size:
            raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
        for event in child.stream.feed(data[:size], self.forks):
            self.tell(child.name, "sent", event)
        child.pipe += data[:size]
        if child.hears:
            self._go_on(child)
        return size

    def has_room(self, fd: int) -> bool:
        """Whether a write would take anything, or fail."""
        return all(len(child.pipe) < PIPE_BYTES for child in self._children.values() if child.stdin == fd)

    def close(self, fd: int) -> None:
        """That end is closed; with it goes what was known of a child that has been reaped."""
        for pid, child in list(self._children.items()):
            if fd == child.stdout:
                del self._children[pid]


def _pause() -> Life:
    while True:
        yield HEARS


def _take_event(child: Child) -> bool:
    """It reads what there is, and takes a whole event out of that, if there is one."""
    child.heard += child.pipe
    child.pipe.clear()
    head, newline, rest = bytes(child.heard).partition(b"\n")
    if not newline:
        return False
    length = int(dict(word.split(":", 1) for word in head.decode().split(" "))["len"])
    if len(rest) < length:
        return False
    child.heard[:] = rest[length:]
    return True
