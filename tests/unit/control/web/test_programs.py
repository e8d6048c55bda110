from __future__ import annotations

import pytest

from initd.states import ProcessState
from tests.unit.control.fake import SECOND_NS, FakeProcess, World
from tests.unit.control.web.browser import visit

HOSTILE = "\"'><script>alert(1)</script>&amp;"


def actions(world: World, state: ProcessState) -> list[str]:
    world.daemon.live.clear()
    world.daemon.program("web", 1, state=state)
    page = visit(world, "/")
    return [
        attributes["value"]
        for _, attributes, _ in page.find("button", name="action")
        if not attributes["value"].endswith("all")
    ]


@pytest.mark.parametrize(
    ("state", "offered"),
    [
        (ProcessState.RUNNING, ["restart", "stop", "clearlog"]),
        (ProcessState.STOPPED, ["start", "clearlog"]),
        (ProcessState.EXITED, ["start", "clearlog"]),
        (ProcessState.FATAL, ["start", "clearlog"]),
        (ProcessState.STARTING, ["stop", "clearlog"]),
        (ProcessState.BACKOFF, ["stop", "clearlog"]),
        (ProcessState.STOPPING, ["clearlog"]),
        (ProcessState.UNKNOWN, ["clearlog"]),
    ],
)
def test_a_process_is_offered_what_makes_sense_in_its_state(
    world: World, state: ProcessState, offered: list[str]
) -> None:
    assert actions(world, state) == offered


def test_a_row_shows_state_description_name_and_logs(world: World) -> None:
    running = FakeProcess(
        "g", "a", 1, state=ProcessState.RUNNING, pid=77, up_since=world.kernel.mono() - 61 * SECOND_NS
    )
    failed = FakeProcess("g", "b", 2, state=ProcessState.FATAL, spawnerr="can't find command")
    world.daemon.add("g", failed, running)
    page = visit(world, "/")
    assert page.texts("td", class_="status") == ["running", "fatal"]
    assert page.texts("td", class_="desc") == ["pid 77, uptime 0:01:01", "can't find command"]
    assert page.texts("td", class_="name") == ["g:a", "g:b"]
    assert page.texts("span", class_="statusrunning") == ["running"]
    assert page.texts("span", class_="statuserror") == ["fatal"]
    links = page.values("a", "href")
    assert {"tail.html?processname=g%3Aa", "logtail/g%3Aa", "logtail/g%3Ab/stderr"} <= set(links)


def test_a_group_of_several_has_a_row_with_actions_of_its_own_and_one_of_one_has_none(world: World) -> None:
    world.daemon.program("web", 1)
    world.daemon.add("g", FakeProcess("g", "a", 2, state=ProcessState.RUNNING), FakeProcess("g", "b", 3))
    page = visit(world, "/")
    assert page.texts("tr", class_="group") == ["g 1 of 2 runningStart group Restart group Stop group "]
    assert page.find("input", name="groupname")[0][1]["value"] == "g"


def test_rows_are_sorted_by_group_and_name(world: World) -> None:
    world.daemon.program("z", 1, priority=1)
    world.daemon.add("m", FakeProcess("m", "y", 2), FakeProcess("m", "x", 3), priority=2)
    world.daemon.program("a", 4)
    assert visit(world, "/").texts("td", class_="name") == ["a", "m:x", "m:y", "z"]


def test_only_what_matches_the_filter_is_shown(world: World) -> None:
    world.daemon.program("web", 1, state=ProcessState.RUNNING)
    world.daemon.program("worker", 2)
    assert visit(world, "/?filter=WEB").texts("td", class_="name") == ["web"]
    assert visit(world, "/?filter=stopped").texts("td", class_="name") == ["worker"]
    assert "No programs match" in visit(world, "/?filter=zzz").texts("td")


def test_names_and_errors_are_text_whatever_they_look_like(world: World) -> None:
    world.daemon.add(
        HOSTILE,
        FakeProcess(HOSTILE, HOSTILE, 1, state=ProcessState.BACKOFF, spawnerr=HOSTILE),
        FakeProcess(HOSTILE, "b", 2),
    )
    world.daemon.identifier = HOSTILE
    page = visit(world, "/?message=<img+src=x+onerror=alert(1)>&filter=")
    assert page.texts("script") == [""]
    assert not page.find("img")
    assert page.texts("td", class_="desc")[0] == HOSTILE  # it is sorted before b
    assert page.find("input", name="processname")[0][1]["value"] == HOSTILE  # group and process are called the same


def test_the_summary_counts_states_running_first(world: World) -> None:
    for instance, state in enumerate(
        (ProcessState.FATAL, ProcessState.RUNNING, ProcessState.STOPPED, ProcessState.RUNNING)
    ):
        world.daemon.program(f"p{instance}", instance + 1, state=state)
    assert visit(world, "/").texts("p", id="summary") == ["2 running, 1 stopped, 1 fatal"]
