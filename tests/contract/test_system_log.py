"""Sending to whoever receives the system log, off the loop: a UNIX socket, of datagrams or a stream (unix(7))."""

from __future__ import annotations

import errno

from tests.contract.contracts import contract, refused
from tests.contract.world import World

WAIT_NS = 30_000_000
TOO_LONG = 1 << 20
OWN_BYTES = 32
"""What of its buffer the kernel needs itself for a datagram."""
MANY = 100_000


def fill(world: World, fd: int, wait_ns: int = 0) -> int:
    """Send until no more is taken; how many records were."""
    for sent in range(MANY):
        try:
            world.files.send(fd, b"%d\0" % sent, wait_ns)
        except BlockingIOError:
            return sent
    raise AssertionError("somebody who does not read takes everything")


@contract("log-connects-to-either-kind")
def test_records_reach_the_receiver_whether_it_takes_datagrams_or_a_stream(world: World) -> None:
    for stream, end in ((False, b""), (True, b"\0")):
        receiver = world.syslogd(world.path("log"), stream)
        fd, is_stream = world.files.connect_log(world.path("log"))
        assert is_stream is stream
        for record in (b"<14>one", b"<14>two"):
            world.files.send(fd, record + end, 0)
        receiver.resume()
        assert receiver.received == [b"<14>one", b"<14>two"]
        world.files.close(fd)
        receiver.close()


@contract("log-missing-enoent", "log-without-receiver-econnrefused")
def test_there_is_no_connection_to_nobody(world: World) -> None:
    with refused(errno.ENOENT):
        world.files.connect_log(world.path("log"))
    world.syslogd(world.path("log")).close()
    with refused(errno.ECONNREFUSED):
        world.files.connect_log(world.path("log"))
    world.put_file(world.path("file"), b"")
    with refused(errno.ECONNREFUSED):
        world.files.connect_log(world.path("file"))


@contract("log-keeps-order")
def test_what_waits_is_received_in_the_order_it_was_sent_and_once(world: World) -> None:
    for stream in (False, True):
        receiver = world.syslogd(world.path("log"), stream)
        fd, _ = world.files.connect_log(world.path("log"))
        sent = fill(world, fd)
        receiver.resume()
        world.files.send(fd, b"last\0", 0)
        receiver.resume()
        assert [record.rstrip(b"\0") for record in receiver.received] == [*(b"%d" % n for n in range(sent)), b"last"]
        world.files.close(fd)
        receiver.close()


@contract("log-queue-goes-with-its-receiver")
def test_what_a_receiver_has_not_read_when_it_goes_is_not_for_the_next_one(world: World) -> None:
    for stream in (False, True):
        receiver = world.syslogd(world.path("log"), stream)
        fd, _ = world.files.connect_log(world.path("log"))
        world.files.send(fd, b"never read\0", 0)
        receiver.close()
        another = world.syslogd(world.path("log"), stream)
        again, _ = world.files.connect_log(world.path("log"))
        world.files.send(again, b"new\0", 0)
        another.resume()
        assert [record.rstrip(b"\0") for record in another.received] == [b"new"]
        world.files.close(fd)
        world.files.close(again)
        another.close()


@contract("log-stream-takes-a-part")
def test_a_stream_takes_a_part_of_what_it_has_no_room_for_and_the_next_connection_begins_anew(world: World) -> None:
    receiver = world.syslogd(world.path("log"), stream=True)
    fd, _ = world.files.connect_log(world.path("log"))
    with refused(errno.EAGAIN):
        world.files.send(fd, b"x" * TOO_LONG + b"\0", 0)
    world.files.close(fd)
    receiver.resume()
    fd, _ = world.files.connect_log(world.path("log"))
    world.files.send(fd, b"new\0", 0)
    receiver.resume()
    torn = b"".join(receiver.received[:-1])
    assert 0 < len(torn) < TOO_LONG
    assert torn == b"x" * len(torn)
    assert receiver.received[-1] == b"new"
    world.files.close(fd)
    receiver.close()


@contract("log-receiver-gone")
def test_a_connection_ends_with_its_receiver_even_when_another_one_comes(world: World) -> None:
    for stream, number in ((False, errno.ECONNREFUSED), (True, errno.EPIPE)):
        receiver = world.syslogd(world.path("log"), stream)
        fd, _ = world.files.connect_log(world.path("log"))
        world.files.send(fd, b"x", 0)
        receiver.resume()
        receiver.close()
        another = world.syslogd(world.path("log"), stream)
        with refused(number):
            world.files.send(fd, b"y", 0)
        world.files.close(fd)
        another.close()


@contract("log-full-eagain", "log-waits-for-room-no-longer-than-asked")
def test_a_receiver_that_does_not_read_is_waited_for_as_long_as_asked_and_no_longer(world: World) -> None:
    for stream in (False, True):
        receiver = world.syslogd(world.path("log"), stream)
        fd, _ = world.files.connect_log(world.path("log"))
        sent = fill(world, fd)
        assert sent > 0

        def again(fd: int = fd) -> None:
            world.kernel.submit("log", lambda files: files.send(fd, b"x\0", WAIT_NS))

        began_ns = world.kernel.mono()
        again()
        (answer,) = world.until(world.kernel.take_completions)
        assert isinstance(answer.error, BlockingIOError)
        assert world.kernel.mono() - began_ns >= WAIT_NS
        receiver.resume()
        again()
        assert world.until(world.kernel.take_completions)[0].error is None
        receiver.resume()
        assert len(receiver.received) == sent + 1
        world.files.close(fd)
        receiver.close()


@contract("log-record-too-long-emsgsize")
def test_a_record_that_is_too_long_is_refused_and_the_connection_stays(world: World) -> None:
    receiver = world.syslogd(world.path("log"))
    fd, _ = world.files.connect_log(world.path("log"))
    longest = world.log_buffer_bytes() - OWN_BYTES
    for size in (TOO_LONG, longest + 1):
        with refused(errno.EMSGSIZE):
            world.files.send(fd, bytes(size), 0)
    for size in (5, longest):
        world.files.send(fd, bytes(size), 0)
        receiver.resume()
        assert receiver.received.pop() == bytes(size)
