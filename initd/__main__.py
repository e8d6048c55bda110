"""`python -m initd`: the same as the command `initd`."""

from __future__ import annotations

from initd.cli import main

raise SystemExit(main())
