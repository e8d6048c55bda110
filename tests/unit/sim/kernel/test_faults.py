"""Errors on demand, by call and by path."""

from __future__ import annotations

import errno

import pytest

from initd.errors import KernelError
from initd.kernel.port import SetupFailed
from initd.signals import SIGKILL, SIGTERM
from sim.kernel import BlockedLoop


def test_a_call_fails_once_and_then_goes_well(bench) -> None:
    kernel = bench.kernel()
    child, _ = bench.spawn(kernel)
    kernel.faults.fail("kill", errno.EPERM)
    with pytest.raises(PermissionError):
        kernel.kill(child.pid, SIGTERM)
    kernel.kill(child.pid, SIGTERM)
    kernel.poll(None)
    assert kernel.reap(child.pid).signal == SIGTERM


def test_the_nth_matching_call_fails(bench) -> None:
    kernel = bench.kernel()
    kernel.faults.fail("pipe", errno.EMFILE, nth=2)
    kernel.pipe()
    with pytest.raises(KernelError) as error:
        kernel.pipe()
    assert (error.value.errno, error.value.stage) == (errno.EMFILE, "pipe")
    kernel.pipe()


def test_a_predicate_picks_the_calls_that_fail_for_ever(bench) -> None:
    kernel = bench.kernel()
    fault = kernel.faults.fail("kill", errno.EPERM, times=None, when=lambda pid, signal: signal == SIGKILL)
    child, _ = bench.spawn(kernel)
    for _ in range(3):
        with pytest.raises(PermissionError):
            kernel.kill(child.pid, SIGKILL)
    kernel.kill(child.pid, 0)
    assert fault.fired == 3


def test_a_failed_spawn_is_a_failed_fork_and_leaves_nothing_behind(bench) -> None:
    kernel = bench.kernel()
    kernel.faults.fail("spawn", errno.ENOMEM)
    with pytest.raises(KernelError) as error:
        bench.spawn(kernel)
    assert (error.value.errno, error.value.stage) == (errno.ENOMEM, "fork")
    assert kernel.children() == []


@pytest.mark.parametrize("stage", ["setuid", "chdir", "exec"])
def test_a_child_fails_at_the_stage_that_is_made_to_fail(bench, stage) -> None:
    from initd.kernel.port import UserIdentity, parse_note

    kernel = bench.kernel()
    kernel.faults.fail(stage, errno.EIO)
    child, _ = bench.spawn(kernel, user=UserIdentity(5, 5), directory="/tmp")
    kernel.poll(0)
    assert parse_note(kernel.read(child.note_fd, 100)) == SetupFailed(stage, errno.EIO)
    assert kernel.reap(child.pid).code == 127


def test_a_behaviour_can_fail_to_execute(bench) -> None:
    kernel = bench.kernel("exec fails ETXTBSY")
    child, reader = bench.spawn(kernel)
    assert child.failed == SetupFailed("exec", errno.ETXTBSY)
    kernel.poll(None)
    assert kernel.reap(child.pid).code == 127
    assert b"couldn't exec prog: ETXTBSY" in kernel.read(reader, 1000)


def test_heal_ends_every_fault(bench) -> None:
    kernel = bench.kernel()
    kernel.faults.fail("pipe", errno.EMFILE, times=None)
    kernel.files.fail("/var/log", errno.EIO)
    kernel.heal()
    kernel.pipe()
    kernel.files.open_append("/var/log/x")


def test_a_path_fails_with_everything_below_it(bench) -> None:
    files = bench.kernel().files
    files.put("/var/log/web.log", b"x")
    files.fail("/var/log", errno.EROFS)
    for call in (files.open_append, files.size, files.unlink):
        with pytest.raises(OSError) as error:
            call("/var/log/web.log")
        assert error.value.errno == errno.EROFS
    files.put("/var/logs", b"x")
    assert files.size("/var/logs") == 1


def test_an_open_file_fails_by_the_path_it_was_opened_under_for_the_calls_named(bench) -> None:
    files = bench.kernel().files
    fd = files.open_append("/var/log/web.log")
    files.fail("/var/log/web.log", errno.ENOSPC, "append", times=1)
    with pytest.raises(OSError) as error:
        files.append(fd, b"x")
    assert error.value.errno == errno.ENOSPC
    assert files.append(fd, b"x") == 1


def test_a_call_on_files_fails_by_name(bench) -> None:
    files = bench.kernel().files
    files.put("/var/log/a", b"")
    files.faults.fail("rename", errno.EIO, when=lambda old, new: new == "/var/log/b")
    files.rename("/var/log/a", "/var/log/c")
    with pytest.raises(OSError):
        files.rename("/var/log/c", "/var/log/b")
    assert files.exists("/var/log/c") and not files.exists("/var/log/b")


def test_the_loop_itself_must_not_touch_what_hangs(bench) -> None:
    files = bench.kernel().files
    files.hang("/mnt")
    with pytest.raises(BlockedLoop):
        files.size("/mnt/x")
