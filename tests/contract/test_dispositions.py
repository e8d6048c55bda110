"""What a program that sets nothing itself starts with (signal(7) on execve)."""

from __future__ import annotations

from initd.signals import SIGCHLD, SIGHUP, SIGINT, SIGPIPE, SIGTERM, SIGXFSZ
from tests.contract.contracts import contract
from tests.contract.world import World


@contract("spawn-pipe-signal-stays-ignored")
def test_a_program_starts_with_sigpipe_and_sigxfsz_ignored_and_nothing_else(world: World) -> None:
    kernel = world.kernel
    kernel.catch_signals([SIGHUP, SIGINT, SIGTERM, SIGCHLD])
    reader, writer = kernel.pipe()
    plain = world.spec([], reader, writer, writer).replace(path="/bin/sleep", argv=("sleep", "30"))
    for spec in (plain, plain.replace(directory="/")):
        child = kernel.spawn(spec)
        if child.note_fd >= 0:
            assert world.readable(child.note_fd)
        assert world.ignored(child.pid) == {SIGPIPE, SIGXFSZ}
