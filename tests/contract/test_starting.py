"""What a child starts with, and what becomes of one that cannot start (supervisord-4.3 §3, execve(2))."""

from __future__ import annotations

import errno

from initd.errors import KernelError
from initd.kernel.port import SetupFailed, SpawnSpec, UserIdentity, parse_note
from initd.signals import SIGPIPE, SIGXFSZ
from tests.contract.contracts import contract
from tests.contract.world import Kid, World

USER = 54321


def start(world: World, path: str, **options: object) -> tuple[Kid, SetupFailed | None]:
    """Spawn a program by its path; the child, and what its note says once it has spoken."""
    kernel = world.kernel
    stdin, ours_in = kernel.pipe()
    ours_out, stdout = kernel.pipe()
    ours_err, stderr = kernel.pipe()
    spec = SpawnSpec(path=path, argv=("prog", "30"), env={}, stdin=stdin, stdout=stdout, stderr=stderr, **options)  # type: ignore[arg-type]
    child = kernel.spawn(spec)
    for fd in (stdin, stdout, stderr):
        kernel.close(fd)
    failed = child.failed
    if child.note_fd >= 0:
        assert world.readable(child.note_fd)
        failed = parse_note(kernel.read(child.note_fd, 100))
        kernel.close(child.note_fd)
    for fd in (ours_out, ours_err):
        kernel.set_nonblocking(fd)
    return Kid(world, child, ours_in, ours_out, ours_err), failed


def last_words(world: World, kid: Kid) -> str:
    """What a child that could not start left in its stderr, once it is reaped with 127."""
    assert kid.end().code == 127
    return world.kernel.read(kid.stderr, 1000).decode()


@contract("exec-missing-enoent", "setup-failure-two-lines-and-127")
def test_a_program_that_is_missing_says_so_in_its_stderr_and_exits_127(world: World) -> None:
    kid, failed = start(world, world.path("missing"))
    assert failed == SetupFailed("exec", errno.ENOENT)
    expected = "supervisor: couldn't exec prog: ENOENT\nsupervisor: child process was not spawned\n"
    assert last_words(world, kid) == expected


@contract("exec-not-executable-eacces")
def test_a_file_that_is_not_executable_and_a_directory_are_no_programs(world: World) -> None:
    world.put_file(world.path("plain"), b"\x7fELF", 0o644)
    for path in (world.path("plain"), world.directory):
        kid, failed = start(world, path)
        assert failed == SetupFailed("exec", errno.EACCES)
        assert "couldn't exec prog: EACCES" in last_words(world, kid)


@contract("exec-no-format-enoexec")
def test_a_text_without_an_interpreter_line_is_no_program(world: World) -> None:
    world.put_file(world.path("script"), b"exit 0\n", 0o755)
    kid, failed = start(world, world.path("script"))
    assert failed == SetupFailed("exec", errno.ENOEXEC)
    last_words(world, kid)


@contract("exec-missing-interpreter-enoent")
def test_a_script_whose_interpreter_is_missing_is_missing_itself(world: World) -> None:
    world.put_file(world.path("script"), b"#!/no/such/interpreter\n", 0o755)
    kid, failed = start(world, world.path("script"))
    assert failed == SetupFailed("exec", errno.ENOENT)
    last_words(world, kid)


@contract("setup-directory-missing")
def test_a_directory_that_is_missing_comes_before_the_program(world: World) -> None:
    kid, failed = start(world, world.path("missing"), directory=world.path("nowhere"))
    assert failed == SetupFailed("chdir", errno.ENOENT)
    assert last_words(world, kid).startswith(f"supervisor: couldn't chdir to {world.path('nowhere')}: ENOENT\n")


@contract("setup-user-refused", "setup-order")
def test_a_user_that_may_not_be_become_comes_before_the_directory(world: World) -> None:
    world.become_user(65534)
    kid, failed = start(world, "/bin/sleep", user=UserIdentity(USER, USER, ()), directory=world.path("nowhere"))
    assert failed == SetupFailed("setuid", errno.EPERM)
    assert last_words(world, kid).startswith(
        f"supervisor: couldn't setuid to {USER}: Can't drop privilege as nonroot user\n"
    )


@contract("note-eof-is-success")
def test_a_note_without_a_word_means_the_program_runs(world: World) -> None:
    kid, failed = start(world, "/bin/sleep", directory="/")
    assert failed is None
    assert kid.child.note_fd >= 0
    world.until(lambda: world.state(kid.pid) == "S")


@contract("spawn-inherits-only-stdio")
def test_a_child_has_its_three_streams_open_and_nothing_else(world: World) -> None:
    for _ in range(3):
        world.kernel.pipe()
    assert world.spawn([["tell", "fds"]]).facts() == {"fds": "0,1,2"}
    assert world.spawn([["tell", "fds"]], directory="/").facts() == {"fds": "0,1,2"}


@contract("spawn-pipe-signal-stays-ignored")
def test_a_program_starts_with_sigpipe_and_sigxfsz_ignored_and_nothing_else(world: World) -> None:
    world.kernel.catch_signals([1, 2, 3, 15, 17])
    for options in ({}, {"directory": "/"}):
        kid, failed = start(world, "/bin/sleep", **options)
        assert failed is None
        assert world.ignored(kid.pid) == {SIGPIPE, SIGXFSZ}


@contract()
def test_a_child_has_the_environment_directory_umask_and_limit_it_was_given(world: World) -> None:
    keys = ["tell", "env:COLOUR", "cwd", "umask", "nofile"]
    kid = world.spawn([keys], env={"COLOUR": "green"}, directory="/tmp", umask=0o027, nofile=99)
    assert kid.facts() == {"env:COLOUR": "green", "cwd": "/tmp", "umask": "0027", "nofile": "99"}


@contract("fork-eagain")
def test_a_user_with_too_many_processes_starts_no_more(world: World) -> None:
    world.ready([["uid", USER]])
    reader, writer = world.kernel.pipe()
    world.become_user(USER)
    world.limit_processes(USER, 2)
    before = world.kernel.open_count()
    try:
        world.kernel.spawn(world.spec([], reader, writer, writer))
    except KernelError as error:
        assert (error.stage, error.errno) == ("fork", errno.EAGAIN)
    else:
        raise AssertionError("a child was started")
    assert world.kernel.open_count() == before
