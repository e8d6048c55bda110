"""initd.supervise.notifications: names and payloads as supervisord-4.3 §6.1 and §6.3 have them."""

from __future__ import annotations

import pytest

from initd.states import Mood, ProcessState
from initd.supervise.effects import Effect, GroupChanged, MoodChanged, StateChanged
from initd.supervise.notifications import Notification, communication, of_effect, output, remote, tick

S = ProcessState


def change(old: ProcessState, new: ProcessState) -> StateChanged:
    return StateChanged(1, "g", "p", old, new, 77, tries=3, expected=False)


@pytest.mark.parametrize(
    ("effect", "name", "payload"),
    [
        (change(S.STOPPED, S.STARTING), "PROCESS_STATE_STARTING", "processname:p groupname:g from_state:STOPPED tries:3"),
        (change(S.STARTING, S.BACKOFF), "PROCESS_STATE_BACKOFF", "processname:p groupname:g from_state:STARTING tries:3"),
        (change(S.STARTING, S.RUNNING), "PROCESS_STATE_RUNNING", "processname:p groupname:g from_state:STARTING pid:77"),
        (change(S.RUNNING, S.STOPPING), "PROCESS_STATE_STOPPING", "processname:p groupname:g from_state:RUNNING pid:77"),
        (change(S.STOPPING, S.STOPPED), "PROCESS_STATE_STOPPED", "processname:p groupname:g from_state:STOPPING pid:77"),
        (change(S.RUNNING, S.EXITED), "PROCESS_STATE_EXITED", "processname:p groupname:g from_state:RUNNING expected:0 pid:77"),
        (change(S.BACKOFF, S.FATAL), "PROCESS_STATE_FATAL", "processname:p groupname:g from_state:BACKOFF"),
        (change(S.STOPPING, S.UNKNOWN), "PROCESS_STATE_UNKNOWN", "processname:p groupname:g from_state:STOPPING"),
        (GroupChanged("g", True, (1,)), "PROCESS_GROUP_ADDED", "groupname:g\n"),
        (GroupChanged("g", False, (1,)), "PROCESS_GROUP_REMOVED", "groupname:g\n"),
        (MoodChanged(Mood.RUNNING), "SUPERVISOR_STATE_CHANGE_RUNNING", ""),
        (MoodChanged(Mood.SHUTDOWN), "SUPERVISOR_STATE_CHANGE_STOPPING", ""),
        (MoodChanged(Mood.RESTARTING), "SUPERVISOR_STATE_CHANGE_STOPPING", ""),
    ],
)
def test_what_is_told_of_an_effect(effect: Effect, name: str, payload: str) -> None:
    assert of_effect(effect) == Notification(name, payload)


def test_what_is_told_of_output_and_of_clients_and_of_time() -> None:
    assert output("p", "g", 77, "stdout", b"hi\xc3\xa4") == Notification(
        "PROCESS_LOG_STDOUT", "processname:p groupname:g pid:77 channel:stdout\nhi\u00e4"
    )
    assert output("p", "g", 77, "stderr", b"\xff").payload.endswith("channel:stderr\nUndecodable: b'\\xff'")
    assert communication("p", "g", 77, "stderr", b"hi") == Notification(
        "PROCESS_COMMUNICATION_STDERR", "processname:p groupname:g pid:77\nhi"
    )
    assert remote("k", "text") == Notification("REMOTE_COMMUNICATION", "type:k\ntext")
    assert tick(5, 1005) == Notification("TICK_5", "when:1005")
