"""What supervisor writes into its main log, kept as (time_ns, level, text)."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.oracle.clock import Clock


class MainLog:
    """Takes the place of supervisor's logger. Levels below info are left out."""

    def __init__(self) -> None:
        self.lines: list[tuple[int, str, str]] = []
        self._clock: Clock | None = None

    def bound(self, clock: Clock) -> MainLog:
        """This log, with the clock of the play that is about to write into it."""
        self._clock = clock
        return self

    def debug(self, *_text: object, **_fields: object) -> None:
        """Not kept."""

    blather = trace = debug

    def info(self, text: str) -> None:
        """An `info` line."""
        self._keep("info", text)

    def warn(self, text: str) -> None:
        """A `warn` line."""
        self._keep("warn", text)

    def error(self, text: str) -> None:
        """An `erro` line."""
        self._keep("erro", text)

    def critical(self, text: str) -> None:
        """A `crit` line."""
        self._keep("crit", text)

    def _keep(self, level: str, text: str) -> None:
        assert self._clock is not None
        self.lines.append((self._clock.now_ns, level, text))
