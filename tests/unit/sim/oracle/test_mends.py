"""What broadcasts show of the deliberate differences: what ours does, and that its row accounts for it, and no other."""

from __future__ import annotations

import pytest

from sim.broadcast import Broadcast, Deed, Speaker, Utterance
from sim.oracle import broadcast as theirs
from sim.oracle.differential import BROADCAST, rows
from sim.oracle.mending import Mending
from sim.oracle.mends import CHECKS_RELOADS, MENDS
from sim.scenario import SECOND_NS
from sim.stage import broadcast as stage

S = SECOND_NS
OK, FAIL = "RESULT 2\nOKREADY\n", "RESULT 4\nFAILREADY\n"


def says(seconds, text="", exits=None):
    return Utterance(round(seconds * 512) * (S // 512) + 1, text, exits)


def listener(name, *answers, after=0.5):
    """READY after that, then an answer to each event a quarter of a second later."""
    return Speaker(name, (says(after, "READY\n"),), tuple((says(0.25, each),) for each in answers or (OK,)))


def pool(name, events, size=10, priority=-1):
    return (
        f"[eventlistener:{name}]\ncommand=/run %(group_name)s:%(program_name)s\nevents={events}\nbuffer_size={size}\n"
        f"priority={priority}\nstartsecs=0\nstdout_logfile=NONE\nstderr_logfile=NONE\n"
    )


def program(name, **options):
    lines = "".join(f"{key}={value}\n" for key, value in {"startsecs": 0, "autorestart": "false", **options}.items())
    return f"[program:{name}]\ncommand=/run %(group_name)s:%(program_name)s\nstdout_logfile=NONE\nredirect_stderr=true\n{lines}"


def played(*files, speakers=(), deeds=(), until=10):
    """The rows that account for what supervisor tells otherwise, and (seconds, who, detail) of what ours sends."""
    one = Broadcast(files, tuple(speakers), tuple(Deed(round(at * S), *what) for at, *what in deeds), until * S)
    story = stage.play(one)
    found = Mending().compare(one, story)
    assert found.complaint == ""
    assert theirs.play(one) == theirs.play(one)
    return set(found.met), [(round(entry[0] / S, 2), entry[1], entry[3]) for entry in story if entry[2] == "sent"]


def test_what_is_not_different_on_purpose_is_the_same():
    met, sent = played(
        pool("l", "PROCESS_STATE,TICK_5,REMOTE_COMMUNICATION") + program("a"),
        speakers=(listener("l:l"), Speaker("a:a", (says(2, "", 1),))),
        deeds=((3, "emit", ("kind", "text")), (7, "stop", ("l:l",)), (8, "start", ("l:l",))),
    )
    assert met == set()
    assert [detail.split()[1] for _, _, detail in sent].count("TICK_5") == 2


def test_a_rejected_event_goes_back_to_its_own_pool():
    met, sent = played(
        pool("l", "REMOTE_COMMUNICATION") + pool("m", "TICK_60"),
        speakers=(listener("l:l", FAIL, OK), listener("m:m")),
        deeds=((2, "emit", ("kind", "text")),),
    )
    assert met == {"requeues_everywhere"}
    assert [(at, who) for at, who, _ in sent] == [(2, "l:l"), (2.25, "l:l")]


def test_overlapping_subscriptions_are_told_once():
    met, sent = played(
        pool("l", "PROCESS_STATE,PROCESS_STATE_EXITED") + program("a"),
        speakers=(listener("l:l"), Speaker("a:a", (says(3, "", 1),))),
    )
    assert met == {"queues_twice"}
    assert sum("EXITED" in detail for _, _, detail in sent) == 1


def test_a_full_stdin_is_waited_for():
    blind = Speaker("l:l", (says(0.5, "READY\n"), says(3, OK), says(3, OK)))
    large = [(at, "emit", ("kind", "70000")) for at in (1, 2)]
    met, sent = played(pool("l", "REMOTE_COMMUNICATION"), speakers=(blind,), deeds=large)
    assert met == {"dies_of_a_full_pipe"}
    assert [at for at, _, _ in sent] == [1], "the second waits in the daemon"


def test_the_last_words_of_a_program_in_capture_mode_are_told():
    last = "<!--XSUPERVISOR:BEGIN-->more than a token at last", "<!--XSUPERVISOR:END-->"
    met, sent = played(
        pool("l", "PROCESS_COMMUNICATION") + program("a", stdout_capture_maxbytes=100),
        speakers=(listener("l:l"), Speaker("a:a", (says(2, last[0]), says(1, last[1]), says(1, "", 0)))),
    )
    assert met == {"loses_the_last_words"}
    assert len(sent) == 1 and sent[0][2].endswith("at last'")


def test_listeners_hear_before_they_are_stopped_what_waited_for_them():
    """Of three events one is with the listener when the others are down, and it is given the time to take all."""
    met, sent = played(
        pool("l", "REMOTE_COMMUNICATION") + program("a"),
        speakers=(listener("l:l", after=1),),
        deeds=(*((at, "emit", ("kind", str(at))) for at in (2.9, 2.95, 2.99)), (3, "end")),
    )
    assert met == {"gives_stopped_groups_a_turn"}
    assert [at for at, _, _ in sent] == [2.9, 3.15, 3.4]


def test_a_reload_of_a_broken_file_touches_nothing():
    met, sent = played(
        pool("l", "REMOTE_COMMUNICATION"),
        "[eventlistener:l]\ncommand=/run\n",
        speakers=(listener("l:l"),),
        deeds=((2, "write", ("1",)), (3, "reload"), (5, "emit", ("kind", "still here"))),
    )
    assert met == {CHECKS_RELOADS}
    assert [at for at, _, _ in sent] == [5]


def test_what_was_checked_at_a_reload_is_what_is_applied():
    """The file has changed once more by the time at which everything is down, and is broken."""
    met, sent = played(
        pool("l", "REMOTE_COMMUNICATION") + program("a"),
        pool("l", "REMOTE_COMMUNICATION", size=3) + program("b"),
        "[eventlistener:l]\ncommand=/run\n",
        speakers=(listener("l:l"),),
        deeds=((2, "write", ("1",)), (3, "reload"), (3.002, "write", ("2",)), (5, "emit", ("kind", "still here"))),
    )
    assert met == {CHECKS_RELOADS}
    assert [at for at, _, _ in sent] == [5]


def test_a_pool_sends_before_anything_else_changes():
    """The pool has room for one event: what has ended, or that it starts again."""
    met, sent = played(
        program("a", autorestart="true", priority=1) + pool("l", "PROCESS_STATE", size=1, priority=2),
        speakers=(listener("l:l", after=2), Speaker("a:a", (says(4, "", 0),))),
        until=5,
    )
    assert met == {"looks_at_groups_in_turn"}
    assert [detail.split()[1] for at, _, detail in sent if at >= 4][:1] == ["PROCESS_STATE_EXITED"]


def test_a_group_that_is_added_starts_at_once():
    met, sent = played(
        pool("l", "EVENT", size=1),
        pool("l", "EVENT", size=1) + program("a"),
        speakers=(listener("l:l", after=1),),
        deeds=((2, "write", ("1",)), (3, "reread"), (4.5, "add", ("a",))),
        until=6,
    )
    assert met == {"starts_a_new_group_later"}
    assert [detail.split()[1] for at, _, detail in sent if at == 4.5] == ["PROCESS_STATE_STARTING"]


def test_an_update_and_a_reload_are_told_as_supervisor_tells_them():
    two = pool("l", "PROCESS_GROUP,PROCESS_STATE,SUPERVISOR_STATE_CHANGE", size=50) + program("b")
    steps = ["reread"], ["stop", ("a:a",)], ["remove", ("a",)], ["add", ("b",)], ["reload"]
    met, sent = played(
        pool("l", "PROCESS_GROUP,PROCESS_STATE,SUPERVISOR_STATE_CHANGE", size=50) + program("a"),
        two,
        speakers=(listener("l:l"),),
        deeds=((3, "write", ("1",)), *((4 + at, *step) for at, step in enumerate(steps))),
        until=20,
    )
    assert met <= {"gives_stopped_groups_a_turn"}, "of the reload, which ends with a shutdown"
    names = [detail.split()[1] for _, _, detail in sent]
    assert names.count("PROCESS_GROUP_REMOVED") == 1
    assert names.count("SUPERVISOR_STATE_CHANGE_RUNNING") == 2
    serials = [tuple(map(int, detail.split()[0].split("/"))) for _, _, detail in sent]
    assert [serial for serial, _ in serials] == sorted({serial for serial, _ in serials}), "they go on over a reload"
    assert [number for _, number in serials].count(0) == 2, "those of the pool begin again"


def test_every_row_names_a_mend_and_a_test_of_ours():
    found = rows(seen=(BROADCAST,))
    assert {row.predicate for row in found} == {*MENDS, CHECKS_RELOADS}
    for row in found:
        assert row.test.startswith("tests/unit/sim/oracle/test_mends.py::") and row.test.rpartition(":")[2] in globals()


def test_a_mend_that_is_left_out_and_one_that_is_not_needed_are_both_noticed():
    rejecting = Broadcast(
        (pool("l", "REMOTE_COMMUNICATION") + pool("m", "TICK_60"),),
        (listener("l:l", FAIL, OK), listener("m:m")),
        (Deed(2 * S, "emit", ("kind", "text")),),
        5 * S,
    )
    mending = Mending()
    story = stage.play(rejecting)
    assert mending.compare(rejecting, story).met == ("requeues_everywhere",)
    assert "D14 queues_twice" in mending.stale() and "D13 requeues_everywhere" not in mending.stale()
    silent = [entry for entry in story if entry[2] != "sent"]
    complaint = mending.compare(rejecting, silent).complaint
    assert complaint.startswith("at 2.0") and "l:l" in complaint


@pytest.mark.parametrize("name", MENDS)
def test_a_mend_is_undone(name):
    from supervisor import dispatchers, process, rpcinterface, supervisord

    def texts():
        owners = (dispatchers.PInputDispatcher, process.EventListenerPool, process.Subprocess, supervisord.Supervisor)
        return [dict(vars(owner)) for owner in (*owners, rpcinterface.SupervisorNamespaceRPCInterface)]

    before = texts()
    with MENDS[name]():
        pass
    assert texts() == before
