from __future__ import annotations

import pytest

from initd.control.client.wire import Fault
from initd.control.faults import Fault as FaultCode
from tests.unit.client.scripted import Scripted, info, result

STOPPING = Fault(FaultCode.SHUTDOWN_STATE, "SHUTDOWN_STATE")


@pytest.mark.parametrize(
    ("line", "method", "said"),
    [
        ("reread", "reloadConfig", "ERROR: supervisor shutting down"),
        ("update", "reloadConfig", "ERROR: already shutting down"),
        ("avail", "getAllConfigInfo", "ERROR: supervisor shutting down"),
        ("add web", "addProcessGroup", "ERROR: shutting down"),
    ],
)
def test_a_shutdown_under_way_is_named(line: str, method: str, said: str) -> None:
    session = Scripted(**{method: STOPPING})
    session.run(line)
    assert (session.said(), session.status) == ([said], 1)


def test_reread_sorts_its_changes_and_tells_a_broken_configuration() -> None:
    session = Scripted(reloadConfig=[[["new"], ["both"], ["gone", "a"]]])
    session.run("reread")
    assert session.said() == ["a: disappeared", "both: changed", "gone: disappeared", "new: available"]
    session = Scripted(reloadConfig=Fault(FaultCode.CANT_REREAD, "CANT_REREAD: line 3"))
    session.run("reread")
    assert (session.said(), session.status) == (["ERROR: CANT_REREAD: line 3"], 1)


def test_update_removes_then_replaces_then_adds() -> None:
    session = Scripted(
        reloadConfig=[[["new"], ["old"], ["gone"]]],
        stopProcessGroup=[result("x", 80)],
        removeProcessGroup=True,
        addProcessGroup=True,
    )
    session.run("update")
    assert session.calls[1:] == [
        ("stopProcessGroup", "gone"),
        ("removeProcessGroup", "gone"),
        ("stopProcessGroup", "old"),
        ("removeProcessGroup", "old"),
        ("addProcessGroup", "old"),
        ("addProcessGroup", "new"),
    ]
    assert session.said() == [
        *("gone: stopped", "gone: removed process group", "old: stopped", "old: updated process group"),
        "new: added process group",
    ]


def test_update_keeps_a_removed_group_that_would_not_stop() -> None:
    session = Scripted(reloadConfig=[[[], [], ["gone"]]], stopProcessGroup=[result("x", FaultCode.FAILED)])
    session.run("update")
    assert (session.said(), session.status) == (["gone: stopped", "gone: has problems; not removing"], 1)


def test_update_of_some_groups_leaves_the_others_and_names_the_unknown() -> None:
    session = Scripted(
        reloadConfig=[[["new"], ["old"], ["gone"]]],
        getAllProcessInfo=[info("old", 20, "RUNNING")],
        addProcessGroup=True,
    )
    session.run("update new nope nope")
    assert (session.said(), session.status) == (["ERROR: no such group: nope", "new: added process group"], 1)


def test_an_added_group_that_is_there_already_does_not_fail() -> None:
    session = Scripted(addProcessGroup=Fault(FaultCode.ALREADY_ADDED, "ALREADY_ADDED: web"))
    session.run("add web")
    assert (session.said(), session.status) == (["ERROR: process group already active"], 0)


def test_avail_has_three_columns_and_the_priorities() -> None:
    web = {"name": "web", "group": "web", "inuse": True, "autostart": False, "group_prio": 1, "process_prio": 999}
    session = Scripted(getAllConfigInfo=[web])
    session.run("avail")
    assert session.said() == ["web" + " " * 30 + "in use    manual    1:999"]
