"""Work that waits without blocking: generators that yield what they wait for, and the two ways to drive them.

A `Later` is a function that takes a callback and calls it exactly once, at once or in a later turn; the generator that
yielded it goes on with that value, or finds it raised if it is an exception. The daemon's calls are Laters once all
but their last argument are given.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from typing import Any

    from initd.drive.loop import Loop
    from initd.kernel.port import Files

    Later = Callable[[Callable[[Any], None]], None]
    Steps = Generator[Later, Any, Any]
    Pieces = Generator[bytes | Later, Any, None]


def run(steps: Steps, done: Callable[[Any], None]) -> None:
    """Drive `steps` to its end, then call `done` with its value, or with the exception that ended it."""
    _Run(steps, done).answer(None)


def off_loop(loop: Loop, lane: str, operation: Callable[[Files], Any]) -> Later:
    """An operation that may hang on the outside, as something to wait for."""

    def later(answer: Callable[[Any], None]) -> None:
        loop.submit(lane, operation, lambda value, error: answer(value if error is None else error))

    return later


def next_turn(loop: Loop) -> Later:
    """Lets everybody else have a turn."""
    return lambda answer: loop.soon(lambda: answer(None))


def together(laters: Sequence[Later]) -> Later:
    """Asks for all of them at once, and goes on with the list of their answers, in the order they came."""

    def later(answer: Callable[[Any], None]) -> None:
        answers: list[Any] = []

        def answered(value: Any) -> None:
            answers.append(value)
            if len(answers) == len(laters):
                answer(answers)

        for each in laters:
            each(answered)

    return later


def pause(loop: Loop, duration_ns: int) -> Later:
    """Goes on after that much time."""

    def later(answer: Callable[[Any], None]) -> None:
        loop.after(duration_ns, lambda: answer(None))

    return later


class _Run:
    """One generator being driven; answers that come while it runs are taken up in the same loop, not by recursion."""

    __slots__ = ("_busy", "_done", "_inbox", "_steps")

    def __init__(self, steps: Steps, done: Callable[[Any], None]) -> None:
        self._steps, self._done = steps, done
        self._inbox: list[Any] = []
        self._busy = False

    def answer(self, value: Any) -> None:
        self._inbox.append(value)
        if self._busy:
            return
        self._busy = True
        while self._inbox:
            try:
                later = resume(self._steps, self._inbox.pop())
            except StopIteration as end:
                self._done(end.value)
                return
            except Exception as error:  # whoever waits for the steps has to hear of it
                self._done(error)
                return
            try:
                later(self.answer)
            except Exception as error:  # refused on the spot: the steps decide what that means
                self._inbox.append(error)
        self._busy = False


class Supply:
    """The pieces of a reply, taken one at a time while its generator may wait; `wake` is called when it can go on."""

    __slots__ = ("_answer", "_asking", "_pieces", "_wake", "finished", "waiting")

    def __init__(self, pieces: Pieces, wake: Callable[[], None]) -> None:
        self._pieces, self._wake = pieces, wake
        self._answer: Any = None
        self._asking = False
        self.waiting = False
        self.finished = False

    def take(self) -> bytes:
        """The next piece; b"" when there is none yet or no more. Raises what the generator raises."""
        self._asking = True
        try:
            while not self.waiting and not self.finished:
                value, self._answer = self._answer, None
                item = resume(self._pieces, value)
                if isinstance(item, bytes):
                    return item
                self._wait(item)
        except StopIteration:
            self.finished = True
        finally:
            self._asking = False
        return b""

    def _wait(self, later: Later) -> None:
        self.waiting = True
        try:
            later(self._answered)
        except Exception as error:  # refused on the spot: the generator decides what that means
            self._answered(error)

    def _answered(self, value: Any) -> None:
        self._answer, self.waiting = value, False
        if not self._asking:
            self._wake()

    def drop(self) -> None:
        """Nobody wants the rest."""
        self.finished = True
        if not self._asking:
            self._pieces.close()


def resume(generator: Generator[Any, Any, Any], value: Any) -> Any:
    """The next thing the generator yields, after handing it a value or raising an exception in it."""
    return generator.throw(value) if isinstance(value, Exception) else generator.send(value)
