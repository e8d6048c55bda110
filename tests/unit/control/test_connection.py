from __future__ import annotations

import random
import re

import pytest

from initd.control import connection
from initd.states import ProcessState
from sim.kernel.sockets import SimClient
from tests.unit.control.fake import STATE_CALL, FakeProcess, World, call_body, get, parse, post


def test_a_connection_is_kept_for_the_next_request(world: World) -> None:
    client = world.connect()
    for _ in range(3):
        client.received.clear()
        client.send(post(STATE_CALL))
        world.settle()
        assert parse(bytes(client.received))[0] == 200
        assert not client.ended
        world.pass_time(3600)


def test_requests_sent_ahead_are_answered_in_order(world: World) -> None:
    client = world.connect()
    client.send(get("/ok.html") + post(STATE_CALL) + get("/nope") + get("/ok.html", "Connection: close"))
    world.settle()
    assert re.findall(rb"HTTP/1.1 (\d+)", bytes(client.received)) == [b"200", b"200", b"404", b"200"]
    assert client.ended


def test_a_request_sent_ahead_without_a_host_is_answered_too(world: World) -> None:
    client = world.connect()
    client.send(post(STATE_CALL) + b"GET /ok.html HTTP/1.1\r\n\r\n" * 2)
    world.settle()
    assert re.findall(rb"HTTP/1.1 (\d+)", bytes(client.received)) == [b"200"] * 3


@pytest.mark.parametrize("when", ["with it", "later", "in two"])
def test_an_empty_line_after_a_body_is_no_request(world: World, when: str) -> None:
    client = world.connect()
    client.send(post(STATE_CALL) + (b"\r\n" if when == "with it" else b"\r" if when == "in two" else b""))
    world.settle()
    client.send(b"\r\n" if when == "later" else b"\n" if when == "in two" else b"")
    world.pass_time(3600)
    client.send(b"\r\n" + post(STATE_CALL))
    world.settle()
    assert re.findall(rb"HTTP/1.1 (\d+)", bytes(client.received)) == [b"200", b"200"]
    assert not client.ended


def test_half_an_empty_line_is_waited_for_no_longer_than_a_head(world: World) -> None:
    client = world.connect()
    client.send(post(STATE_CALL) + b"\r")
    world.pass_time(31)
    assert client.ended


def test_http_1_0_is_answered_and_closed(world: World) -> None:
    client = world.connect()
    client.send(b"GET /ok.html HTTP/1.0\r\n\r\n")
    world.settle()
    assert parse(bytes(client.received))[::2] == (200, b"OK")
    assert client.ended


def test_a_request_may_come_byte_by_byte(world: World) -> None:
    client = world.connect()
    for byte in post(STATE_CALL):
        client.send(bytes([byte]))
        world.turn()
        world.turn()
    world.settle()
    assert parse(bytes(client.received))[0] == 200


def test_a_client_that_half_closes_still_gets_its_answer(world: World) -> None:
    client = world.connect()
    client.send(post(STATE_CALL))
    client.shutdown()
    world.settle()
    assert parse(bytes(client.received))[0] == 200
    assert client.ended


def test_the_head_of_a_request_has_to_come_within_its_time(world: World) -> None:
    client = world.connect()
    for byte in get("/ok.html", f"X: {'x' * 100}"):
        if client.ended:
            break
        client.send(bytes([byte]))
        world.pass_time(1)
    assert client.ended
    assert 29 <= world.kernel.mono() / 1e9 <= 33


def test_a_client_that_says_nothing_is_shown_out(world: World) -> None:
    client = world.connect()
    world.settle()
    assert not client.ended
    world.pass_time(31)
    assert client.ended


def test_the_body_of_a_request_has_to_come_within_its_time(world: World) -> None:
    client = world.connect()
    client.send(post(STATE_CALL)[:-10])
    world.pass_time(100)
    assert not client.ended
    world.pass_time(30)
    assert client.ended


def test_a_client_that_does_not_read_is_given_up(world: World) -> None:
    world.kernel.files.put("/var/log/main.log", b"x" * 3_000_000)
    client = world.connect()
    client.stall()
    begin_big_read(client)
    world.pass_time(50)
    assert not client.ended
    world.pass_time(70)
    assert client.ended


