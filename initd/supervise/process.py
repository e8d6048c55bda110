"""One process as the core knows it: its policy and its variables (supervisord-4.3 §2.2). No rules: they are in `rules`."""

from __future__ import annotations

from initd.states import ProcessState
from initd.supervise.policy import ProcessPolicy
from initd.supervise.table import STATE_OF, Phase

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Waiter = tuple[int | None, bool]
    """A request and whether it waits for the end state."""


_DOWN = (Phase.STOPPED, Phase.EXITED, Phase.FATAL)
_COMING = (Phase.SPAWNING, Phase.STARTING, Phase.BACKOFF)


class Process:
    """Mutable, and changed by `rules` alone; readable by everybody.

    `due_ns` and `report_ns` are monotonic deadlines or None. `starters` and `stoppers` are requests not yet answered;
    `queued` are starts that wait for a stop to end (D20). `kills` counts the SIGKILLs of the stop under way.
    `credit_ns` is the rate limit of restarts (D26), see `rules`. `refusal` is the status of the last SpawnFailed.
    """

    __slots__ = FIELDS = (
        "instance", "group", "policy", "phase", "pid", "attempt", "failures", "due_ns", "report_ns", "up_since",
        "ever_started", "start_wall", "stop_wall", "spawnerr", "exitstatus", "stop_wanted", "kills", "credit_ns",
        "starters", "stoppers", "queued", "note", "refusal",
    )  # fmt: skip

    def __init__(self, instance: int, group: str, policy: ProcessPolicy) -> None:
        self.instance = instance
        self.group = group
        self.policy = policy
        self.phase = Phase.STOPPED
        self.pid = 0
        self.attempt = 0
        self.failures = 0
        self.due_ns: int | None = None
        self.report_ns: int | None = None
        self.up_since = 0
        self.ever_started = False
        self.start_wall = 0
        self.stop_wall = 0
        self.spawnerr = ""
        self.exitstatus: int | None = None
        self.stop_wanted = False
        self.kills = 0
        self.credit_ns = 0
        self.starters: tuple[Waiter, ...] = ()
        self.stoppers: tuple[Waiter, ...] = ()
        self.queued: tuple[Waiter, ...] = ()
        self.note: tuple[str, int] | None = None
        self.refusal = 0

    @property
    def name(self) -> str:
        """The process name."""
        return self.policy.name

    @property
    def key(self) -> str:
        """`group:name`."""
        return f"{self.group}:{self.policy.name}"

    @property
    def priority(self) -> int:
        """The process priority."""
        return self.policy.priority

    @property
    def state(self) -> ProcessState:
        """What clients see."""
        return STATE_OF[self.phase]

    @property
    def start_waits(self) -> bool:
        """Whether a start waits for the stop under way (D20)."""
        return bool(self.queued)

    @property
    def restart_waits(self) -> bool:
        """Whether it has EXITED and a restart waits for its turn (D26)."""
        return self.phase is Phase.EXITED and self.due_ns is not None

    @property
    def is_coming(self) -> bool:
        """Whether it is on its way up: STARTING, or waiting for another try."""
        return self.phase in _COMING

    @property
    def at_rest(self) -> bool:
        """Whether it is down and stays so until somebody starts it."""
        return self.phase in _DOWN and self.due_ns is None

    def snapshot(self) -> tuple[Any, ...]:
        """Every variable, in the order of FIELDS."""
        return tuple([getattr(self, field) for field in self.FIELDS])

    @classmethod
    def restore(cls, values: tuple[Any, ...]) -> Process:
        """The process that `snapshot` was taken of."""
        process = cls.__new__(cls)
        for field, value in zip(cls.FIELDS, values, strict=True):
            setattr(process, field, value)
        return process
