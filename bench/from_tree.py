"""Runs initd from this tree as its installed script would: isolated, without site."""

import gc
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PREFIX = os.path.dirname(os.path.dirname(sys.executable))
sys.path += [ROOT, f"{PREFIX}/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"]

gc.disable()
from initd.cli import main  # noqa: E402  the path had to be known

raise SystemExit(main())