def begin_big_read(client: SimClient, version: str = "1.1") -> None:
    client.send(post(call_body("readLog", 0, 0), version=version))


def test_a_slow_reader_that_keeps_reading_gets_everything(world: World) -> None:
    world.kernel.files.put("/var/log/main.log", b"x" * 3_000_000)
    client = world.connect()
    client.stall()
    begin_big_read(client)
    for _ in range(20):
        world.pass_time(40)
        client.resume()
        client.stall()
    client.resume()
    world.settle()
    assert len(parse(bytes(client.received))[2]) > 3_000_000


def test_a_long_reply_is_chunked_and_never_far_ahead_of_its_reader(world: World) -> None:
    world.kernel.files.put("/var/log/main.log", b"y" * 5_000_000)
    reads: list[int] = []
    read_at = world.kernel.files.read_at
    world.kernel.files.read_at = lambda *a: (reads.append(a[2]), read_at(*a))[1]
    client = world.connect()
    client.stall()
    begin_big_read(client)
    world.settle()
    assert sum(reads) < 1_500_000
    client.resume()
    world.settle()
    status, headers, body = parse(bytes(client.received))
    assert (status, headers["transfer-encoding"]) == (200, "chunked")
    assert body.count(b"y") >= 5_000_000
    assert not client.ended


def test_a_long_reply_to_http_1_0_ends_with_the_connection(world: World) -> None:
    world.kernel.files.put("/var/log/main.log", b"y" * 1_000_000)
    client = world.connect()
    begin_big_read(client, version="1.0")
    world.settle()
    assert parse(bytes(client.received))[2].endswith(b"</methodResponse>\n")
    assert client.ended


def test_a_body_that_is_too_long_is_refused_before_it_is_sent(world: World) -> None:
    client = world.connect()
    client.send(post(b"", "X: y").replace(b"Content-Length: 0", b"Content-Length: 4194305"))
    world.settle()
    assert parse(bytes(client.received))[0] == 413
    client.send(b"x" * 100_000)
    world.settle()
    assert not client.ended
    world.pass_time(3)
    assert client.ended


