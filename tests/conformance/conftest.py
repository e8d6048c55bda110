"""What runs on every change, and what only in the long run."""

from __future__ import annotations

import os

# Some of its scenarios wait for stock's one-second loops longer than a loaded machine allows: by hand, from .ci/long.
collect_ignore = [] if os.environ.get("INITD_LONG") else ["test_lifecycle.py"]
