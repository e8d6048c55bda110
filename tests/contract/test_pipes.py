"""Pipes (pipe(7)): capacity, ends of file, broken pipes, and the children at the other end."""

from __future__ import annotations

import errno

from initd.kernel.port import HANGUP, READABLE, WRITABLE
from initd.signals import SIGKILL, SIGPIPE
from tests.contract.contracts import contract, refused
from tests.contract.world import World

PAGE = 4096
CAPACITY = 65536


def pipe(world: World) -> tuple[int, int]:
    """A pipe of which neither end waits."""
    reader, writer = world.kernel.pipe()
    world.kernel.set_nonblocking(reader)
    world.kernel.set_nonblocking(writer)
    return reader, writer


def readiness(world: World, fd: int, interest: int) -> int:
    """What poll says of one descriptor now."""
    world.kernel.watch(fd, interest)
    ready = dict(world.kernel.poll(0)).get(fd, 0)
    world.kernel.watch(fd, 0)
    return ready


@contract("pipe-read-eagain")
def test_an_empty_pipe_with_a_writer_would_block_its_reader(world: World) -> None:
    reader, _writer = pipe(world)
    with refused(errno.EAGAIN):
        world.kernel.read(reader, 10)


@contract("last-bytes-before-eof")
def test_what_was_written_before_the_close_comes_before_the_end_of_file(world: World) -> None:
    reader, writer = pipe(world)
    assert world.kernel.write(writer, b"abc") == 3
    world.kernel.close(writer)
    assert world.kernel.read(reader, 2) == b"ab"
    assert world.kernel.read(reader, 2) == b"c"
    assert world.kernel.read(reader, 2) == b""
    assert world.kernel.read(reader, 2) == b""


@contract("eof-needs-all-writers-closed")
def test_the_end_of_file_comes_when_the_last_of_two_writers_has_closed(world: World) -> None:
    kid = world.spawn([["fork", [["close", 0], ["read"], ["pause"]]], ["write", "out", "x"], ["exit", 0]])
    kid.end()
    world.until(lambda: world.kernel.pending(kid.stdout) == 1)
    assert world.kernel.read(kid.stdout, 10) == b"x"
    with refused(errno.EAGAIN):
        world.kernel.read(kid.stdout, 10)
    (orphan,) = world.kernel.children()
    world.kernel.kill(orphan, SIGKILL)
    assert kid.output() == b""


@contract()
def test_our_own_copy_of_the_write_end_keeps_a_pipe_open_after_the_child(world: World) -> None:
    reader, writer = pipe(world)
    kid = world.spawn([["exit", 0]], stdout=writer)
    kid.end()
    with refused(errno.EAGAIN):
        world.kernel.read(reader, 1)
    world.kernel.close(writer)
    assert world.kernel.read(reader, 1) == b""


@contract("eof-is-readable-and-hangup")
def test_the_end_of_file_is_readable_and_a_hangup(world: World) -> None:
    reader, writer = pipe(world)
    assert readiness(world, reader, READABLE) == 0
    world.kernel.write(writer, b"x")
    assert readiness(world, reader, READABLE) == READABLE
    world.kernel.close(writer)
    assert readiness(world, reader, READABLE) == READABLE | HANGUP
    world.kernel.read(reader, 1)
    assert readiness(world, reader, READABLE) == READABLE | HANGUP


@contract("pipe-holds-64k", "pipe-write-eagain")
def test_a_pipe_takes_64_kib_and_then_would_block_its_writer(world: World) -> None:
    reader, writer = pipe(world)
    assert world.kernel.write(writer, b"x" * (CAPACITY + 1000)) == CAPACITY
    with refused(errno.EAGAIN):
        world.kernel.write(writer, b"x")
    assert world.kernel.pending(reader) == CAPACITY
    assert len(world.kernel.read(reader, 2 * CAPACITY)) == CAPACITY


@contract("pipe-page-freed-when-read-whole")
def test_room_in_a_full_pipe_comes_by_whole_pages(world: World) -> None:
    reader, writer = pipe(world)
    world.kernel.write(writer, b"x" * CAPACITY)
    world.kernel.read(reader, PAGE - 1)
    with refused(errno.EAGAIN):
        world.kernel.write(writer, b"y")
    world.kernel.read(reader, 1)
    assert world.kernel.write(writer, b"y" * 2 * PAGE) == PAGE


@contract("small-write-is-whole")
def test_a_write_of_up_to_a_page_goes_out_whole_or_not_at_all(world: World) -> None:
    _reader, writer = pipe(world)
    world.kernel.write(writer, b"x" * (CAPACITY - 100))
    for size in (101, PAGE):
        with refused(errno.EAGAIN):
            world.kernel.write(writer, b"y" * size)
    assert world.kernel.write(writer, b"y" * 100) == 100


@contract("writable-means-a-free-page")
def test_a_pipe_is_writable_as_long_as_a_page_of_it_is_free(world: World) -> None:
    reader, writer = pipe(world)
    world.kernel.write(writer, b"x" * (CAPACITY - PAGE))
    assert readiness(world, writer, WRITABLE) == WRITABLE
    world.kernel.write(writer, b"x")
    assert readiness(world, writer, WRITABLE) == 0
    world.kernel.read(reader, PAGE)
    assert readiness(world, writer, WRITABLE) == WRITABLE


