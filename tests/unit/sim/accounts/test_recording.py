"""Recordings as accounts: whoever damages one is told the line, and what was falsified is found by the law it breaks."""

from __future__ import annotations

import ast
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from initd.errors import InitdError
from initd.kernel import transcript
from initd.kernel.port import HANGUP
from sim.accounts.account import AccountError
from sim.accounts.recording import Reader
from sim.invariants import Outcome
from sim.judge import verdicts
from sim.scenario import SECOND_NS, Group, Kind, Life, Op, Program, Scenario
from sim.stage.daemon import DaemonStage
from tests.property.test_recordings import recording_of

S = SECOND_NS


def lines_of(*ops, until=30, **options):
    played = Scenario((Group("a", (Program("a", **options),)),), ops, until * S)
    return recording_of(DaemonStage(played)).splitlines(keepends=True)


def entries(lines):
    return [ast.literal_eval(line.decode()) for line in lines[1:]]


def text(changed):
    return transcript.FIRST_LINE + b"".join(map(transcript.line, changed))


def read(data):
    return Reader("rec").read(transcript.entries(io.BytesIO(data), "rec"))


def guilty(data):
    return {each.law for account in read(data) for each in verdicts(account, 1) if each.outcome is Outcome.FAIL}


STUBBORN = {"lives": (Life(None, 0, None),), "stopwaitsecs": 2}
STOPPED = lines_of(Op(3 * S, Kind.STOP, "a:a"), Op(20 * S, Kind.SHUTDOWN), **STUBBORN)
CRASHES = lines_of(lives=(Life(S // 2, 1),), startretries=2)
RUNS = lines_of(Op(5 * S, Kind.SHUTDOWN))


def find(told, name, *fields):
    """The place of the first entry of that name whose arguments begin with these."""
    return next(at for at, each in enumerate(told) if each[0] == name and _flat(each)[: len(fields)] == fields)


def _flat(entry):
    return entry[1][0] if entry[0] == "effect" else entry[1]


def test_the_recordings_below_break_no_law_before_they_are_falsified():
    for lines in (STOPPED, CRASHES, RUNS):
        assert not guilty(b"".join(lines))


def test_a_kill_before_stopwaitsecs_are_over_breaks_t2():
    told = entries(STOPPED)
    at = next(at for at, each in enumerate(told) if each[0] == "kill" and each[1][1] == 15)
    told.insert(at + 1, ("kill", (told[at][1][0], 9), None))
    assert "T2" in guilty(text(told))


def test_no_kill_when_they_are_over_breaks_t3():
    told = entries(lines_of(Op(3 * S, Kind.STOP, "a:a"), lives=(Life(None, 0, None, None, 4 * S),), stopwaitsecs=2))
    assert not guilty(text(told))
    assert "T3" in guilty(text([each for each in told if each[0] != "kill" or each[1][1] != 9]))


def test_another_stop_signal_breaks_t1():
    told = entries(STOPPED)
    at = next(at for at, each in enumerate(told) if each[0] == "kill" and each[1][1] == 15)
    told[at] = ("kill", (told[at][1][0], 10), None)
    assert "T1" in guilty(text(told))


def test_a_spawn_after_the_shutdown_breaks_s11():
    told = entries(RUNS)
    spawn = next(each for each in told if each[0] == "spawn")
    at = next(at for at, each in enumerate(told) if each[0] == "effect" and each[1][0][0] == "MoodChanged")
    after = next(i for i in range(at, len(told)) if told[i][0] == "reap")
    told.insert(after + 1, (*spawn[:2], {"Child": (4242, -1, None)}))
    assert "S11" in guilty(text(told))


def test_an_edge_that_does_not_exist_breaks_s1_and_one_from_elsewhere_s14():
    told = entries(CRASHES)
    at = find(told, "effect", "StateChanged", 1, "a", "a", "10", "30")
    change = list(told[at][1][0])
    change[5] = "200"
    assert "S1" in guilty(text([*told[:at], ("effect", (tuple(change),), None), *told[at + 1 :]]))
    change[4], change[5] = "20", "30"
    assert "S14" in guilty(text([*told[:at], ("effect", (tuple(change),), None), *told[at + 1 :]]))


def test_a_retry_that_comes_too_early_breaks_s6():
    told = entries(CRASHES)
    first = find(told, "effect", "StateChanged", 1, "a", "a", "10", "30")
    second = find(told, "effect", "StateChanged", 1, "a", "a", "30", "10")
    early = max(each[2] for each in told[:first] if each[0] == "mono") + S // 2
    hurried = [("mono", (), min(each[2], early)) if each[0] == "mono" else each for each in told[first:second]]
    assert "S6" in guilty(text([*told[:first], *hurried, *told[second:]]))


def test_a_signal_to_nobody_of_ours_breaks_r4():
    told = entries(RUNS)
    at = next(at for at, each in enumerate(told) if each[0] == "kill")
    told.insert(at, ("kill", (77777, 15), None))
    assert "R4" in guilty(text(told))


def test_a_child_that_is_left_behind_breaks_t8():
    assert "T8" in guilty(text([each for each in entries(RUNS) if each[0] != "reap"]))


def staying(told):
    """The same, but nobody hangs up."""
    kept = [each for each in told if each[0] != "read" or each[2] != b""]
    return [
        (*each[:2], [(fd, ready & ~HANGUP) for fd, ready in each[2]]) if each[0] == "poll" and each[2] else each for each in kept
    ]


def test_a_call_that_is_never_answered_breaks_v5():
    told = [each for each in entries(STOPPED) if each[0] != "write" or not bytes(each[1][1]).startswith(b"HTTP/1.1")]
    assert not guilty(text(told)), "the client has left after all"
    assert "V5" in guilty(text(staying(told)))


def test_a_client_that_hangs_up_is_owed_nothing():
    told = [each for each in entries(STOPPED) if each[0] != "write" or not bytes(each[1][1]).startswith(b"HTTP/1.1")]
    told = staying(told)
    at = next(at for at, each in enumerate(told) if each[0] == "read" and each[2] and b"POST" in each[2])
    assert "V5" not in guilty(text([*told[: at + 1], ("poll", (None,), [(told[at][1][0], 5)]), *told[at + 1 :]]))
    reset = ("read", told[at][1], None, ("OSError", 104, "Connection reset by peer", None))
    assert "V5" not in guilty(text([*told[: at + 1], reset, *told[at + 1 :]]))


def test_a_backoff_without_a_child_and_without_a_fork_that_failed_breaks_s5():
    told = [each for each in entries(CRASHES) if each[0] != "spawn"]
    assert "S5" in guilty(text(told))


def test_what_a_client_asks_in_chunks_leaves_the_laws_on_commands_unknown():
    told = entries(STOPPED)
    at = next(at for at, each in enumerate(told) if each[0] == "read" and b"POST" in each[2])
    told[at] = (*told[at][:2], b"POST /RPC2 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
    unknown = {each.law for each in verdicts(read(text(told))[0], 1) if each.outcome is Outcome.UNKNOWN}
    assert {"S10", "S12", "V5"} <= unknown


def test_a_process_that_a_plugin_adds_is_in_no_configuration_and_the_recording_is_not_judged():
    told = entries(RUNS)
    at = next(at for at, each in enumerate(told) if each[0] == "effect" and each[1][0][0] == "StateChanged")
    told.insert(at, ("effect", (("MemberChanged", "a", True, 2, "b"),), None))
    with pytest.raises(AccountError, match="a plugin had b join a: .* only replayed"):
        read(text(told))


def test_a_recording_that_was_cut_short_is_judged_up_to_there():
    whole = b"".join(STOPPED)
    began = whole.index(b"'StateChanged'")
    for cut in range(began + 200, len(whole), 997):
        assert not guilty(whole[:cut]), cut


GARBAGE = [
    (b"", "is no recording"),
    (transcript.FIRST_LINE, ":1: it ends before anything was started"),
    (transcript.FIRST_LINE + b"nonsense\n", ":2: no entry"),
    (transcript.FIRST_LINE + b"('mono', (), 5)\n", ":2: expected the header first"),
    (transcript.FIRST_LINE + b"('header', (), {})\n", ":2: unexpected entry 'header'"),
    (b"".join(RUNS[:2]) + b"('header', (), {})\n", ":3: expected the header first and once"),
    (b"".join(RUNS[:3]), ":3: it ends before anything was started"),
    (b"".join(RUNS) + b"('mono', (), 'late')\n", ": the monotonic clock goes from "),
    (b"".join(RUNS) + b"('mono', (), 0)\n", ": the monotonic clock goes from "),
    (b"".join(RUNS) + b"('effect', (('StateChanged', 99, '', '', '0', '10', 0, 0, 1),), None)\n", ": unexpected entry 'effect'"),
    (b"".join(RUNS) + b"(5, (), None)\n", ": unexpected entry 5"),
    (b"".join(RUNS) + b"('reap', (), {'Nobody': ()})\n", ": unexpected entry 'reap'"),
]


@pytest.mark.parametrize(("data", "words"), GARBAGE)
def test_garbage_is_one_error_with_the_line(data, words):
    with pytest.raises(InitdError) as raised:
        read(data)
    assert words in str(raised.value) and "\n" not in str(raised.value)
    assert str(raised.value).startswith("rec")


@settings(deadline=None, max_examples=50)
@given(st.integers(1, len(STOPPED) - 1), st.binary(max_size=40), st.data())
def test_whatever_is_damaged_there_is_a_verdict_or_one_error_and_never_a_traceback(at, junk, data):
    lines = list(STOPPED)
    cut = data.draw(st.integers(0, len(lines[at])))
    lines[at] = lines[at][:cut] + junk + lines[at][cut + len(junk) :]
    try:
        for account in read(b"".join(lines)):
            verdicts(account, 1)
    except InitdError as error:
        assert isinstance(error, AccountError | transcript.RecordingError)
        assert "\n" not in str(error)
