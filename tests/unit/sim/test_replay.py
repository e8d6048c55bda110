"""What a replay says of a recording: that it is the same, where it differs, or why it cannot be told."""

from __future__ import annotations

import ast
import errno

import pytest

from initd.config.model import Notice
from initd.kernel import transcript
from initd.kernel.transcript import RecordingError
from sim import cli
from sim.children.behaviours import parse_behaviour
from sim.replay import side_by_side
from tests.property.recorded import Recorder, replayed
from tests.property.worlds import HUP, TERM, World, program

CRASH = {"crash": parse_behaviour("crash after 0.3s exit 1")}


def world():
    made = World(program("crash", startretries=1), CRASH, servers=True)
    made.signal(5, TERM)
    return made


def recorded(made=None):
    made = made or world()
    recorder = Recorder(made.simulation)
    made.run(10)
    if made.status is not None:
        recorder.recorded.end(made.status)
    return recorder.text


def edited(text, edit):
    """The recording with the first entry replaced for which `edit` makes another one; and the number of its line."""
    lines = text.splitlines(keepends=True)
    for at, line in enumerate(lines[2:], 2):
        changed = edit(ast.literal_eval(line.decode()))
        if changed is not None:
            lines[at] = transcript.line(changed)
            return b"".join(lines), at + 1
    raise AssertionError("nothing to edit")


def answered(name, answer, arguments=None):
    """An edit: another answer to the first call of that name."""
    return lambda entry: (
        (name, entry[1], answer(entry[2])) if entry[0] == name and arguments in (None, entry[1]) and entry[2] else None
    )


def later_than_the_wall():
    """An edit: another time where a moment is judged by both clocks; who only measures how long a write takes need not differ."""
    before = [""]

    def change(entry):
        previous, before[0] = before[0], entry[0]
        return ("mono", (), entry[2] + 1) if (previous, entry[0]) == ("wall", "mono") else None

    return change


def test_a_whole_run_is_told_again_to_its_exit_status():
    made = world()
    result = replayed(recorded(made))
    assert (result.difference, result.status) == ("", 0)
    assert [each.change.new.name for each in result.changes] == made.path("crash") != []


def test_a_child_that_ended_otherwise_is_found_where_the_daemon_speaks_of_it():
    text, _ = edited(recorded(), answered("reap", lambda status: {"ExitStatus": (3, None, False)}))
    _, was, now = replayed(text).difference.splitlines()
    assert was.startswith("  recorded: append(") and "exited: crash (exit status 1; not expected)" in was
    assert now.startswith("  now:      append(") and "exited: crash (exit status 3; not expected)" in now


def test_long_arguments_are_shown_from_shortly_before_they_part():
    one, other = f"append(9, b'{'a' * 200} 3 {'b' * 300}')", f"append(9, b'{'a' * 200} 4 {'b' * 300}')"
    was, now = side_by_side(one, other)
    assert was.startswith("append(… aaaa") and " 3 bbb" in was and was.endswith("b…") and " 4 bbb" in now
    assert len(was) == len(now) < 200
    assert side_by_side("read(1, 2)", "write(1)") == ("read(1, 2)", "write(1)")


def test_a_clock_that_told_another_time_is_found():
    text, line = edited(recorded(), later_than_the_wall())
    assert replayed(text).difference.startswith("recording:")
    assert line > 2


def test_an_effect_that_is_not_the_same_is_named_both_ways():
    def other(entry):
        return ("effect", (("StateChanged", *entry[1][0][1:3], "elsewhere"),), None) if entry[0] == "effect" else None

    text, line = edited(recorded(), other)
    place, was, now = replayed(text).difference.splitlines()
    assert place.startswith(f"recording:{line}: ") and place.endswith(" s after the start")
    assert "elsewhere" in was and "elsewhere" not in now and now.startswith("  now:      effect(")


def calls_edited(edit):
    """An edit: the first operation that made calls has made others."""

    def change(entry):
        if entry[0] != "take_completions" or not any(calls for _, calls, _ in entry[2]):
            return None
        return entry[0], (), [(token, edit(calls), error) for token, calls, error in entry[2]]

    return change


@pytest.mark.parametrize(
    ("edit", "was", "now"),
    [
        (lambda calls: [*calls, ("unlink", ("/x",), None)], "unlink('/x')", "the operation has ended"),
        (lambda calls: calls[:-1], "the operation had ended", "open_append("),
        (lambda calls: [("size", ("/x",), 1), *calls[1:]], "size('/x')", "own_stream('/var/log/supervisord.log')"),
    ],
)
def test_an_operation_that_makes_other_calls_is_named_with_its_lane(edit, was, now):
    def shorter(calls):
        return edit(calls[:2])

    text, line = edited(recorded(), calls_edited(shorter if "had" in was else edit))
    difference = replayed(text).difference
    assert difference.startswith(f"recording:{line}: ")
    assert ", in operation 1 of lane 'log:/var/log/supervisord.log'" in difference
    assert f"recorded: {was}" in difference and f"now:      {now}" in difference


