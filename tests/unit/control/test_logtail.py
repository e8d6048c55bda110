from __future__ import annotations

import errno
import itertools

import pytest

from initd.control.logtail import TRUNCATED, Place, read_on
from sim.kernel import SimFiles
from sim.kernel.sockets import SimClient
from tests.unit.control.fake import World, get, parse

LOG = "/var/log/web.out"


@pytest.fixture
def followed(world: World) -> SimClient:
    """A client that follows web's log, which is 2000 bytes long."""
    world.daemon.program("web", 1)
    world.kernel.files.put(LOG, b"a" * 1000 + b"b" * 1000)
    return follow(world, "/logtail/web")


def follow(world: World, path: str) -> SimClient:
    client = world.connect()
    client.send(get(path))
    world.settle()
    return client


def write(world: World, data: bytes) -> None:
    world.kernel.files.tree.find(LOG).data += data


def body(client: SimClient) -> bytes:
    status, headers, data = parse(bytes(client.received))
    assert (status, headers["transfer-encoding"]) == (200, "chunked")
    return data


def test_a_stream_begins_a_kilobyte_before_the_end(followed: SimClient) -> None:
    assert body(followed) == b"a" * 24 + b"b" * 1000


def test_what_is_written_is_sent_soon(world: World, followed: SimClient) -> None:
    followed.received.clear()
    write(world, b"more")
    world.pass_time(0.3)
    write(world, b"and more")
    world.pass_time(0.3)
    assert bytes(followed.received) == b"4\r\nmore\r\n8\r\nand more\r\n"


def test_the_head_comes_even_while_the_log_is_empty(world: World) -> None:
    world.daemon.program("web", 1)
    world.kernel.files.put(LOG)
    assert body(follow(world, "/logtail/web")) == b""


def test_a_truncated_log_is_announced_and_followed_from_its_start(world: World, followed: SimClient) -> None:
    followed.received.clear()
    world.kernel.files.put(LOG, b"new")
    world.pass_time(1)
    assert bytes(followed.received) == b"17\r\n" + TRUNCATED + b"\r\n3\r\nnew\r\n"


@pytest.mark.parametrize("new", [b"new", b"n" * 5000])
def test_a_rotated_log_is_followed_without_a_gap(world: World, followed: SimClient, new: bytes) -> None:
    before = body(followed)
    write(world, b"last words")
    world.kernel.files.rename(LOG, LOG + ".1")
    world.kernel.files.put(LOG, new)
    world.pass_time(1)
    assert body(followed) == before + b"last words" + new


def test_a_log_that_is_away_for_a_moment_is_waited_for(world: World, followed: SimClient) -> None:
    before = body(followed)
    world.kernel.files.rename(LOG, LOG + ".1")
    world.pass_time(2)
    world.kernel.files.put(LOG, b"back")
    world.pass_time(1)
    assert body(followed) == before + b"back"


def test_a_log_that_cannot_be_read_just_now_is_tried_again(world: World, followed: SimClient) -> None:
    before = body(followed)
    world.kernel.files.fail(LOG, errno.EIO)
    write(world, b"more")
    world.pass_time(1)
    world.kernel.files.heal()
    world.pass_time(1)
    assert body(followed) == before + b"more"


@pytest.mark.parametrize("number", [errno.EMFILE, errno.EACCES, errno.EIO])
def test_a_log_that_cannot_be_opened_just_now_is_not_taken_for_another(
    world: World, followed: SimClient, number: int
) -> None:
    before = body(followed)
    world.kernel.files.fail(LOG, number, "read_at")
    world.pass_time(1)
    write(world, b"more")
    world.kernel.files.heal()
    world.pass_time(1)
    assert body(followed) == before + b"more"


def test_files_that_came_and_went_between_two_looks_are_sent_whole_and_in_order(world: World, followed: SimClient) -> None:
    before, files = body(followed), world.kernel.files
    write(world, b"last words")
    texts = [b"%d" % number for number in range(20)] + [b"t" * 100_000, b"end"]
    for text in texts:
        rotate(files, text)
    world.pass_time(0.3)
    assert body(followed) == before + b"last words" + b"".join(texts)


def test_a_follower_that_comes_back_at_a_new_log_begins_at_its_start() -> None:
    files = SimFiles()
    files.put(LOG, b"old")
    data, place = read_on(LOG, Place(1), files)
    assert (data, place.resumed_at) == (b"ld", 3)
    rotate(files, b"")
    data, place = read_on(LOG, place, files)
    assert (data, place.resumed_at) == (b"", 0)
    files.tree.find(LOG).data += b"new"
    data, place = read_on(LOG, place, files)
    assert (data, place.resumed_at) == (b"new", 3)


def test_a_rotation_in_the_middle_of_a_look_skips_nothing() -> None:
    files = SimFiles()
    files.put(LOG, b"old")
    place = read_on(LOG, Place(), files)[1]
    rotate(files, b"one")
    looks = 0

    def interrupted(call: str, arguments: tuple[object, ...]) -> None:
        nonlocal looks
        looks += call == "read_at" and arguments[0] == LOG
        if looks == 1:
            looks += 1
            rotate(files, b"two")

    files.on_call = interrupted
    read = b""
    for _ in range(3):
        data, place = read_on(LOG, place, files)
        read += data
    assert read == b"onetwo"


def rotate(files: SimFiles, text: bytes) -> None:
    """All backups are moved on, and the log begins anew with that text."""
    hear, files.on_call = files.on_call, None
    count = next(number for number in itertools.count(1) if not files.exists(f"{LOG}.{number}"))
    for number in range(count, 0, -1):
        files.rename(f"{LOG}.{number - 1}" if number > 1 else LOG, f"{LOG}.{number}")
    files.put(LOG, text)
    files.on_call = hear


@pytest.mark.parametrize("leave", ["close", "shutdown", "reset"])
def test_a_client_that_leaves_a_quiet_log_frees_its_descriptor(world: World, followed: SimClient, leave: str) -> None:
    before = world.open_fds()
    getattr(followed, leave)()
    world.settle()
    assert world.open_fds() == before - 1
    world.pass_time(1)
    assert world.loop.next_deadline() is None


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/logtail", 500),
        ("/logtail/", 404),
        ("/logtail/nope", 404),
        ("/logtail/web:*", 404),
        ("/logtail/web/nope", 404),
        ("/logtail/web/", 404),
        ("/logtail/web/stderr", 404),
        ("/logtail/%77eb", 200),
        ("/logtail/web:web/stdout", 200),
        ("/mainlogtail", 200),
    ],
)
def test_only_a_log_that_exists_can_be_followed(world: World, followed: SimClient, path: str, status: int) -> None:
    assert parse(bytes(follow(world, path).received))[0] == status


def test_only_get_follows(world: World, followed: SimClient) -> None:
    for path in ("/logtail/web", "/mainlogtail"):
        assert parse(world.exchange(get(path, method="HEAD")))[0] == 400


def test_http_1_0_gets_the_plain_bytes(world: World, followed: SimClient) -> None:
    client = world.connect()
    client.send(get("/mainlogtail", version="1.0"))
    world.settle()
    assert bytes(client.received).endswith(b"\r\n\r\n0123456")
    assert not client.ended
