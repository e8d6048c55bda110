"""Resource limits: those stock raises at start, those the daemon adds for itself, those a child starts with. getrlimit(2)

Stock's `minfds` and `minprocs` (supervisord-4.3 §1.7) reach the children. The daemon needs more descriptors than any of
them, so it raises its own soft limit further, and each child gets the lower one back (`SpawnSpec.nofile`).
"""

from __future__ import annotations

import errno
import resource

from initd.errors import InitdError
from initd.record import Record

MOST_OWN_NOFILE = 1 << 20
"""No daemon needs more, and code in us that walks all possible descriptors should not walk a billion."""


class LimitError(InitdError, OSError):
    """A limit that cannot be raised to `wanted`; `name` as in getrlimit(2), `hard` is what the environment allows."""

    def __init__(self, number: int, name: str, wanted: int, hard: int) -> None:
        OSError.__init__(self, number, f"{name}: {wanted} wanted, {hard} allowed")
        self.name, self.wanted, self.hard = name, wanted, hard


class Limits(Record):
    """What `raise_limits` did: lines for the main log, and the soft RLIMIT_NOFILE that children must start with."""

    notes: tuple[str, ...]
    child_nofile: int


def raise_limits(minfds: int, minprocs: int) -> Limits:
    """Raise the soft limits to at least these, as stock does, then our own RLIMIT_NOFILE to the hard limit.

    Raises LimitError when the environment allows less.
    """
    notes = []
    for name, wanted in (("RLIMIT_NOFILE", minfds), ("RLIMIT_NPROC", minprocs)):
        if _raise_one(name, wanted):
            notes.append(f"Increased {name} limit to {wanted}")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    own = MOST_OWN_NOFILE if hard == resource.RLIM_INFINITY else min(hard, MOST_OWN_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < own:
        set_soft_nofile(own)
    return Limits(tuple(notes), soft)


def set_soft_nofile(soft: int) -> tuple[int, int]:
    """Set our soft RLIMIT_NOFILE, or the hard limit if that is lower; the (soft, hard) of before."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    hard = before[1]
    if soft > hard != resource.RLIM_INFINITY:
        soft = hard
    if soft != before[0]:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return before


def _raise_one(name: str, wanted: int) -> bool:
    which = getattr(resource, name)
    soft, hard = resource.getrlimit(which)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return False
    top = hard if hard == resource.RLIM_INFINITY else max(hard, wanted)  # above the hard limit: root may
    try:
        resource.setrlimit(which, (wanted, top))
    except (OSError, ValueError) as error:  # ValueError is what the module makes of EPERM and EINVAL
        raise LimitError(getattr(error, "errno", None) or errno.EPERM, name, wanted, hard) from error
    return True