def test_a_body_of_unknown_length_is_refused_once_it_is_too_long(world: World) -> None:
    client = world.connect()
    client.send(b"POST /ok.html HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(100):
        client.send(b"10000\r\n" + b"x" * 65536 + b"\r\n")
        world.settle()
        if client.received:
            break
    assert parse(bytes(client.received))[0] == 413


def test_a_body_cut_into_single_bytes_is_taken_in_turns_with_other_clients(world: World) -> None:
    slow, quick = world.connect(), world.connect()
    body = b"1\r\nx\r\n" * 2000
    slow.send(b"POST /ok.html HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + body + b"0\r\n\r\n")
    quick.send(get("/ok.html"))
    while not quick.received:
        world.turn()
    assert not slow.received
    world.settle()
    assert parse(bytes(slow.received))[0] == 200


def test_a_target_that_is_too_long_is_refused(world: World) -> None:
    assert parse(world.exchange(get("/" + "%41" * 2700)))[0] == 404
    assert parse(world.exchange(get("/" + "%41" * 2800)))[0] == 414


def test_a_head_that_is_too_long_is_refused(world: World) -> None:
    client = world.connect()
    client.send(b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 100_000)
    world.settle()
    assert parse(bytes(client.received))[0] == 431


def test_expect_100_is_answered_before_the_body(world: World) -> None:
    client = world.connect()
    client.send(post(STATE_CALL, "Expect: 100-continue")[: -len(STATE_CALL)])
    world.settle()
    assert bytes(client.received).startswith(b"HTTP/1.1 100 ")
    client.received.clear()
    client.send(STATE_CALL)
    world.settle()
    assert parse(bytes(client.received))[0] == 200


def test_expect_100_with_a_request_that_is_refused_gets_the_refusal(world: World) -> None:
    client = world.connect()
    client.send(post(b"xx", "Expect: 100-continue", path="/nope")[:-2])
    world.settle()
    assert parse(bytes(client.received))[0] == 400


def test_a_call_may_wait_for_a_day(world: World) -> None:
    world.daemon.add("web", FakeProcess("web", "web", 7))
    world.daemon.patient = True
    answer = world.begin("startProcess", "web")
    world.daemon.asked[0][3](True)
    world.pass_time(86400)
    world.daemon.asked[1][3](True)
    world.settle()
    assert answer() is True


def test_a_client_that_leaves_a_waiting_call_frees_its_descriptor(world: World) -> None:
    world.daemon.program("web", 7, state=ProcessState.RUNNING)
    world.daemon.patient = True
    client = world.connect()
    client.send(post(call_body("stopProcess", "web")))
    world.settle()
    before = world.open_fds()
    client.close()
    world.settle()
    assert world.open_fds() == before - 1
    world.daemon.asked[0][3](True)
    world.settle()


def test_data_sent_ahead_of_a_waiting_call_does_not_spin_the_loop(world: World) -> None:
    world.daemon.program("web", 7, state=ProcessState.RUNNING)
    world.daemon.patient = True
    client = world.connect()
    call = call_body("stopProcess", "web")
    client.send(post(call))
    world.settle()
    client.send(get("/ok.html"))
    world.settle()
    start = world.kernel.mono()
    world.loop.turn(start + 1_000_000_000, lambda: None)
    assert world.kernel.mono() == start + 1_000_000_000
    world.daemon.asked[0][3](True)
    world.settle()
    assert bytes(client.received).count(b"HTTP/1.1 200 OK") == 2


def test_a_handler_that_fails_is_an_internal_error_and_a_line_in_the_log(world: World) -> None:
    world.daemon.log_paths = lambda instance: 1 / 0
    world.daemon.program("web", 7)
    call = call_body("getProcessInfo", "web")
    assert parse(world.exchange(post(call)))[0] == 500
    assert ["division by zero" in line for line in world.daemon.logged("crit")] == [False, True]


def test_a_handler_that_fails_late_ends_the_connection_only(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection.Connection, "_finish", lambda self, outgoing: 1 / 0)
    client = world.connect()
    client.send(get("/ok.html"))
    world.settle()
    assert client.ended
    assert len(world.daemon.logged("crit")) == 2


def test_head_is_answered_without_a_body(world: World) -> None:
    data = world.exchange(get("/nope", method="HEAD"))
    assert data.startswith(b"HTTP/1.1 404 ")
    assert data.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00" * 100,
        b"\r\n" * 50,
        b"GET\r\n\r\n",
        b"GET /nope HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\nx",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)),
        b"CONNECT evil:80 HTTP/1.1\r\nHost: evil\r\n\r\n",
        b"GET /nope HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        b"GET /%zz%ff%00 HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
)
def test_garbage_gets_a_refusal_or_nothing_and_the_next_client_is_served(world: World, garbage: bytes) -> None:
    answer = world.exchange(garbage)
    assert not answer or parse(answer)[0] in (400, 404, 501)
    assert parse(world.exchange(get("/ok.html")))[0] == 200
    assert world.daemon.asked == []


def test_random_bytes_and_broken_requests_change_nothing(world: World) -> None:
    choose = random.Random(1)
    good = post(STATE_CALL)
    fds = None
    for _ in range(300):
        data = bytearray(good)
        for _ in range(choose.randrange(1, 6)):
            data[choose.randrange(len(data))] = choose.randrange(256)
        client = world.connect()
        client.send(bytes(data[: choose.randrange(1, len(data))] if choose.random() < 0.3 else data))
        world.settle()
        client.close() if choose.random() < 0.5 else client.reset()
        world.settle()
        fds = fds or world.open_fds()
    assert world.open_fds() <= (fds or 0)
    assert world.daemon.asked == []
    assert [line for line in world.daemon.logged("crit") if "unexpected" in line] == []


def test_requests_are_logged_at_trace_level(world: World) -> None:
    world.exchange(get("/ok.html"))
    assert world.daemon.logged("trace")[-1].startswith("localhost:0 - - [")
    assert world.daemon.logged("trace")[-1].endswith('] "GET /ok.html HTTP/1.1" 200 2')
