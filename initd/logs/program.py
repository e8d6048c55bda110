"""What one run of a program needs for its two output streams: targets opened before it, pipes while it lives.

`prepare_logs` runs off the loop, before the fork; its OSError is a spawn error (supervisord-4.3 §2.5, §4.2). The rest
runs on the loop. One `ProgramLogs` serves one run: a restart prepares anew.
"""

from __future__ import annotations

from initd.logs.pipe import OutputPipe, Tap
from initd.logs.rotate import LogTarget, RotatingFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from initd.kernel.port import Files
    from initd.logs.sinks import Done, Intake, Sink, SinkTable

__all__ = ["LogTarget", "OpenLogs", "ProgramLogs", "Tap", "prepare_logs"]


class OpenLogs:
    """The open targets of a run that is being prepared; None for a stream without a log."""

    def __init__(self, stdout: RotatingFile | None, stderr: RotatingFile | None) -> None:
        self.stdout, self.stderr = stdout, stderr

    @property
    def sizes(self) -> tuple[int, int]:
        """How long the two files are; 0 where there is none."""
        return self.stdout.size if self.stdout else 0, self.stderr.size if self.stderr else 0


def prepare_logs(files: Files, stdout: LogTarget | None, stderr: LogTarget | None) -> OpenLogs:
    """Open the targets, creating them; raises OSError with nothing left open."""
    first = None if stdout is None else RotatingFile.open(files, stdout)
    try:
        return OpenLogs(first, None if stderr is None else RotatingFile.open(files, stderr))
    except OSError:
        if first is not None:
            first.close(files)
        raise


class ProgramLogs:
    """The streams of one run, each with its tap; `besides`, by channel, adds to where its log goes."""

    def __init__(
        self,
        sinks: SinkTable,
        opened: OpenLogs,
        stdout: Tap | None = None,
        stderr: Tap | None = None,
        besides: Mapping[str, Callable[[Sink], Intake]] | None = None,
    ) -> None:
        self._table = sinks
        self._taps = {"stdout": stdout or Tap(), "stderr": stderr or Tap()}
        self._besides = besides or {}
        self._stdout, self._stderr = sinks.adopt(opened.stdout), sinks.adopt(opened.stderr)
        self._pipes: list[OutputPipe] = []
        self._released = False

    def attach(self, stdout_fd: int, stderr_fd: int | None) -> None:
        """The program has been started: read these pipes from now on, and own them. None if stderr goes to stdout.

        OSError where one of them cannot be watched: nobody reads that, and it is closed.
        """
        try:
            self._pipes.append(self._pipe("stdout", stdout_fd, self._stdout))
        except OSError:
            if stderr_fd is not None:
                self._table.loop.kernel.close(stderr_fd)
            raise
        if stderr_fd is not None:
            self._pipes.append(self._pipe("stderr", stderr_fd, self._stderr))

    def finish(self, done: Done | None = None) -> None:
        """The program has ended and is not reaped yet: drain and close its pipes; `done` when the logs are closed."""
        try:
            for pipe in self._pipes:
                pipe.drain_at_exit()
        finally:
            self._release(done)

    def discard(self, done: Done | None = None) -> None:
        """The program was not started after all."""
        for pipe in self._pipes:
            pipe.close()
        self._release(done)

    def reopen(self, done: Done | None = None) -> None:
        """Follow the paths to new files, after a rotation from outside; nothing once the run is over."""
        both = Joint(2, done or _ignore)
        for sink in self._live_sinks(both):
            sink.reopen(both)

    def clear(self, done: Done) -> None:
        """Unlink the files and start new ones; nothing for streams, and nothing once the run is over."""
        both = Joint(2, done)
        for sink in self._live_sinks(both):
            sink.clear(both)

    def settle(self, done: Done) -> None:
        """Answer when what has been read by now is in the logs, also after the end of the run; see Sink.settle."""
        both = Joint(2, done)
        self._stdout.settle(both)
        self._stderr.settle(both)

    def _pipe(self, channel: str, fd: int, sink: Sink) -> OutputPipe:
        beside = self._besides.get(channel)
        return OutputPipe(self._table.loop, fd, sink if beside is None else beside(sink), self._taps[channel])

    def _release(self, done: Done | None) -> None:
        both = Joint(2, done) if done is not None else None
        for sink in self._live_sinks(both):
            self._table.release(sink, both)
        self._released = True

    def _live_sinks(self, both: Joint | None) -> tuple[Sink, ...]:
        if not self._released:
            return self._stdout, self._stderr
        if both is not None:
            both(None)
            both(None)
        return ()


class Joint:
    """Calls `done` with the first error once there have been so many answers."""

    def __init__(self, count: int, done: Done) -> None:
        self._done = done
        self._missing = count
        self._error: OSError | None = None

    def __call__(self, error: OSError | None) -> None:
        self._missing -= 1
        self._error = self._error or error
        if not self._missing:
            self._done(self._error)


def _ignore(_error: OSError | None) -> None:
    """For callers who do not wait."""