@contract("pending-counts-bytes")
def test_pending_counts_what_a_read_would_find(world: World) -> None:
    reader, writer = pipe(world)
    assert world.kernel.pending(reader) == 0
    world.kernel.write(writer, b"x" * 100)
    world.kernel.write(writer, b"x" * 5000)
    assert world.kernel.pending(reader) == 5100
    world.kernel.read(reader, 4200)
    assert world.kernel.pending(reader) == 900


@contract("epipe-without-readers")
def test_writing_where_nobody_reads_is_an_error_and_no_signal(world: World) -> None:
    reader, writer = pipe(world)
    world.kernel.close(reader)
    with refused(errno.EPIPE):
        world.kernel.write(writer, b"x")


@contract("writer-hangup-without-readers")
def test_a_writer_without_readers_is_told_even_when_the_pipe_is_full(world: World) -> None:
    reader, writer = pipe(world)
    world.kernel.write(writer, b"x" * CAPACITY)
    assert readiness(world, writer, WRITABLE) == 0
    world.kernel.close(reader)
    assert readiness(world, writer, WRITABLE) == WRITABLE | HANGUP


@contract("writer-blocks-on-a-full-pipe")
def test_a_child_waits_while_its_pipe_is_full_and_goes_on_when_we_read(world: World) -> None:
    kid = world.spawn([["write", "out", 3 * CAPACITY], ["write", "err", "done"], ["exit", 0]])
    world.until(lambda: world.kernel.pending(kid.stdout) == CAPACITY)
    world.let_pass(0.02)
    assert world.kernel.pending(kid.stderr) == 0
    assert len(kid.output()) == 3 * CAPACITY
    assert world.kernel.read(kid.stderr, 10) == b"done"


@contract()
def test_a_child_that_waits_to_write_can_be_killed(world: World) -> None:
    kid = world.spawn([["write", "out", 3 * CAPACITY]])
    world.until(lambda: world.kernel.pending(kid.stdout) == CAPACITY)
    kid.kill(SIGKILL)
    assert kid.end().signal == SIGKILL
    assert len(kid.output()) == CAPACITY


@contract("child-dies-of-sigpipe")
def test_a_child_that_does_not_ignore_it_dies_of_sigpipe(world: World) -> None:
    kid = world.spawn([["default", "PIPE"], ["write", "err", "set"], ["read"], ["write", "out", "x"], ["exit", 0]])
    world.until(lambda: world.kernel.pending(kid.stderr) == 3)
    world.kernel.close(kid.stdout)
    world.kernel.close(kid.stdin)
    assert kid.end().signal == SIGPIPE


@contract("child-gets-epipe-when-ignored")
def test_a_child_that_ignores_sigpipe_gets_the_error(world: World) -> None:
    kid = world.spawn([["ignore", "PIPE"], ["read"], ["write", "out", "x"], ["exit", 0]])
    world.kernel.close(kid.stdout)
    world.kernel.close(kid.stdin)
    assert kid.end().code == 1


@contract()
def test_a_child_reads_what_we_write_until_we_close(world: World) -> None:
    kid = world.spawn([["copy"], ["write", "out", "end"], ["exit", 0]])
    world.kernel.write(kid.stdin, b"one ")
    world.kernel.write(kid.stdin, b"two ")
    world.kernel.close(kid.stdin)
    assert kid.output() == b"one two end"


@contract()
def test_what_a_dead_child_wrote_is_still_there_after_the_reap(world: World) -> None:
    kid = world.spawn([["write", "out", 30_000], ["exit", 0]])
    kid.end()
    assert world.kernel.pending(kid.stdout) == 30_000
    assert len(kid.output()) == 30_000


@contract()
def test_a_child_can_close_its_streams_and_live_on(world: World) -> None:
    kid = world.spawn([["close", 1], ["close", 2], ["read"], ["exit", 0]])
    assert world.readable(kid.stdout) == READABLE | HANGUP
    assert world.readable(kid.stderr) == READABLE | HANGUP
    assert world.alive(kid.pid)


@contract("empty-write-is-nothing")
def test_writing_nothing_succeeds_whatever_the_state_of_the_pipe(world: World) -> None:
    reader, writer = pipe(world)
    assert world.kernel.write(writer, b"x" * CAPACITY) == CAPACITY
    assert world.kernel.write(writer, b"") == 0
    world.kernel.close(reader)
    assert world.kernel.write(writer, b"") == 0


@contract("pipe-can-be-enlarged")
def test_a_child_may_make_its_pipe_hold_more_than_64k_before_it_ends(world: World) -> None:
    kid = world.spawn([["enlarge", 1, 4 * CAPACITY - PAGE], ["write", "out", 4 * CAPACITY], ["exit", 0]])
    kid.end()
    assert world.kernel.pending(kid.stdout) == 4 * CAPACITY, "rounded up to a power of two"
    assert len(kid.output()) == 4 * CAPACITY
