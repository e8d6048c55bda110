from __future__ import annotations

import re

import pytest

from initd.control.web.live import MOST_READERS
from initd.states import ProcessState
from tests.unit.control.fake import SERVER, FakeProcess, World, get, parse
from tests.unit.control.web.browser import events, follow, visit

LOG = "/var/log/web.out"


def version(world: World) -> str:
    return visit(world, "/").values("table", "data-version")[0]


def change(world: World, process: FakeProcess, state: ProcessState) -> None:
    process.state = state
    world.daemon.changed(process.instance)


@pytest.fixture
def web(world: World) -> FakeProcess:
    return world.daemon.program("web", 1)


def test_a_change_is_told_as_the_row_it_makes(world: World, web: FakeProcess) -> None:
    client = follow(world, f"/live/programs?since={version(world)}")
    assert events(client) == []
    change(world, web, ProcessState.RUNNING)
    world.pass_time(0.2)
    ((kind, mark, rows),) = events(client)
    assert kind == "rows" and mark == version(world)
    assert '<tr id="p1"' in rows and "statusrunning" in rows and 'data-summary="1 running"' in rows
    world.pass_time(5)
    assert events(client) == []


def test_what_changed_between_the_page_and_its_stream_is_told(world: World, web: FakeProcess) -> None:
    seen = version(world)
    change(world, web, ProcessState.FATAL)
    assert [kind for kind, _, _ in events(follow(world, f"/live/programs?since={seen}"))] == ["rows"]


def test_a_browser_that_comes_back_is_told_from_where_it_was(world: World, web: FakeProcess) -> None:
    old = version(world)
    change(world, web, ProcessState.FATAL)
    client = follow(world, f"/live/programs?since={old}", f"Last-Event-ID: {version(world)}")
    assert events(client) == []


def test_changes_in_quick_succession_are_told_together_and_only_the_last(world: World, web: FakeProcess) -> None:
    client = follow(world, f"/live/programs?since={version(world)}")
    for _ in range(50):
        for state in (ProcessState.STARTING, ProcessState.BACKOFF):
            change(world, web, state)
            world.settle()
    world.pass_time(0.2)
    assert [rows.count("<tr id=") for _, _, rows in events(client)] == [1]


def test_a_group_is_told_with_its_processes(world: World) -> None:
    a = FakeProcess("g", "a", 1)
    world.daemon.add("g", a, FakeProcess("g", "b", 2))
    client = follow(world, f"/live/programs?since={version(world)}")
    change(world, a, ProcessState.RUNNING)
    world.pass_time(0.2)
    ((_, _, rows),) = events(client)
    assert re.findall(r'<tr id="(\w+)"', rows) == ["g1", "p1"] and "1 of 2 running" in rows


def test_many_changes_come_in_several_events(world: World) -> None:
    processes = [FakeProcess("g", f"p{at}", at + 1) for at in range(100)]
    world.daemon.add("g", *processes)
    client = follow(world, f"/live/programs?since={version(world)}")
    for process in processes:
        change(world, process, ProcessState.RUNNING)
    world.pass_time(0.2)
    told = [set(re.findall(r'<tr id="p(\d+)"', rows)) for _, _, rows in events(client)]
    assert len(told) == 4 and set.union(*told) == {str(at + 1) for at in range(100)}


@pytest.mark.parametrize("mark", ["", "nonsense", "00000000-1"])
def test_a_page_of_another_daemon_is_told_to_look_at_everything(world: World, web: FakeProcess, mark: str) -> None:
    version(world)
    client = follow(world, f"/live/programs?since={mark}")
    assert [(kind, data) for kind, _, data in events(client)] == [("whole", "whole")]
    world.daemon.changed(None)
    world.pass_time(0.2)
    assert [kind for kind, _, _ in events(client)] == ["whole"]


def test_a_reader_who_does_not_read_costs_no_more_than_the_bound_and_then_skips(world: World) -> None:
    processes = [FakeProcess("g", f"p{at}", at + 1) for at in range(100)]
    world.daemon.add("g", *processes)
    client = follow(world, f"/live/programs?since={version(world)}")
    client.stall()
    for turn in range(60):
        for process in processes:
            change(world, process, (ProcessState.RUNNING, ProcessState.STOPPED)[turn % 2])
        world.pass_time(0.2)
    (connection,) = world.servers._connections
    outgoing = connection._outgoing
    assert outgoing is not None and len(outgoing._wire) < 512 * 1024
    version(world)  # others are served
    client.resume()
    world.pass_time(1)
    assert len(client.received) < 1024 * 1024
    last = dict(re.findall(rb'data-name="g:(\w+)" data-state="(\w+)"', bytes(client.received)))
    assert set(last.values()) == {b"stopped"} and len(last) == 100


def test_a_reader_who_never_reads_again_is_closed(world: World) -> None:
    processes = [FakeProcess("g", f"p{at}", at + 1) for at in range(400)]
    world.daemon.add("g", *processes)
    client = follow(world, f"/live/programs?since={version(world)}")
    client.stall()
    for _ in range(10):
        for process in processes:
            change(world, process, ProcessState.RUNNING)
        world.pass_time(0.2)
    world.pass_time(130)
    assert client.ended


