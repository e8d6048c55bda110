"""A program of a scenario in one line: what is not as by default, and what becomes of its children."""

from __future__ import annotations

from sim.scenario import Program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.scenario import Life


def described(name: str, program: Program) -> str:
    """`a:a  startsecs=0  lives: 0.5s then exit 1; for ever`."""
    values = dict(zip(Program._fields, program.values()))
    changed = [
        f"{field}={_value(value)}"
        for field, value in values.items()
        if field not in ("name", "lives") and value != Program._defaults[field]
    ]
    options = f"  {' '.join(changed)}" if changed else ""
    return f"{name}{options}  lives: {'; '.join(map(lived, program.lives))}"


def lived(life: Life) -> str:
    """What becomes of one child."""
    if life.refused:
        return f"fork refused ({life.refused})"
    said = "for ever" if life.ends_ns is None else f"{seconds(life.ends_ns)} then {ended(life.status)}"
    if life.stop_ns is None:
        said += ", ignores signals"
    elif life.stop_ns or life.stop_status is not None:
        how = "" if life.stop_status is None else f" with exit {life.stop_status}"
        said += f", stops {seconds(life.stop_ns)} after a signal{how}"
    return said + (f", dies {seconds(life.kill_ns)} after SIGKILL" if life.kill_ns else "")


def ended(status: int) -> str:
    """How a child ended that ended with that status."""
    return f"exit {status}" if status >= 0 else f"death by signal {-status}"


def seconds(time_ns: int) -> str:
    """A time to the nanosecond, without zeros that say nothing."""
    whole, rest = divmod(abs(time_ns), 1_000_000_000)
    fraction = f"{rest:09d}".rstrip("0")
    return f"{'-' * (time_ns < 0)}{whole}{'.' * bool(fraction)}{fraction}s"


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value)) or "none"
    return str(value).lower() if isinstance(value, bool) else str(value)
