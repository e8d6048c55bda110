"""A disk that answers nobody: whoever waits for it cannot be killed, and nobody else waits (fsfreeze(8))."""

from __future__ import annotations

from initd.signals import SIGKILL
from tests.contract.contracts import contract
from tests.contract.world import World


def waits_for_good(world: World, pid: int) -> bool:
    """Whether a process is in disk sleep at ten looks in a row: a start on a busy machine waits for other disks too."""
    for _ in range(10):
        if world.state(pid) != "D":
            return False
        world.let_pass(0.02)
    return True


@contract("kill-waits-for-uninterruptible-sleep")
def test_sigkill_waits_for_a_child_in_disk_sleep(world: World) -> None:
    with world.frozen_disk() as (disk, thaw):
        kid = world.spawn([["save", f"{disk}/file", "x"], ["exit", 0]])
        world.until(lambda: waits_for_good(world, kid.pid))
        kid.kill(SIGKILL)
        world.let_pass(0.05)
        assert world.state(kid.pid) == "D"
        assert world.kernel.peek_exited() is None
        thaw()
        assert kid.end().signal == SIGKILL


@contract()
def test_a_child_in_disk_sleep_goes_on_when_the_disk_is_back(world: World) -> None:
    with world.frozen_disk() as (disk, thaw):
        kid = world.spawn([["save", f"{disk}/file", "{pid}\n"], ["exit", 3]])
        world.until(lambda: waits_for_good(world, kid.pid))
        thaw()
        assert kid.end().code == 3
        assert world.files.read_file(f"{disk}/file") == f"{kid.pid}\n".encode()


@contract()
def test_an_operation_on_a_frozen_disk_holds_up_no_other_lane(world: World) -> None:
    with world.frozen_disk() as (disk, thaw):
        done = []

        def came(token: int) -> bool:
            done.extend(one.token for one in world.kernel.take_completions())
            return token in done

        stuck = world.kernel.submit("stuck", lambda files: files.write_file(f"{disk}/file", b"x"))
        behind = world.kernel.submit("stuck", lambda files: files.size(f"{disk}/file"))
        others = [world.kernel.submit(f"lane {number}", lambda files: files.listdir("/tmp")) for number in range(8)]
        for token in others:
            world.until(lambda: came(token))  # noqa: B023 - used at once
        assert stuck not in done and behind not in done
        thaw()
        world.until(lambda: came(behind))
        assert done.index(stuck) < done.index(behind)
