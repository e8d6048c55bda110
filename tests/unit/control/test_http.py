from __future__ import annotations

import errno

import pytest

from initd.config.model import OwnConfig, ServerConfig
from initd.control import http
from initd.control.http import BindError, open_servers
from initd.control.reply import Head
from tests.unit.control.fake import PATH, SERVER, STATE_CALL, World, call_body, get, parse, post


def test_each_server_says_what_it_serves_and_that_it_asks_for_no_password() -> None:
    world = World(SERVER, ServerConfig("inet_http_server", "inet", host="127.0.0.1", username="u", password="p"))
    assert world.daemon.lines == [
        ("info", "RPC interface 'supervisor' initialized"),
        ("crit", "Server 'unix_http_server' running without any HTTP authentication checking"),
        ("info", "RPC interface 'supervisor' initialized"),
    ]


def test_a_server_that_cannot_be_bound_names_its_configuration_and_closes_the_others() -> None:
    world = World(SERVER)
    inet = ServerConfig("inet_http_server", "inet", port=9001)
    before = world.open_fds()
    with pytest.raises(BindError) as caught:
        open_servers(world.daemon, (inet, SERVER))
    assert (caught.value.config, caught.value.errno) == (SERVER, errno.EADDRINUSE)
    assert isinstance(caught.value, OSError)
    assert world.open_fds() == before


def test_a_tcp_server_serves_like_a_unix_one() -> None:
    world = World(SERVER)
    port = world.servers.open(ServerConfig("inet_http_server", "inet"))
    world.servers.announce()
    client = world.kernel.connect_tcp(port)
    client.send(get("/ok.html"))
    world.settle()
    assert parse(bytes(client.received))[0] == 200


@pytest.mark.parametrize(
    ("config", "host", "status"),
    [
        (ServerConfig("inet_http_server", "inet"), "evil.example", 403),
        (ServerConfig("inet_http_server", "inet"), "www.example", 200),
        (ServerConfig("inet_http_server", "inet", host="Srv.example"), "srv.example", 200),
        (ServerConfig("inet_http_server", "inet", username="u", password="p"), "evil.example", 401),
        (SERVER, "evil.example", 200),
    ],
)
def test_a_browser_must_know_a_tcp_server_without_a_password_by_its_own_name(
    config: ServerConfig, host: str, status: int
) -> None:
    world = World(SERVER)
    world.daemon.config = world.daemon.config.replace(own=OwnConfig(web_hosts=("www.example",)))
    head = Head("GET", "/ok.html", {"host": host, "origin": f"http://{host}"})
    assert world.servers.routes(config).open(head).finish().status == status


def test_clients_wait_in_the_backlog_until_the_modules_are_loaded(world: World) -> None:
    world.kernel.withhold("preload")
    client = world.connect()
    client.send(get("/ok.html"))
    world.settle()
    assert not client.received
    world.kernel.let_go("preload")
    world.settle()
    assert parse(bytes(client.received))[2] == b"OK"


def test_a_thousand_clients_at_once_are_all_served(world: World) -> None:
    clients = [world.connect() for _ in range(1000)]
    for client in clients:
        client.send(post(STATE_CALL, "Connection: close"))
    world.settle()
    assert all(client.ended for client in clients)
    assert {parse(bytes(client.received))[0] for client in clients} == {200}


def test_a_quarter_of_the_descriptors_is_the_most_that_clients_get(world: World) -> None:
    clients = [world.connect() for _ in range(1000)]
    world.settle()
    before = world.open_fds()
    assert before <= world.kernel.open_limit() // 4 + 10
    for client in clients[:100]:
        client.close()
    world.settle()
    assert world.open_fds() == before


def test_a_connection_that_idles_makes_room_for_a_new_client(world: World) -> None:
    limit = world.kernel.open_limit() // 4
    idle = [world.connect() for _ in range(limit)]
    for client in idle:
        client.send(get("/ok.html"))
        world.settle()
    late = world.connect()
    late.send(get("/ok.html"))
    world.settle()
    assert parse(bytes(late.received))[0] == 200
    assert idle[0].ended
    assert not idle[-1].ended


