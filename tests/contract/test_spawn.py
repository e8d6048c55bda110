"""Starting children: what they see, how a start fails, and that nothing of it sticks to us (supervisord-4.3 §3)."""

from __future__ import annotations

import errno

from initd.errors import KernelError
from initd.kernel.port import ExitStatus, SetupFailed, UserIdentity, parse_note
from initd.signals import SIGTERM
from tests.contract.contracts import contract
from tests.contract.world import Kid, World

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PASSERBY = 4321


def both_ways(world: World) -> list[dict[str, Any]]:
    """Options that are spawned without and with a child that prepares itself."""
    return [{}, {"directory": world.directory}]


def start(world: World, **changes: Any) -> Kid:
    """A child that is not a script."""
    kernel = world.kernel
    theirs_in, ours_in = kernel.pipe()
    ours_out, theirs_out = kernel.pipe()
    ours_err, theirs_err = kernel.pipe()
    child = kernel.spawn(world.spec([], theirs_in, theirs_out, theirs_err).replace(**changes))
    for fd in (theirs_in, theirs_out, theirs_err):
        kernel.close(fd)
    for fd in (ours_out, ours_err):
        kernel.set_nonblocking(fd)
    return Kid(world, child, ours_in, ours_out, ours_err)


def failure(kid: Kid) -> SetupFailed | None:
    """What became of the set-up of a child."""
    note = kid.child.note_fd
    if note < 0:
        return kid.child.failed
    assert kid.child.failed is None
    assert kid.world.readable(note)
    return parse_note(kid.world.kernel.read(note, 100))


def last_words(kid: Kid) -> str:
    """Its stderr, to the end."""
    kid.stdout = kid.stderr
    return kid.output().decode()


def assert_fails(kid: Kid, stage: str, number: int, first_line: str) -> None:
    assert failure(kid) == SetupFailed(stage, number)
    assert last_words(kid) == f"supervisor: {first_line}\nsupervisor: child process was not spawned\n"
    assert kid.end() == ExitStatus(127)


@contract("spawn-inherits-only-stdio")
def test_a_child_has_its_three_streams_and_nothing_else(world: World) -> None:
    stray = world.kernel.pipe()
    for options in both_ways(world):
        assert world.spawn([["tell", "fds"]], **options).facts() == {"fds": "0,1,2"}
    for fd in stray:
        world.kernel.close(fd)


@contract()
def test_a_child_reads_and_writes_the_pipes_it_was_given(world: World) -> None:
    for options in both_ways(world):
        kid = world.spawn([["copy"], ["write", "err", "done\n"]], **options)
        assert world.kernel.write(kid.stdin, b"to and fro\n") == 11
        assert kid.line() == "to and fro"
        world.kernel.close(kid.stdin)
        assert kid.end() == ExitStatus(0)
        assert last_words(kid) == "done\n"


@contract("spawn-pipe-signal-stays-ignored")
def test_a_child_that_writes_to_nobody_gets_an_error_and_no_signal(world: World) -> None:
    for options in both_ways(world):
        kid = world.spawn([["read"], ["write", "out", "to nobody"], ["pause"]], **options)
        world.kernel.close(kid.stdout)
        world.kernel.close(kid.stdin)
        assert kid.end() == ExitStatus(1)


@contract()
def test_a_child_sees_the_environment_directory_umask_and_limit_it_was_given(world: World) -> None:
    told = [["tell", "env:ONE", "umask", "nofile"]]
    for options in both_ways(world):
        kid = world.spawn(told, env={"ONE": "1"}, umask=0o027, nofile=200, **options)
        assert kid.facts() == {"env:ONE": "1", "umask": "0027", "nofile": "200"}
        assert world.spawn([["tell", "umask"]], umask=0, **options).facts() == {"umask": "0000"}
    assert world.spawn([["tell", "cwd"]], directory=world.directory).facts() == {"cwd": world.directory}


@contract()
def test_what_is_set_for_a_child_is_not_set_for_us_or_the_next_child(world: World) -> None:
    first = world.spawn([["tell", "umask", "nofile", "cwd"]]).facts()
    limit = world.kernel.open_limit()
    for options in both_ways(world):
        world.spawn([["exit", 0]], umask=0o137, nofile=100, **options).end()
        start(world, path=world.path("missing"), umask=0o137, nofile=100, **options).end()
    assert world.kernel.open_limit() == limit
    assert world.spawn([["tell", "umask", "nofile", "cwd"]]).facts() == first


@contract("note-eof-is-success")
def test_a_child_that_became_its_program_says_nothing_in_its_note(world: World) -> None:
    for options in both_ways(world):
        assert failure(world.ready([], **options)) is None


@contract("exec-missing-enoent", "setup-failure-two-lines-and-127")
def test_a_missing_program_is_enoent(world: World) -> None:
    for options in both_ways(world):
        kid = start(world, path=world.path("missing"), argv=("as", "written"), **options)
        assert_fails(kid, "exec", errno.ENOENT, "couldn't exec as: ENOENT")


