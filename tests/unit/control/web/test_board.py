from __future__ import annotations

import pytest

from initd.control.web.board import HEARTBEAT_NS, Board
from tests.unit.control.fake import SECOND_NS, World


@pytest.fixture
def board(world: World) -> Board:
    return Board(world.daemon, "feed")


def test_a_page_is_told_the_processes_that_changed_after_what_it_has_seen(world: World, board: Board) -> None:
    seen = board.version
    for instance in (3, 1, 2, 1):
        world.daemon.changed(instance)
    assert board.changes(seen, 10) == (board.version, [3, 2, 1])
    assert board.changes(board.version - 1, 10) == (board.version, [1])
    assert board.changes(board.version, 10) == (board.version, [])
    assert not board.whole(seen)


def test_many_changes_are_told_in_portions_the_oldest_first(world: World, board: Board) -> None:
    seen, told = board.version, []
    for instance in range(10):
        world.daemon.changed(instance)
    while True:
        seen, portion = board.changes(seen, 4)
        if not portion:
            break
        assert len(portion) <= 4
        told += portion
    assert told == list(range(10)) and seen == board.version


def test_when_groups_come_or_go_the_whole_table_is_told(world: World, board: Board) -> None:
    seen = board.version
    world.daemon.changed(1)
    world.daemon.changed(None)
    assert board.whole(seen)
    assert board.changes(board.version - 1, 10) == (board.version, [])
    assert not board.whole(board.version)
    assert not board._changed  # of programs that come and go for years nothing is kept


@pytest.mark.parametrize(
    "mark", ["", "feed", "feed-", "feed-x", "feed-\u00b2", "beef-1", "feed-99", "-1", "feed--1", "feed-" + "9" * 5000]
)
def test_a_mark_that_is_not_of_this_daemon_stands_for_having_seen_nothing(board: Board, mark: str) -> None:
    assert board.whole(board.seen(mark))
    assert not board.whole(board.seen(board.mark(board.version)))


def test_who_waits_hears_of_the_next_change_once(world: World, board: Board) -> None:
    heard: list[bool] = []
    watcher = board.watcher()
    watcher.change()(heard.append)
    world.daemon.changed(1)
    world.daemon.changed(2)
    assert heard == [True]


def test_who_waits_long_hears_that_there_was_no_change(world: World, board: Board) -> None:
    heard: list[bool] = []
    board.watcher().change()(heard.append)
    world.pass_time(HEARTBEAT_NS / SECOND_NS + 1)
    assert heard == [False]
    assert world.loop.next_deadline() is None


def test_who_has_left_hears_nothing_and_leaves_nothing(world: World, board: Board) -> None:
    heard: list[bool] = []
    watcher = board.watcher()
    watcher.change()(heard.append)
    watcher.leave()
    world.daemon.changed(1)
    assert heard == [] and world.loop.next_deadline() is None
    watcher.leave()
