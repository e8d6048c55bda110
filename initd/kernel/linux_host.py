"""This machine, as configuration sees it: what `initd.config.host` asks for, taken from our own process."""

from __future__ import annotations

import os
import sys

from initd.config.host import Host
from initd.kernel.linux_files import LinuxFiles


def linux_host(program: str) -> Host:
    """Where we are; `program` is how we were called."""
    environ = dict(os.environ)
    tempdir = next(
        (environ[name] for name in ("TMPDIR", "TEMP", "TMP") if os.path.isdir(environ.get(name, ""))), "/tmp"
    )
    try:
        cwd = os.getcwd()
    except OSError:  # it was removed; what is absolute still works
        cwd = "/"
    # One encoding for what is read and for names, arguments and paths: so every byte comes out as it was written.
    encoding = sys.getfilesystemencoding()
    return Host(environ, cwd, os.uname().nodename, tempdir, program, LinuxFiles(), os.getuid(), encoding)