def test_an_operation_that_ended_in_an_error_has_to_end_in_that_error():
    def failed(entry):
        if entry[0] == "take_completions" and entry[2] and entry[2][0][1]:
            (token, calls, _), *rest = entry[2]
            return entry[0], (), [(token, calls, ("OSError", errno.EIO, "I/O error", None)), *rest]
        return None

    text, _ = edited(recorded(), failed)
    assert "recorded: raised ('OSError', 5, " in replayed(text).difference
    assert "now:      no error" in replayed(text).difference


def test_an_end_of_an_operation_that_never_began_is_a_difference():
    def unknown(entry):
        return (entry[0], (), [(999, [], None)]) if entry[0] == "take_completions" and entry[2] else None

    assert "the end of operation 999" in replayed(edited(recorded(), unknown)[0]).difference


def test_an_import_that_failed_fails_again_although_it_would_work_here(monkeypatch):
    made = world()
    made.at(1, made.connect)

    def refuse():
        raise ModuleNotFoundError("No module named 'h11'")

    with monkeypatch.context() as patch:
        patch.setattr("initd.control.http.preload", refuse)
        text = recorded(made)
    assert made.lines("HTTP servers cannot work: ModuleNotFoundError")
    assert replayed(text).difference == ""


def test_what_the_surroundings_found_is_part_of_the_story():
    made = World(program("crash", startretries=1), CRASH)
    recorder = Recorder(made.simulation)

    def renewed(session):
        session.notices.append(Notice("crit", "somebody else now"))

    recorder.hooks.renewed = renewed
    recorder.hooks.started = lambda session: False
    made.signal(4, HUP)
    made.signal(6, TERM)
    made.run(10)
    recorder.recorded.end(made.status)
    assert made.lines("somebody else now") and not made.lines("supervisord started")
    result = replayed(recorder.text)
    assert (result.difference, result.status) == ("", 0)


def test_a_start_that_came_to_nothing_comes_to_nothing_again():
    made = world()
    recorder = Recorder(made.simulation)
    made.kernel.faults.fail("listen_unix", errno.EACCES)
    with pytest.raises(OSError):
        made.run(10)
    result = replayed(recorder.text)
    assert (result.difference, result.status) == ("", None)


def test_a_start_that_fails_only_now_is_a_difference():
    refused = ("OSError", errno.EACCES, "Permission denied", None)
    text, _ = edited(recorded(), lambda entry: (*entry[:2], None, refused) if entry[0] == "listen_unix" else None)
    assert "the start fails now, and did not when it was recorded: [Errno 13]" in replayed(text).difference


def test_a_line_that_cannot_be_read_is_no_difference_but_an_error():
    lines = recorded().splitlines(keepends=True)
    lines[len(lines) // 2] = b"garbage\n"
    with pytest.raises(RecordingError, match=rf"^recording:{len(lines) // 2 + 1}: no entry"):
        replayed(b"".join(lines))


def test_a_recording_without_an_entry_says_so():
    with pytest.raises(RecordingError, match="holds nothing"):
        replayed(transcript.FIRST_LINE)


def test_the_command_tells_recordings_from_scenarios_and_exits_by_the_verdict(tmp_path, capsys):
    path = tmp_path / "rec"
    text = recorded()
    path.write_bytes(text)
    assert cli.main(["replay", str(path)]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0].endswith("crash  STOPPED -> STARTING")
    assert out[-1].startswith("the same in all of ") and out[-1].endswith(" entries; exit status 0")
    path.write_bytes(text[: len(text) // 2])
    assert cli.main(["replay", str(path)]) == 0
    assert capsys.readouterr().out.endswith("; the recording ends before the daemon\n")
    path.write_bytes(edited(text, later_than_the_wall())[0])
    assert cli.main(["replay", str(path)]) == 1
    assert f"DIFFERENT {path}:" in capsys.readouterr().out
    path.write_bytes(text.replace(b"recording 1\n", b"recording 2\n", 1))
    assert cli.main(["replay", str(path)]) == 2
    assert "format 2" in capsys.readouterr().err
    assert cli.main(["replay", str(tmp_path / "nowhere")]) == 2
