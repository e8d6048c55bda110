"""A recorded run is told again by the replay, whatever happens in it; and any difference is found where it is."""

from __future__ import annotations

import ast
import errno
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from initd.kernel import transcript
from sim.children.behaviours import parse_behaviour as behaviour
from sim.generate import PROFILES, scenario
from sim.stage.daemon import DaemonStage
from tests.property.recorded import Recorder, replayed
from tests.property.scenarios import scenarios
from tests.property.worlds import HUP, TERM, Call, World, program


def recording_of(stage: DaemonStage) -> bytes:
    recorder = Recorder(stage.simulation)
    stage.run()
    if stage.simulation.exit_status is not None:
        recorder.recorded.end(stage.simulation.exit_status)
    return recorder.text


def retold(stage: DaemonStage) -> None:
    result = replayed(recording_of(stage))
    assert result.difference == ""
    assert result.status == stage.simulation.exit_status
    assert [each.change for each in result.changes] == [each.change for each in stage.simulation.changes]


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_the_recording_of_a_seed_is_told_again(profile):
    for seed in range(25):
        retold(DaemonStage(scenario(seed, profile)))


@settings(deadline=None, max_examples=50)
@given(scenarios())
def test_the_recording_of_any_scenario_is_told_again(played):
    retold(DaemonStage(played))


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 400), st.sampled_from(sorted(PROFILES)), st.data())
def test_a_call_that_was_another_one_is_named_with_its_line(seed, profile, data):
    lines = recording_of(DaemonStage(scenario(seed, profile))).splitlines(keepends=True)
    at = data.draw(st.integers(3, len(lines) - 1))
    name, arguments, *rest = ast.literal_eval(lines[at].decode())
    lines[at] = transcript.line((name, (*arguments, "changed"), *rest))
    difference = replayed(b"".join(lines)).difference
    assert difference.startswith(f"recording:{at + 1}: ")
    assert "'changed')\n  now:      " in difference


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 400), st.sampled_from(sorted(PROFILES)), st.data())
def test_a_recording_cut_anywhere_is_told_again_up_to_there(seed, profile, data):
    text = recording_of(DaemonStage(scenario(seed, profile)))
    lines = text.splitlines(keepends=True)
    cut = data.draw(st.integers(len(lines[0]) + len(lines[1]), len(text) - 1))
    result = replayed(text[:cut])
    assert (result.difference, result.status) == ("", None)
    assert result.played == text[:cut].count(b"\n") - 1


CALLS = ("getAllProcessInfo", "getState", "reloadConfig", "readLog", "restart")
TROUBLES = ("open_append", "append", "rename", "unlink", "make_temp", "stat", "spawn", "pipe", "accept", "read", "killpg")
TROUBLES += ("share_unix",)


def send(world: World, request: bytes) -> None:
    """Send it, if anybody listens now."""
    try:
        world.connect().send(request)
    except OSError:
        return


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 1 << 30))
def test_a_day_of_rotation_calls_reloads_and_faults_is_told_again(seed):
    rng = Random(seed)
    limits = {"stdout_logfile_maxbytes": 64, "stdout_logfile_backups": 2}
    talk = program("talk", startsecs=0, stdout_logfile="/var/log/talk.log", **limits)
    behaviours = {"talk": behaviour("print twenty bytes of words every 0.5s"), "crash": behaviour("crash after 0.3s exit 1")}
    shared = "[fcgi-program:php]\ncommand=/usr/bin/php\nsocket=unix:///var/run/php.sock\nautorestart=true\n"
    behaviours["php"] = behaviour("crash after 3s exit 1")
    world = World(talk + program("crash", startretries=2) + shared, behaviours, servers=True)
    recorder = Recorder(world.simulation)
    for _ in range(rng.randrange(6)):
        params = (0, 100) if (method := rng.choice(CALLS)) == "readLog" else ()
        request = Call(method, params).request
        world.at(rng.uniform(0, 20), lambda request=request: send(world, request))
    for _ in range(rng.randrange(4)):
        call, number = rng.choice(TROUBLES), rng.choice((errno.EMFILE, errno.ENOSPC, errno.EIO, errno.EAGAIN))
        place = world.kernel.faults if call in ("spawn", "pipe", "accept", "read", "killpg") else world.files.faults
        place.fail(call, number, nth=rng.randrange(1, 6))
    if rng.random() < 0.5:
        world.signal(rng.uniform(1, 15), HUP)
    if rng.random() < 0.7:
        world.signal(rng.uniform(15, 25), TERM)
    world.run(30)
    if world.status is not None:
        recorder.recorded.end(world.status)
    result = replayed(recorder.text)
    assert (result.difference, result.status) == ("", world.status)
    assert [each.change for each in result.changes] == [each.change for each in world.simulation.changes]