@contract("exec-not-executable-eacces")
def test_a_program_without_permission_and_a_directory_are_eacces(world: World) -> None:
    world.put_file(world.path("data"), b"#!/bin/sh\n", 0o644)
    world.make_directory(world.path("directory"))
    for options in both_ways(world):
        for name in ("data", "directory"):
            kid = start(world, path=world.path(name), argv=(name,), **options)
            assert_fails(kid, "exec", errno.EACCES, f"couldn't exec {name}: EACCES")


@contract("exec-no-format-enoexec")
def test_a_script_without_an_interpreter_line_is_enoexec(world: World) -> None:
    world.put_file(world.path("script"), b"echo hello\n", 0o755)
    for options in both_ways(world):
        kid = start(world, path=world.path("script"), argv=("script",), **options)
        assert_fails(kid, "exec", errno.ENOEXEC, "couldn't exec script: ENOEXEC")


@contract("exec-missing-interpreter-enoent")
def test_a_script_with_a_missing_interpreter_is_enoent(world: World) -> None:
    world.put_file(world.path("script"), b"#!/no/such/interpreter\n", 0o755)
    for options in both_ways(world):
        kid = start(world, path=world.path("script"), argv=("script",), **options)
        assert_fails(kid, "exec", errno.ENOENT, "couldn't exec script: ENOENT")


@contract("setup-directory-missing")
def test_a_directory_that_cannot_be_entered_fails_the_set_up(world: World) -> None:
    world.put_file(world.path("file"), b"")
    for name, code in (("missing", "ENOENT"), ("file", "ENOTDIR")):
        kid = start(world, directory=world.path(name))
        assert_fails(kid, "chdir", getattr(errno, code), f"couldn't chdir to {world.path(name)}: {code}")


@contract("setup-user-refused")
def test_only_root_may_start_a_child_as_somebody_else(world: World) -> None:
    world.become_user(PASSERBY)
    kid = start(world, user=UserIdentity(99, 99, (99,)))
    assert_fails(kid, "setuid", errno.EPERM, "couldn't setuid to 99: Can't drop privilege as nonroot user")


@contract()
def test_becoming_who_we_are_is_nothing_to_do(world: World) -> None:
    world.become_user(PASSERBY)
    kid = start(world, path=world.path("missing"), argv=("missing",), user=UserIdentity(PASSERBY, 99, (99,)))
    assert_fails(kid, "exec", errno.ENOENT, "couldn't exec missing: ENOENT")


@contract("setup-order")
def test_the_user_comes_before_the_directory_and_the_directory_before_the_program(world: World) -> None:
    missing = world.path("missing")
    assert failure(start(world, directory=missing, path=missing)) == SetupFailed("chdir", errno.ENOENT)
    world.become_user(PASSERBY)
    kid = start(world, user=UserIdentity(99, 99, (99,)), directory=missing, path=missing)
    assert failure(kid) == SetupFailed("setuid", errno.EPERM)


@contract()
def test_a_signal_to_a_young_child_is_its_own(world: World) -> None:
    world.kernel.catch_signals([SIGTERM])
    for options in both_ways(world) * 10:
        kid = world.spawn([["pause"]], **options)
        kid.kill(SIGTERM)
        assert kid.end() == ExitStatus(None, SIGTERM)
        assert world.kernel.take_signals() == []


@contract()
def test_a_young_child_can_be_reached_by_its_group(world: World) -> None:
    for options in both_ways(world) * 10:
        kid = world.spawn([["pause"]], **options)
        world.kernel.killpg(kid.pid, SIGTERM)
        assert kid.end() == ExitStatus(None, SIGTERM)


@contract("fork-eagain")
def test_too_many_processes_are_a_failed_fork(world: World) -> None:
    world.become_user(PASSERBY)
    world.limit_processes(PASSERBY, 1)
    before = world.kernel.open_count()
    ends = world.kernel.pipe()
    for options in both_ways(world):
        try:
            world.kernel.spawn(world.spec([], ends[0], ends[1], ends[1], **options))
        except KernelError as error:
            assert (error.errno, error.stage) == (errno.EAGAIN, "fork")
        else:
            raise AssertionError("it was forked")
    assert world.kernel.open_count() == before + 2


@contract("spawn-emfile")
def test_a_spawn_without_descriptors_left_is_a_failed_fork(world: World) -> None:
    ends = world.kernel.pipe()
    world.leave_room(1)
    for options in both_ways(world):
        try:
            world.kernel.spawn(world.spec([], ends[0], ends[1], ends[1], **options))
        except KernelError as error:
            assert (error.errno, error.stage) == (errno.EMFILE, "fork")
        else:
            raise AssertionError("it was forked")


@contract()
def test_a_spawn_leaves_nothing_open_but_its_note(world: World) -> None:
    ends = world.kernel.pipe()
    before = world.kernel.open_count()
    for options in both_ways(world):
        for changes in ({}, {"path": world.path("missing")}):
            child = world.kernel.spawn(world.spec([], ends[0], ends[1], ends[1], **options).replace(**changes))
            assert world.kernel.open_count() == before + (child.note_fd >= 0)
            if child.note_fd >= 0:
                world.kernel.close(child.note_fd)
            world.reap(child.pid)
    assert world.kernel.open_count() == before
