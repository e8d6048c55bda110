"""initd.config.listeners: an [eventlistener:x] is a pool; its own options, their errors, and what its processes inherit."""

from __future__ import annotations

import pytest

from initd.config.model import ListenerConfig
from tests.unit.config.memory import MAIN, config, error

HEAD = "[supervisord]\n[eventlistener:l]\ncommand=x\n"


def pool(text: str):
    return config(HEAD + text).groups[0]


def test_a_pool_comes_first_and_its_processes_do_not() -> None:
    found = config(HEAD + "events=TICK_5\n[program:a]\ncommand=y\n").groups
    assert [(group.name, group.priority) for group in found] == [("l", -1), ("a", 999)]
    assert found[0].processes[0].priority == 999
    assert pool("events=TICK_5\npriority=3\n").processes[0].priority == 3


def test_events_are_names_in_any_case_and_order_and_how_often_does_not_matter() -> None:
    handler = "supervisor.dispatchers:default_handler"
    expected = ListenerConfig(("PROCESS_STATE", "TICK_5"), 10, handler)
    assert pool("events=tick_5, Process_State,TICK_5\n").listener == expected


def test_several_processes_make_one_pool() -> None:
    found = pool("events=EVENT\nnumprocs=3\nprocess_name=%(process_num)d\nbuffer_size=5\n")
    assert [process.name for process in found.processes] == ["0", "1", "2"]
    assert found.listener.buffer_size == 5


@pytest.mark.parametrize(
    ("text", "told", "option", "hint"),
    [
        ("", '[eventlistener:l] section requires an "events" line', "events", "such as events=PROCESS_STATE"),
        ("events=\n", '[eventlistener:l] section requires an "events" line', "events", "such as events=PROCESS_STATE"),
        (
            "events=PROCES_STATE\n",
            "Unknown event type PROCES_STATE in [eventlistener:l] events",
            "events",
            "the nearest is PROCESS_STATE",
        ),
        (
            "events=EVENT\nbuffer_size=0\n",
            "[eventlistener:l] section sets invalid buffer_size (0)",
            "buffer_size",
            "expected 1 or more",
        ),
        (
            "events=EVENT\nredirect_stderr=true\n",
            (
                "[eventlistener:l] section sets redirect_stderr=true but this is not allowed because it will interfere with "
                "the eventlistener protocol"
            ),
            "redirect_stderr",
            "leave it out",
        ),
        (
            "events=EVENT\nresult_handler=json:no_such\n",
            "json:no_such cannot be resolved within [eventlistener:l]",
            "result_handler",
            "AttributeError: module 'json' has no attribute 'no_such'",
        ),
    ],
)
def test_what_a_pool_cannot_be_is_told_with_its_place(text: str, told: str, option: str, hint: str) -> None:
    refused = error(HEAD + text)
    line = 3 + (text.count("\n") if text else -1)
    assert (refused.text, refused.key, refused.hint) == (told, option, hint)
    assert (refused.file, refused.line) == (MAIN, line)