def test_readers_are_counted_and_those_over_the_bound_poll(world: World, web: FakeProcess) -> None:
    seen = version(world)
    bound = min(MOST_READERS, world.kernel.open_limit() // 16)
    clients = [follow(world, f"/live/programs?since={seen}") for _ in range(bound)]
    one_more = follow(world, f"/live/programs?since={seen}")
    assert parse(bytes(one_more.received))[0] == 503
    change(world, web, ProcessState.RUNNING)
    answer = parse(world.exchange(get(f"/live/programs?poll=1&since={seen}")))[2].decode()
    assert answer.startswith(f"{version(world)}\n<tr data-summary=")
    clients[0].close()
    world.settle()
    assert parse(bytes(follow(world, f"/live/programs?since={seen}").received))[0] == 200


def test_polling_tells_the_same_as_a_stream(world: World, web: FakeProcess) -> None:
    seen = version(world)
    assert parse(world.exchange(get(f"/live/programs?poll=1&since={seen}")))[2].decode() == f"{seen}\n"
    client = follow(world, f"/live/programs?since={seen}")
    change(world, web, ProcessState.FATAL)
    world.pass_time(0.2)
    ((_, mark, rows),) = events(client)
    assert parse(world.exchange(get(f"/live/programs?poll=1&since={seen}")))[2].decode() == f"{mark}\n{rows}"
    assert parse(world.exchange(get("/live/programs?poll=1&since=x")))[2].decode() == f"{mark}\nwhole"


def test_when_all_readers_have_left_the_daemon_sleeps(world: World, web: FakeProcess) -> None:
    seen = version(world)
    clients = [follow(world, f"/live/programs?since={seen}") for _ in range(3)]
    assert world.loop.next_deadline() is not None  # they are told now and then that nothing happened
    for client in clients:
        client.close()
    world.settle()
    assert world.loop.next_deadline() is None


def test_a_reader_hears_now_and_then_that_nothing_happened(world: World, web: FakeProcess) -> None:
    client = follow(world, f"/live/programs?since={version(world)}")
    client.received.clear()
    world.pass_time(45)
    assert client.received.count(b": nothing new") == 2


# logs
@pytest.fixture
def log(world: World, web: FakeProcess) -> World:
    world.kernel.files.put(LOG, b"one\n")
    return world


def write(world: World, data: bytes) -> None:
    world.kernel.files.tree.find(LOG).data += data
    world.pass_time(0.3)


def test_what_is_written_to_a_log_is_told_from_the_position_on(log: World) -> None:
    client = follow(log, "/live/log?processname=web&from=4")
    write(log, b"two\n")
    assert events(client) == [("text", "8", "two\n")]
    write(log, b"th")
    write(log, b"ree\nfour")
    assert events(client) == [("text", "10", "th"), ("text", "18", "ree\nfour")]


def test_a_reader_of_a_log_comes_back_to_where_it_was(log: World) -> None:
    client = follow(log, "/live/log?processname=web&from=0", "Last-Event-ID: 2")
    assert events(client) == [("text", "4", "e\n")]


def test_a_character_that_is_cut_in_two_is_told_when_it_is_whole(log: World) -> None:
    client = follow(log, "/live/log?processname=web&from=4")
    write(log, b"\xe2\x82")
    assert events(client) == []
    write(log, b"\xac!")
    assert events(client) == [("text", "8", "\u20ac!")]


def test_events_cannot_be_forged_by_what_a_program_writes(log: World) -> None:
    client = follow(log, "/live/log?processname=web&from=4")
    write(log, b"\n\nevent: rows\ndata: <b>\r\rid: 99\r\n\r\n")
    ((kind, mark, text),) = events(client)
    assert (kind, text) == ("text", "\n\nevent: rows\ndata: <b>\n\nid: 99\n\n") and mark != "99"


def test_a_log_that_was_truncated_is_followed_from_its_start(log: World) -> None:
    client = follow(log, "/live/log?processname=web&from=4")
    log.kernel.files.put(LOG, b"n\n")
    log.pass_time(0.6)
    assert "".join(text for _, _, text in events(client)) == "==> File truncated <==\nn\n"


def test_a_log_that_is_not_there_yet_is_waited_for(world: World, web: FakeProcess) -> None:
    client = follow(world, "/live/log?processname=web&from=0")
    assert events(client) == []
    world.kernel.files.put(LOG, b"born\n")
    world.pass_time(0.3)
    assert events(client) == [("text", "5", "born\n")]


def test_a_quiet_log_is_told_to_be_quiet(log: World) -> None:
    client = follow(log, "/live/log?processname=web&from=4")
    client.received.clear()
    log.pass_time(41)
    assert client.received.count(b": nothing new") == 2


def test_the_same_bound_counts_for_readers_of_logs() -> None:
    world = World(SERVER, nofile=64)
    world.daemon.program("web", 1)
    world.kernel.files.put(LOG)
    for _ in range(4):
        assert parse(bytes(follow(world, "/live/log?processname=web").received))[0] == 200
    assert parse(bytes(follow(world, "/live/log?processname=web").received))[0] == 503
    assert world.errors == []
