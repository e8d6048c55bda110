"""What the end of one program means for all of them: whether the daemon ends with it, and with which exit status.

Off until asked for: supervisord goes on whatever becomes of its programs, and always exits with 0. Only ends by themselves
count here, and only until a shutdown or restart begins; the first that counts is the cause, and nothing replaces it.
"""

from __future__ import annotations

from initd.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from initd.supervise.events import Reaped
    from initd.supervise.policy import ExitPolicy
    from initd.supervise.process import Process

NONE, FIRST_FAILURE = "none", "first-failure"
"""Values of `ExitPolicy.code_from` that name no process."""
FATAL_CODE = 1


class Cause(Record):
    """Why the daemon ends by itself: the program, its status as a shell tells it, the option that says so, and how it ended."""

    program: str
    code: int
    option: str
    how: str

    def __str__(self) -> str:
        return f"{self.program} {self.how}"


class Conclusion:
    """What has been seen of ends; `due` says that there is something to decide.

    `cause` is what ended the daemon, `failure` the first program that failed for good. `last` is the status of the process
    whose status is the daemon's, and whether it ended by itself.
    """

    FIELDS = ("due", "idle", "cause", "failure", "last")
    __slots__ = (*FIELDS, "policy")

    def __init__(self, policy: ExitPolicy) -> None:
        self.policy = policy
        self.due = self.idle = False
        self.cause: Cause | None = None
        self.failure: Cause | None = None
        self.last: tuple[int, bool] | None = None

    def buried(self, process: Process, event: Reaped, by_itself: bool) -> None:
        """A child has ended."""
        if self._follows(process):
            self.last = event.code, by_itself

    def exited(self, process: Process, event: Reaped, expected: bool, for_good: bool) -> bool:
        """EXITED by itself; whether that ends everything."""
        option = process.policy.ends.of_exit(expected, for_good)
        how = f"exited ({event.cause}; {'' if expected else 'not '}expected)"
        return self._ended(Cause(process.key, event.code, option, how), not expected and for_good, for_good)

    def gave_up(self, process: Process) -> bool:
        """FATAL; whether that ends everything."""
        code = self.policy.fatal_code
        if code is None:
            code = process.refusal if process.policy.last and process.refusal else FATAL_CODE
        if self._follows(process):
            self.last = code, True
        how = f"entered FATAL state: {process.spawnerr}"
        return self._ended(Cause(process.key, code, process.policy.ends.of_fatal(), how), True, True)

    def _ended(self, what: Cause, failed: bool, for_good: bool) -> bool:
        if failed and self.failure is None:
            self.failure = what
        if what.option and self.cause is None:
            self.cause = what
        self.due = self.due or self.cause is not None or (for_good and self.policy.when_idle)
        return self.cause is not None

    def _follows(self, process: Process) -> bool:
        wanted = self.policy.code_from
        return process.policy.ends.main if not wanted else wanted == process.key

    def code(self) -> int:
        """The exit status of the daemon as it would be now."""
        wanted, failed = self.policy.code_from, self.failure.code if self.failure is not None else 0
        if wanted == NONE:
            return 0
        if wanted == FIRST_FAILURE:
            return failed
        status, by_itself = self.last if self.last is not None else (0, False)
        if by_itself:
            return status
        if self.cause is not None:
            return self.cause.code
        return failed if self.last is None and self.idle else status

    def snapshot(self) -> tuple[Any, ...]:
        """The policy and every variable, in the order of FIELDS."""
        return (self.policy, *[getattr(self, field) for field in self.FIELDS])

    @classmethod
    def restore(cls, values: tuple[Any, ...]) -> Conclusion:
        """The conclusion that `snapshot` was taken of."""
        conclusion = cls(values[0])
        for field, value in zip(cls.FIELDS, values[1:], strict=True):
            setattr(conclusion, field, value)
        return conclusion
