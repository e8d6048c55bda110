"""Broadcasts: a function of the seed, whole in their file, and the same story at every play."""

from __future__ import annotations

import pytest

from sim.broadcast import Deed, Stream, from_json, log_entry, text_of, to_json
from sim.broadcasting import PROFILES, broadcast
from sim.cli import main
from sim.cli.broadcasts import shrink
from sim.stage import broadcast as stage


@pytest.mark.parametrize("profile", PROFILES)
def test_a_broadcast_is_a_function_of_its_seed_and_survives_its_file(profile):
    drawn = [broadcast(seed, profile) for seed in range(20)]
    assert drawn == [broadcast(seed, profile) for seed in range(20)]
    assert len(set(drawn)) == 20
    assert [from_json(to_json(each)) for each in drawn] == drawn
    assert stage.play(drawn[3]) == stage.play(drawn[3])


def test_everything_that_can_be_done_is_drawn():
    deeds = {deed.what for profile in PROFILES for seed in range(60) for deed in broadcast(seed, profile).deeds}
    assert deeds == {"start", "stop", "kill", "emit", "write", "reread", "add", "remove", "reload", "end"}


def test_a_stream_tells_each_event_where_it_begins_however_it_is_cut():
    event = b"ver:3.0 server:s serial:4 pool:p poolserial:2 eventname:PROCESS_STATE_EXITED len:13\nname:a pid:77"
    whole = Stream().feed(event, {77: "a:a#2"})
    assert whole == ["4/2 PROCESS_STATE_EXITED 'name:a pid:a:a#2'"]
    assert Stream().feed(event + event, {}) == ["4/2 PROCESS_STATE_EXITED 'name:a pid:77'"] * 2
    stream = Stream()
    assert stream.feed(event[:-3], {}) and stream.feed(event[-3:], {}) == []


def test_lines_of_the_log_are_told_of_the_pool_or_listener_they_are_about():
    lost = "pool p event buffer overflowed, discarding event 3"
    assert log_entry(lost) == ("p", lost)
    assert log_entry("l: event was rejected") == ("l", "l: event was rejected")
    assert log_entry("success: l entered RUNNING state") is None


def test_what_is_emitted_is_a_text_or_so_many_bytes():
    assert text_of(Deed(0, "emit", ("kind", "12"))) == "x" * 12
    assert text_of(Deed(0, "emit", ("kind", "words"))) == "words"


def test_a_difference_nobody_means_is_written_down_and_shown_again(capsys, tmp_path, monkeypatch):
    assert main(["diff", "--profile", "listeners", "--cases", "2"]) == 0
    out = capsys.readouterr().out
    assert "D13  requeues_everywhere" in out and "notices_late" not in out and "2 passed, 0 failed" in out
    honest = stage._Kernel.write

    def another(kernel, fd, data):
        return honest(kernel, fd, data.replace(b"serial:0", b"serial:1"))

    monkeypatch.setattr(stage._Kernel, "write", another)
    assert main(["diff", "--profile", "listeners", "--cases", "3", "--save", str(tmp_path)]) == 1
    assert "oracle fail at" in capsys.readouterr().out
    path = str(next(tmp_path.glob("*.json")))
    assert main(["diff", path]) == 1
    assert "FAILED at " in capsys.readouterr().out
    monkeypatch.undo()
    assert main(["diff", path]) == 0
    assert "tells the same story" in capsys.readouterr().out


def test_what_fails_is_shrunk_to_what_it_fails_with():
    large = next(each for each in (broadcast(seed, "listeners") for seed in range(50)) if len(each.deeds) > 4)

    def emits(each):
        return any(deed.what == "emit" for deed in each.deeds) and "[eventlistener:l]" in each.files[0]

    small = shrink(large, emits)
    assert emits(small) and len(small.deeds) == 1
    assert small.files[0].count("[eventlistener:") == 1 and "[program:" not in small.files[0]
    assert all(not each.first and len(each.answers) <= 1 for each in small.speakers)
    assert shrink(large, emits, lambda: False) == large
