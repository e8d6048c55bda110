from __future__ import annotations

import pytest

from initd.states import Mood, ProcessState
from tests.unit.control.fake import FakeProcess, World, get, parse
from tests.unit.control.web.browser import visit


def test_the_page_says_when_there_is_nothing_to_manage(world: World) -> None:
    assert "No programs to manage" in visit(world, "/").texts("td")


def test_a_message_is_shown_as_text(world: World) -> None:
    page = visit(world, "/?message=%3Cb%3EProcess+x+started%3C/b%3E")
    assert page.texts("p", class_="status_msg") == ["<b>Process x started</b>"]


@pytest.mark.parametrize(("mood", "word"), [(Mood.SHUTDOWN, "shutting down"), (Mood.RESTARTING, "restarting")])
def test_the_page_says_that_the_daemon_is_going_down(world: World, mood: Mood, word: str) -> None:
    world.daemon.mood = mood
    assert word in visit(world, "/").texts("p", class_="status_msg")[0]


def test_a_long_table_is_made_while_it_is_sent(world: World) -> None:
    processes = [FakeProcess("g", f"p{at:04}", at + 1, state=ProcessState.RUNNING, pid=at + 1) for at in range(2000)]
    world.daemon.add("g", *processes)
    client = world.connect()
    client.stall()
    client.send(get("/"))
    world.settle()
    processes[1999].state = ProcessState.FATAL  # told as it is when its turn comes
    client.resume()
    world.settle()
    status, _, body = parse(bytes(client.received))
    assert status == 200 and body.count(b'<tr id="p') == 2000 and body.count(b"statuserror") == 1


def test_what_is_removed_while_a_page_is_sent_is_left_out(world: World) -> None:
    world.daemon.add("a", *[FakeProcess("a", f"p{at:04}", at + 1) for at in range(2000)])
    world.daemon.program("z", 5000)
    client = world.connect()
    client.stall()
    client.send(get("/"))
    world.settle()
    world.daemon.live.pop()
    client.resume()
    world.settle()
    assert b"tail.html?processname=z" not in parse(bytes(client.received))[2]
