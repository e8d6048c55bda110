"""Readiness and the numbers of descriptors (epoll(7), open(2) on the lowest number, getrlimit(2))."""

from __future__ import annotations

import errno

from initd.errors import KernelError
from initd.kernel.port import HANGUP, READABLE, WRITABLE
from tests.contract.contracts import contract, refused
from tests.contract.world import World


@contract("poll-level-triggered")
def test_what_stays_ready_is_reported_by_every_poll(world: World) -> None:
    reader, writer = world.kernel.pipe()
    world.kernel.watch(reader, READABLE)
    assert world.kernel.poll(0) == []
    world.kernel.write(writer, b"ab")
    assert world.kernel.poll(None) == [(reader, READABLE)]
    assert world.kernel.poll(None) == [(reader, READABLE)]
    world.kernel.read(reader, 1)
    assert world.kernel.poll(0) == [(reader, READABLE)]
    world.kernel.read(reader, 1)
    assert world.kernel.poll(0) == []


@contract()
def test_poll_reports_every_ready_descriptor_at_once(world: World) -> None:
    pipes = [world.kernel.pipe() for _ in range(5)]
    for reader, writer in pipes:
        world.kernel.watch(reader, READABLE)
        world.kernel.write(writer, b"x")
    assert sorted(world.kernel.poll(None)) == sorted((reader, READABLE) for reader, _ in pipes)


@contract()
def test_an_interest_can_be_changed_and_forgotten(world: World) -> None:
    _reader, writer = world.kernel.pipe()
    world.kernel.watch(writer, READABLE)
    assert world.kernel.poll(0) == []
    world.kernel.watch(writer, WRITABLE)
    assert world.kernel.poll(0) == [(writer, WRITABLE)]
    world.kernel.watch(writer, 0)
    world.kernel.watch(writer, 0)
    assert world.kernel.poll(0) == []


@contract("close-forgets-interest")
def test_closing_forgets_the_interest_and_the_number_starts_anew(world: World) -> None:
    reader, writer = world.kernel.pipe()
    world.kernel.watch(reader, READABLE)
    world.kernel.close(reader)
    world.kernel.close(writer)
    again, other = world.kernel.pipe()
    assert (again, other) == (reader, writer)
    world.kernel.write(other, b"x")
    assert world.kernel.poll(0) == []
    world.kernel.watch(again, READABLE)
    assert world.kernel.poll(0) == [(again, READABLE)]


@contract("hangup-without-interest")
def test_a_hangup_is_reported_whatever_was_asked_for(world: World) -> None:
    reader, writer = world.kernel.pipe()
    world.kernel.watch(reader, WRITABLE)
    assert world.kernel.poll(0) == []
    world.kernel.close(writer)
    ((fd, bits),) = world.kernel.poll(None)
    assert fd == reader and bits & HANGUP


@contract()
def test_poll_wakes_for_a_child_that_writes(world: World) -> None:
    kid = world.spawn([["sleep", 0.05], ["write", "out", "now"], ["pause"]])
    world.kernel.watch(kid.stdout, READABLE)
    assert world.kernel.poll(None) == [(kid.stdout, READABLE)]
    assert world.kernel.read(kid.stdout, 10) == b"now"


@contract("file-cannot-be-polled")
def test_a_file_cannot_be_polled(world: World) -> None:
    fd = world.files.open_append(world.path("log"))
    with refused(errno.EPERM):
        world.kernel.watch(fd, READABLE)


@contract("lowest-free-fd")
def test_a_new_descriptor_has_the_lowest_free_number(world: World) -> None:
    first, second = world.kernel.pipe()
    third, fourth = world.kernel.pipe()
    assert first < second < third < fourth
    world.kernel.close(second)
    world.kernel.close(first)
    assert world.kernel.pipe() == (first, second)


@contract()
def test_the_count_of_open_descriptors_follows(world: World) -> None:
    before = world.kernel.open_count()
    ends = world.kernel.pipe()
    assert world.kernel.open_count() == before + 2
    for fd in ends:
        world.kernel.close(fd)
    assert world.kernel.open_count() == before


@contract("close-twice-ebadf")
def test_a_closed_descriptor_is_refused_everywhere(world: World) -> None:
    kernel = world.kernel
    reader, writer = kernel.pipe()
    kernel.close(reader)
    kernel.close(writer)
    with refused(errno.EBADF):
        kernel.close(reader)
    with refused(errno.EBADF):
        kernel.read(reader, 1)
    with refused(errno.EBADF):
        kernel.write(writer, b"x")
    with refused(errno.EBADF):
        kernel.watch(reader, READABLE)
    with refused(errno.EBADF):
        kernel.pending(reader)


@contract()
def test_the_wrong_end_of_a_pipe_is_refused(world: World) -> None:
    reader, writer = world.kernel.pipe()
    with refused(errno.EBADF):
        world.kernel.read(writer, 1)
    with refused(errno.EBADF):
        world.kernel.write(reader, b"x")


@contract("pipe-emfile")
def test_a_pipe_that_does_not_fit_leaves_nothing_open(world: World) -> None:
    world.leave_room(1)
    before = world.kernel.open_count()
    try:
        world.kernel.pipe()
    except KernelError as error:
        assert (error.stage, error.errno) == ("pipe", errno.EMFILE)
    else:
        raise AssertionError("there was room for a pipe")
    assert world.kernel.open_count() == before


@contract("emfile")
def test_at_the_limit_a_file_is_refused_until_something_is_closed(world: World) -> None:
    files = world.files
    world.leave_room(2)
    ends = world.kernel.pipe()
    with refused(errno.EMFILE):
        files.open_append(world.path("log"))
    world.kernel.close(ends[0])
    assert files.open_append(world.path("log")) == ends[0]


@contract("spawn-emfile")
def test_at_the_limit_no_child_is_started(world: World) -> None:
    reader, writer = world.kernel.pipe()
    world.leave_room(1)
    try:
        world.kernel.spawn(world.spec([], reader, writer, writer))
    except KernelError as error:
        assert (error.stage, error.errno) == ("fork", errno.EMFILE)
    else:
        raise AssertionError("a child was started")
    assert world.kernel.children() == []


@contract()
def test_the_limit_of_descriptors_is_known(world: World) -> None:
    assert world.kernel.open_limit() >= 64
    world.leave_room(5)
    assert world.kernel.open_limit() >= world.kernel.open_count()


@contract()
def test_at_the_limit_the_count_of_open_descriptors_is_still_told(world: World) -> None:
    world.leave_room(2)
    world.kernel.pipe()
    assert world.kernel.open_count() >= world.kernel.open_limit()
