"""`python -m initd`: the same as the command `initd`."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal as _signal
else:
    import _signal

HELD = _signal.pthread_sigmask(_signal.SIG_BLOCK, _signal.valid_signals())

from initd.cli import main  # noqa: E402  signals had to be held

raise SystemExit(main(held=HELD))