def test_who_says_nothing_makes_room_for_a_new_client_the_longest_silent_first(world: World) -> None:
    silent = [world.connect() for _ in range(world.kernel.open_limit() // 4)]
    silent[-1].send(b"POST /RPC2 HTTP/1.1\r\n")
    world.settle()
    late = world.connect()
    late.send(get("/ok.html"))
    world.settle()
    assert parse(bytes(late.received))[0] == 200
    assert silent[0].ended
    assert not silent[-1].ended


def test_who_stops_in_the_middle_of_a_body_makes_room_too(world: World) -> None:
    for _ in range(world.kernel.open_limit() // 4):
        world.connect().send(post(STATE_CALL)[:-5])
    world.settle()
    assert parse(world.exchange(get("/ok.html")))[0] == 200


def test_a_machine_out_of_descriptors_is_asked_once_a_second() -> None:
    world = World(SERVER)
    world.settle()
    shortage = world.kernel.faults.fail("accept", errno.EMFILE, times=None)
    client = world.connect()
    client.send(get("/ok.html"))
    world.pass_time(10)
    assert not client.received
    assert 9 <= shortage.fired <= 11
    world.kernel.faults.heal()
    world.pass_time(2)
    assert parse(bytes(client.received))[0] == 200


def test_a_client_or_a_server_that_cannot_be_watched_costs_that_client_and_a_second() -> None:
    """Neither is the server deaf from then on, nor does the client's descriptor stay open."""
    world = World(SERVER)
    world.settle()
    for nth in (1, 2):  # the server, once what it needs is loaded; a client
        before = world.kernel.open_count()
        world.kernel.faults.fail("watch", errno.ENOMEM, nth=nth, when=lambda fd, interest: interest)
        world.connect().send(get("/ok.html"))
        world.pass_time(3)
        world.kernel.faults.heal()
        assert parse(world.exchange(get("/ok.html")))[0] == 200
        world.settle()
        assert world.kernel.open_count() <= before + 2
    assert world.errors == []


def test_an_accept_that_goes_wrong_in_a_way_nobody_thought_of_does_not_make_the_server_deaf() -> None:
    world = World(SERVER)
    assert parse(world.exchange(get("/ok.html")))[0] == 200
    counted = world.kernel.open_count

    def fails() -> int:
        raise RuntimeError("counting")

    world.kernel.open_count = fails  # type: ignore[method-assign]
    client = world.connect()
    client.send(get("/ok.html"))
    world.settle()
    assert not client.received
    assert [str(error) for error in world.errors] == ["counting"]
    world.kernel.open_count = counted  # type: ignore[method-assign]
    world.pass_time(2)
    assert parse(bytes(client.received))[0] == 200


def test_an_idle_server_wakes_up_for_nothing(world: World) -> None:
    client = world.connect()
    client.send(get("/ok.html"))
    world.settle()
    world.pass_time(121)
    assert world.loop.next_deadline() is None
    assert not client.ended


def test_closing_removes_the_socket_file_and_all_descriptors_and_then_says_so() -> None:
    world = World(SERVER)
    client = world.connect()
    client.send(get("/ok.html"))
    world.settle()
    done: list[bool] = []
    world.servers.close(lambda: done.append(True))
    assert client.ended
    world.settle()
    assert done == [True]
    assert not world.kernel.files.exists(PATH)
    assert world.open_fds() == 3


def test_what_is_ready_is_still_sent_when_the_servers_close(world: World) -> None:
    client = world.connect()
    client.stall()
    world.kernel.files.put("/var/log/main.log", b"x" * 230_000)
    client.send(post(call_body("readLog", 0, 0)))
    world.settle()
    client.resume()
    world.servers.close()
    assert b"</methodResponse>" in client.received


def test_the_namespaces_are_those_the_configuration_asks_for() -> None:
    world = World(SERVER)
    world.daemon.config = world.daemon.config.replace(rpcinterfaces=())
    assert b"UNKNOWN_METHOD" in world.exchange(post(STATE_CALL))


def test_few_descriptors_are_enough_for_some_clients() -> None:
    world = World(SERVER, nofile=40)
    assert parse(world.exchange(get("/ok.html")))[0] == 200


def test_a_few_clients_are_served_though_programs_have_nearly_all_descriptors() -> None:
    world = World(SERVER, nofile=100)
    world.settle()
    while world.open_fds() < 88:
        world.kernel.pipe()
    waiting = [world.connect() for _ in range(10)]
    for client in waiting:
        client.send(post(STATE_CALL, "Connection: close"))
    world.settle()
    assert {parse(bytes(client.received))[0] for client in waiting} == {200}
    silent = [world.connect() for _ in range(30)]
    world.settle()
    assert world.open_fds() <= 88 + 4 + 2
    assert parse(world.exchange(get("/ok.html")))[0] == 200
    assert silent[0].ended


def test_preload_loads_what_serving_needs() -> None:
    http.preload()


def test_modules_that_cannot_be_loaded_in_a_shortage_are_tried_again_and_one_line_tells(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    with monkeypatch.context() as shortage:
        shortage.setattr("initd.control.http.preload", fails)
        client = world.connect()
        client.send(get("/ok.html"))
        world.pass_time(5)
        assert not client.received and not client.ended
    world.pass_time(2)
    assert parse(bytes(client.received))[0] == 200
    assert len([text for level, text in world.daemon.lines if "cannot work now" in text]) == 1


def test_servers_that_cannot_work_refuse_their_clients_instead_of_keeping_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> None:
        raise ModuleNotFoundError("No module named 'anything'")

    monkeypatch.setattr("initd.control.http.preload", fails)
    first = world.connect()
    first.send(get("/ok.html"))
    world.settle()
    assert first.ended and not first.received
    with pytest.raises(OSError):
        world.connect()
