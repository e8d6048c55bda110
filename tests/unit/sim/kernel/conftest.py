"""A simulated daemon that starts programs by name."""

from __future__ import annotations

from typing import Any

import pytest

from initd.kernel.port import Child, SpawnSpec
from initd.signals import SIGCHLD
from sim.kernel import SimKernel


class Bench:
    """Makes kernels and spawns on them: one program, `/bin/prog`."""

    def kernel(self, programs: Any = "run forever", **options: Any) -> SimKernel:
        kernel = SimKernel(programs=programs, **options)
        kernel.files.program("/bin/prog")
        kernel.catch_signals([SIGCHLD])
        return kernel

    def spawn(self, kernel: SimKernel, name: str = "prog", **changes: Any) -> tuple[Child, int]:
        """The child and our end of its output; it has the daemon's /dev/null as stdin."""
        reader, writer = kernel.pipe()
        kernel.set_nonblocking(reader)
        spec = SpawnSpec("/bin/prog", (name,), {}, 0, writer, writer)
        child = kernel.spawn(spec.replace(**changes))
        kernel.close(writer)
        return child, reader


@pytest.fixture
def bench() -> Bench:
    return Bench()
