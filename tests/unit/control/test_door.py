from __future__ import annotations

import pytest

from initd.control.door import BODY_BYTES, METHODS
from tests.unit.control.fake import World, get, parse, post


def test_requests_wait_for_the_pages_to_be_brought_in_and_the_loop_does_not(world: World) -> None:
    clients = [world.connect() for _ in range(3)]
    for client in clients:
        client.send(get("/"))
    other = world.connect()
    other.send(get("/ok.html"))
    world.settle()
    assert parse(bytes(other.received))[0] == 200
    answers = [parse(bytes(client.received)) for client in clients]
    assert [status for status, _, _ in answers] == [200] * 3
    assert len({body for _, _, body in answers}) == 1  # all with the same token
    assert len(world.daemon.heard) == 1


def test_a_shortage_while_they_are_brought_in_is_an_error_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = world.kernel.files.random_bytes

    def fail(size: int) -> bytes:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(world.kernel.files, "random_bytes", fail)
    assert parse(world.exchange(get("/")))[0] == 500
    monkeypatch.setattr(world.kernel.files, "random_bytes", draw)
    assert parse(world.exchange(get("/")))[0] == 200
    assert len(world.daemon.logged("crit")) == 2  # one for the server without credentials


def test_a_form_that_is_too_long_is_refused(world: World) -> None:
    assert parse(world.exchange(post(b"a" * BODY_BYTES, path="/")))[0] == 200
    assert parse(world.exchange(post(b"a" * (BODY_BYTES + 1), path="/")))[0] == 413


@pytest.mark.parametrize("path", METHODS)
def test_every_address_has_an_answer_and_is_for_its_methods_only(world: World, path: str) -> None:
    world.daemon.program("web", 1)
    for method in METHODS[path]:
        request = (
            post(b"", path=f"/{path}") if method == "POST" else get(f"/{path}?processname=web&poll=1", method=method)
        )
        client = world.connect()
        client.send(request)
        world.settle()
        assert parse(bytes(client.received))[0] == 200, method
        client.close()
    assert parse(world.exchange(get(f"/{path}", method="DELETE")))[0] == 400
