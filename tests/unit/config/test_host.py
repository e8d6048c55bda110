from __future__ import annotations

import os
import pwd

from initd.kernel.linux_files import LinuxFiles
from tests.unit.config.memory import host


def test_an_unknown_user_has_no_home() -> None:
    assert host().home("nobody") is None
    assert host(environ={}, uid=77).home() is None


def test_the_files_of_a_real_system_serve_a_host() -> None:
    real = host(environ={}, uid=os.getuid()).replace(files=LinuxFiles())
    assert real.home() == pwd.getpwuid(os.getuid()).pw_dir
