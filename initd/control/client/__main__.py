"""`python -m initd.control.client`: initctl where it is not installed as a command."""

from __future__ import annotations

import sys

from initd.control.client import main

sys.exit(main())
