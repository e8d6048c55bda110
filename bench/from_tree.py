"""Runs initd from this tree as its installed script would: isolated, without site, with what is built in alone."""

import gc
import sys

ROOT = __file__.rsplit("/", 2)[0]
PREFIX = sys.executable.rsplit("/", 2)[0]
sys.path += [ROOT, f"{PREFIX}/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"]

gc.disable()
from initd.cli import main  # noqa: E402  the path had to be known

raise SystemExit(main())
